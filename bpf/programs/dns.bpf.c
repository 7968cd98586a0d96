// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * DNS over UDP and TCP, RFC 1035: queries paired with their answers by id, on both ends. Every pair goes to user
 * space, which reads the names: queries are few beside requests.
 *
 * Queries to port 53 are looked at, and those that a server reads on its port 53.
 */
#include "lib/event.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/target.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define DNS_PORT 53
#define DNS_HEADER 12
#define DNS_PAIRS 4
#define MSG_PEEK 2

struct dns_key {
	__u64 sk;
	__u32 id;
	__u32 direction;
};

/* Queries without an answer; user space takes the old ones out and counts them. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct dns_key);
	__type(value, struct gs_dns_query);
} dns_queries SEC(".maps");

static const struct gs_dns_query new_query;

struct dns_transfer {
	const struct sock *sk;
	__u64 buffer;
	__u32 length;
	__u16 port; /* of the peer, when the call names it */
	bool is_write;
};

/* What a descriptor of the current task leads to; 0 when that is no socket. */
static __always_inline struct sock *sock_of(__u32 fd)
{
	struct file *file = file_from_fd(bpf_get_current_task_btf(), fd);
	struct socket *socket;

	if (!file || !file_is_socket(file))
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

/* From the first byte of the message on; over TCP its length stands before it, often in a call of its own. */
static __always_inline bool skip_length(struct dns_transfer *transfer)
{
	__u8 prefix[2];

	if (transfer->length < 2 || bpf_probe_read_user(prefix, 2, (void *)transfer->buffer))
		return false;
	if (transfer->length > 2 && ((__u32)prefix[0] << 8 | prefix[1]) + 2 == transfer->length) {
		transfer->buffer += 2;
		transfer->length -= 2;
	}
	return true;
}

static __always_inline void start_query(const struct dns_key *key, const struct dns_transfer *transfer)
{
	__u32 length = transfer->length;
	struct gs_dns_query *query;

	bpf_map_update_elem(&dns_queries, key, &new_query, BPF_ANY);
	query = bpf_map_lookup_elem(&dns_queries, key);
	if (!query)
		return;
	query->started_ns = bpf_ktime_get_ns();
	query->tgid = bpf_get_current_pid_tgid() >> 32;
	query->cgroup_id = bpf_get_current_cgroup_id();
	query->direction = key->direction;
	if (length > GS_DNS_QUERY_LENGTH)
		length = GS_DNS_QUERY_LENGTH;
	if (!bpf_probe_read_user(query->bytes, length, (void *)transfer->buffer))
		query->length = length;
}

static __always_inline void finish_query(const struct dns_key *key, const struct dns_transfer *transfer)
{
	struct gs_dns_query *query = bpf_map_lookup_elem(&dns_queries, key);
	__u32 length = transfer->length;
	struct gs_dns_event *event;

	if (!query)
		return;
	event = event_reserve(sizeof(*event));
	if (event) {
		event_header(&event->header, GS_EVENT_DNS, sizeof(*event), query->tgid,
			     (__u32)bpf_get_current_pid_tgid(), query->cgroup_id);
		event->duration_ns = event->header.time_ns - query->started_ns;
		event->header.time_ns = query->started_ns;
		event->direction = key->direction;
		if (length > GS_DNS_ANSWER_LENGTH)
			length = GS_DNS_ANSWER_LENGTH;
		if (bpf_probe_read_user(event->bytes, length, (void *)transfer->buffer))
			length = 0;
		event->length = length;
		bpf_ringbuf_submit(event, 0);
	}
	bpf_map_delete_elem(&dns_queries, key);
}

/* One message. Not static: verified once. */
__noinline int take_message(struct dns_transfer *transfer)
{
	struct dns_key key = {};
	__u16 protocol, local, remote;
	__u8 head[DNS_HEADER];
	const struct sock *sk;
	bool is_answer;

	if (!transfer || transfer->length < DNS_HEADER)
		return 0;
	sk = transfer->sk;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	local = BPF_CORE_READ(sk, __sk_common.skc_num);
	remote = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (transfer->port)
		remote = transfer->port;
	if (protocol == IPPROTO_TCP && !skip_length(transfer))
		return 0;
	if (bpf_probe_read_user(head, sizeof(head), (void *)transfer->buffer))
		return 0;
	/* QR and opcode; one question */
	is_answer = head[2] & 0x80;
	if (head[2] & 0x78 || head[4] || head[5] != 1)
		return 0;
	key.sk = (__u64)sk;
	key.id = (__u32)head[0] << 8 | head[1];
	key.direction = transfer->is_write == !is_answer ? GS_OUTBOUND : GS_INBOUND;
	if (is_answer)
		finish_query(&key, transfer);
	else if (key.direction == GS_OUTBOUND ? remote == DNS_PORT : local == DNS_PORT)
		start_query(&key, transfer);
	return 0;
}

/* Most sockets are of TCP, and these speak DNS on its port. */
static __always_inline bool may_speak_dns(__u16 protocol, __be16 remote, __u16 local)
{
	if (protocol == IPPROTO_TCP)
		return remote == __builtin_bswap16(DNS_PORT) || local == DNS_PORT;
	return protocol == IPPROTO_UDP;
}

static __always_inline bool may_be_dns(const struct sock *sk)
{
	return may_speak_dns(BPF_CORE_READ(sk, sk_protocol), BPF_CORE_READ(sk, __sk_common.skc_dport),
			     BPF_CORE_READ(sk, __sk_common.skc_num)) &&
	       is_ip(BPF_CORE_READ(sk, __sk_common.skc_family));
}

static __always_inline __u16 port_of(__u64 address)
{
	__u8 port[2];

	if (!address || bpf_probe_read_user(port, 2, (void *)(address + 2)))
		return 0;
	return (__u16)(port[0] << 8 | port[1]);
}

static __always_inline void from_header(struct dns_transfer *transfer, __u64 address)
{
	struct user_msghdr header;
	struct iovec segment;

	if (bpf_probe_read_user(&header, sizeof(header), (void *)address) || !header.msg_iovlen ||
	    bpf_probe_read_user(&segment, sizeof(segment), header.msg_iov))
		return;
	transfer->buffer = (__u64)segment.iov_base;
	transfer->length = segment.iov_len;
	/* Over TCP the length may be a segment of its own. */
	if (segment.iov_len == 2 && header.msg_iovlen > 1 &&
	    !bpf_probe_read_user(&segment, sizeof(segment), (struct iovec *)header.msg_iov + 1)) {
		transfer->buffer = (__u64)segment.iov_base;
		transfer->length = segment.iov_len;
	}
	transfer->port = port_of((__u64)header.msg_name);
}

#include "dns/at_sockets.bpf.h"
#include "dns/at_syscalls.bpf.h"

/* glibc asks for A and AAAA at once. */
SEC("tracepoint/syscalls/sys_enter_sendmmsg")
int dns_sendmmsg(struct trace_event_raw_sys_enter *context)
{
	struct dns_transfer transfer = { .is_write = true };
	struct sock *sk;

	if (!target_has_current())
		return 0;
	sk = sock_of(context->args[0]);
	if (!sk || !may_be_dns(sk))
		return 0;
	for (__u32 i = 0; i < DNS_PAIRS && i < context->args[2]; i++) {
		transfer.sk = sk;
		transfer.length = 0;
		from_header(&transfer, context->args[1] + i * sizeof(struct mmsghdr));
		take_message(&transfer);
	}
	return 0;
}

/* Several datagrams in one call. */
SEC("tracepoint/syscalls/sys_exit_recvmmsg")
int dns_recvmmsg(struct trace_event_raw_sys_exit *context)
{
	struct dns_transfer transfer = {};
	struct syscall_arguments arguments;
	struct sock *sk;

	if (context->ret <= 0 || !target_has_current())
		return 0;
	syscall_arguments_at_exit(bpf_get_current_task_btf(), &arguments);
	sk = sock_of(arguments.first);
	if (!sk || !may_be_dns(sk))
		return 0;
	for (__u32 i = 0; i < DNS_PAIRS && i < context->ret; i++) {
		__u64 at = arguments.second + i * sizeof(struct mmsghdr);
		__u32 length = 0;

		transfer.sk = sk;
		from_header(&transfer, at);
		transfer.port = 0;
		bpf_probe_read_user(&length, sizeof(length), (void *)(at + __builtin_offsetof(struct mmsghdr, msg_len)));
		transfer.length = length;
		take_message(&transfer);
	}
	return 0;
}
