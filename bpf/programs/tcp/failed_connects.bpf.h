/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Failed connects, each reported once: by the state change when a packet was answered with no, or never; by the end of
 * connect() when nothing could be sent.
 */
#ifndef GUMSHOE_TCP_FAILED_CONNECTS_BPF_H
#define GUMSHOE_TCP_FAILED_CONNECTS_BPF_H

#include "connections.bpf.h"
#include "lib/syscall.bpf.h"

#define EINTR 4
#define ENETUNREACH 101
#define EISCONN 106
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113
#define EALREADY 114
#define EINPROGRESS 115
#define ECANCELED 125
#define ERESTARTSYS 512
#define SHUTDOWN_MASK 3

/*
 * Threads whose failed connect() was reported by the state change, until connect() itself returns the same
 * failure. Value: address of the socket.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} reported_connects SEC(".maps");

static __always_inline void report_failed(const struct connection *connection, __s32 error)
{
	struct gs_tcp_stats *stats = stats_of(connection);

	if (stats) {
		__sync_fetch_and_add(&stats->failed_connects, 1);
		if (error == ECONNREFUSED)
			__sync_fetch_and_add(&stats->refused, 1);
		else if (error == ETIMEDOUT)
			__sync_fetch_and_add(&stats->timed_out, 1);
		else if (error == ENETUNREACH || error == EHOSTUNREACH)
			__sync_fetch_and_add(&stats->unreachable, 1);
		else if (error == ECANCELED)
			__sync_fetch_and_add(&stats->cancelled, 1);
	}
	emit(GS_EVENT_TCP_CONNECT_FAILED, connection, error, bpf_ktime_get_ns() - connection->start_ns);
}

static __always_inline void on_connect_failed(__u64 id, const struct sock *sk)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &id);
	__s32 error = BPF_CORE_READ(sk, sk_err);
	__u32 tid;

	if (!connection)
		return;
	if (!error && BPF_CORE_READ(sk, sk_shutdown) == SHUTDOWN_MASK)
		error = ECANCELED; /* closed by its owner, who waited long enough */
	if (!error)
		return; /* refused within connect(), which returns the reason: see connect_exit */
	report_failed(connection, error);
	tid = connection->owner.tid;
	if (!connection->connect_returned)
		bpf_map_update_elem(&reported_connects, &tid, &id, BPF_ANY);
	bpf_map_delete_elem(&connections, &id);
}

struct sockaddr_any {
	__u16 family;
	__be16 port;
	union {
		__be32 ipv4;
		struct {
			__be32 flow;
			__u8 ipv6[16];
		};
	};
};

/* The destination as the caller gave it: a socket that could not start to connect does not keep it. */
static __always_inline bool tuple_from_sockaddr(struct gs_tuple *tuple, __u64 address)
{
	struct sockaddr_any destination = {};

	if (bpf_probe_read_user(&destination, 8, (void *)address))
		return false;
	tuple->remote_port = __builtin_bswap16(destination.port);
	if (destination.family == AF_INET) {
		address_from_ipv4(tuple->local_address, 0);
		address_from_ipv4(tuple->remote_address, destination.ipv4);
		return true;
	}
	return destination.family == AF_INET6 &&
	       bpf_probe_read_user(tuple->remote_address, 16, (void *)address + 8) == 0;
}

/* True once for a failure that the state change has reported, in this call of connect(). */
static __always_inline bool take_reported(__u64 id)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *reported = bpf_map_lookup_elem(&reported_connects, &tid);
	bool same = reported && *reported == id;

	if (reported)
		bpf_map_delete_elem(&reported_connects, &tid);
	return same;
}

static __always_inline bool goes_on_in_background(__s32 error)
{
	return error == EINPROGRESS || error == EALREADY || error == EISCONN || error == EINTR ||
	       error >= ERESTARTSYS;
}

/* Connects that fail before a packet is sent: no route, no free port. */
SEC("tracepoint/syscalls/sys_exit_connect")
int connect_exit(struct trace_event_raw_sys_exit *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct connection failed = { .direction = GS_OUTBOUND };
	struct syscall_arguments arguments;
	__s32 error = -context->ret;
	struct connection *started;
	struct sock *sk;
	__u64 id;

	if (error <= 0 || !target_has_current())
		return 0;
	syscall_arguments_at_exit(task, &arguments);
	sk = tcp_socket_of_file(file_from_fd(task, arguments.first));
	if (!sk)
		return 0;
	id = (__u64)sk;
	started = bpf_map_lookup_elem(&connections, &id);
	if (take_reported(id))
		return 0;
	if (goes_on_in_background(error)) {
		if (started)
			started->connect_returned = 1;
		return 0;
	}
	if (!tuple_from_sockaddr(&failed.tuple, arguments.second))
		return 0;
	failed.tuple.netns = socket_netns(sk);
	failed.start_ns = bpf_ktime_get_ns();
	owner_from_current(&failed.owner);
	if (started) {
		if (started->open)
			return 0;
		failed.start_ns = started->start_ns;
		bpf_map_delete_elem(&connections, &id);
	}
	report_failed(&failed, error);
	return 0;
}

#endif
