// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * TCP: listening sockets, connections opened, refused and closed, bytes, round trip time, retransmissions.
 *
 * Nothing here runs per system call but connect(): the kernel's own counters in tcp_sock are read when a
 * connection closes and whenever user space reads the iterator tcp_sweep (once per interval).
 *
 * State changes of established sockets happen in interrupts, where current is a stranger. The owner is
 * therefore taken at connect() for outbound connections, and from the listening socket for inbound ones.
 *
 * Start-up: attach everything, then read the iterators tcp_adopt_listeners and tcp_adopt_connections once,
 * in this order, to pick up the sockets that were there before.
 */
#include "lib/event.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/target.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define EINTR 4
#define EALREADY 114
#define EINPROGRESS 115
#define EISCONN 106
#define ECANCELED 125
#define ERESTARTSYS 512
#define SHUTDOWN_MASK 3

struct owner {
	__u64 cgroup_id;
	__u32 tgid;
	__u32 tid;
};

struct listener_key {
	__u8 address[16]; /* zeroed for any address */
	__u32 netns;
	__u32 port;
};

struct connection {
	struct gs_tuple tuple;
	struct owner owner;
	__u64 start_ns;
	__u64 bytes_sent; /* already counted */
	__u64 bytes_received;
	__u16 direction;
	__u8 open; /* 0 while connecting */
	__u8 connect_returned; /* non-blocking: nobody waits in connect() any more */
};

struct listener {
	struct owner owner; /* of the first socket */
	__u32 sockets;      /* several with SO_REUSEPORT */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listener_key);
	__type(value, struct listener);
} listeners SEC(".maps");

/* Listening sockets that are counted in `listeners`. Key: address of the kernel's struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} listening_sockets SEC(".maps");

/* Key: address of the kernel's struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

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

/* User space removes the entries of processes that have exited, after it has read them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gs_peer_key);
	__type(value, struct gs_tcp_stats);
} tcp_stats SEC(".maps");

static const struct gs_tcp_stats no_stats;

static __noinline struct gs_tcp_stats *stats_of(const struct connection *connection)
{
	struct gs_peer_key key = {};
	struct gs_tcp_stats *stats;

	if (!connection)
		return 0;
	key.tgid = connection->owner.tgid;
	key.netns = connection->tuple.netns;
	key.direction = connection->direction;
	if (connection->direction == GS_INBOUND) {
		__builtin_memcpy(key.address, connection->tuple.local_address, 16);
		key.port = connection->tuple.local_port;
	} else {
		__builtin_memcpy(key.address, connection->tuple.remote_address, 16);
		key.port = connection->tuple.remote_port;
	}
	stats = bpf_map_lookup_elem(&tcp_stats, &key);
	if (stats)
		return stats;
	bpf_map_update_elem(&tcp_stats, &key, &no_stats, BPF_NOEXIST);
	stats = bpf_map_lookup_elem(&tcp_stats, &key);
	if (!stats)
		count(GS_COUNTER_MAP_FULL);
	return stats;
}

static __always_inline void emit(__u32 type, const struct connection *connection, __s32 error, __u64 duration_ns)
{
	struct gs_tcp_event *event = event_reserve(sizeof(*event));

	if (!event)
		return;
	event_header(&event->header, type, sizeof(*event), connection->owner.tgid, connection->owner.tid,
		     connection->owner.cgroup_id);
	event->tuple = connection->tuple;
	event->direction = connection->direction;
	event->error = error;
	event->duration_ns = duration_ns;
	event->bytes_sent = connection->bytes_sent;
	event->bytes_received = connection->bytes_received;
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void owner_from_current(struct owner *owner)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	owner->tgid = pid_tgid >> 32;
	owner->tid = (__u32)pid_tgid;
	owner->cgroup_id = bpf_get_current_cgroup_id();
}

static __always_inline bool address_is_any(const __u8 *address)
{
	static const __u8 mapped_any[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	__u64 words[2];

	__builtin_memcpy(words, address, 16);
	return words[0] == 0 && (words[1] == 0 || words[1] == *(const __u64 *)(mapped_any + 8));
}

static __always_inline void listener_key(struct listener_key *key, const struct gs_tuple *tuple)
{
	if (address_is_any(tuple->local_address))
		__builtin_memset(key->address, 0, 16);
	else
		__builtin_memcpy(key->address, tuple->local_address, 16);
	key->netns = tuple->netns;
	key->port = tuple->local_port;
}

static __always_inline struct owner *listener_of(const struct gs_tuple *tuple)
{
	struct listener_key key = {};
	struct listener *listener;

	listener_key(&key, tuple);
	listener = bpf_map_lookup_elem(&listeners, &key);
	if (!listener) {
		__builtin_memset(key.address, 0, 16);
		listener = bpf_map_lookup_elem(&listeners, &key);
	}
	return listener ? &listener->owner : 0;
}

static __always_inline void store(__u64 id, const struct connection *connection)
{
	if (bpf_map_update_elem(&connections, &id, connection, BPF_ANY))
		count(GS_COUNTER_MAP_FULL);
}

/* Adds what was sent and received since the last look; a lost race shows as a negative step and is skipped. */
static __always_inline void account(struct connection *connection, struct gs_tcp_stats *stats, const struct sock *sk)
{
	__u64 sent = socket_bytes_sent(sk), received = socket_bytes_received(sk);
	__s64 more_sent = sent - __sync_lock_test_and_set(&connection->bytes_sent, sent);
	__s64 more_received = received - __sync_lock_test_and_set(&connection->bytes_received, received);
	__u32 rtt_us = socket_rtt_us(sk);

	if (!stats)
		return;
	if (more_sent > 0)
		__sync_fetch_and_add(&stats->bytes_sent, more_sent);
	if (more_received > 0)
		__sync_fetch_and_add(&stats->bytes_received, more_received);
	if (rtt_us && (more_sent > 0 || more_received > 0)) {
		__sync_fetch_and_add(&stats->rtt_sum_us, rtt_us);
		__sync_fetch_and_add(&stats->rtt_samples, 1);
	}
}

/* Once per socket, however many descriptors it has; one event per address and port. */
static __always_inline void add_listener(__u64 id, const struct connection *listening)
{
	struct listener fresh = { .owner = listening->owner, .sockets = 1 };
	struct listener_key key = {};
	struct listener *known;
	__u8 one = 1;

	if (bpf_map_update_elem(&listening_sockets, &id, &one, BPF_NOEXIST))
		return;
	listener_key(&key, &listening->tuple);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known) {
		__sync_fetch_and_add(&known->sockets, 1);
		return;
	}
	if (bpf_map_update_elem(&listeners, &key, &fresh, BPF_ANY))
		count(GS_COUNTER_MAP_FULL);
	emit(GS_EVENT_TCP_LISTEN, listening, 0, 0);
}

static __always_inline void on_listen(__u64 id, const struct sock *sk)
{
	struct connection listening = { .direction = GS_INBOUND };

	if (!target_has_current())
		return;
	socket_tuple(sk, &listening.tuple);
	owner_from_current(&listening.owner);
	add_listener(id, &listening);
}

static __always_inline void on_listen_close(__u64 id, const struct sock *sk)
{
	struct connection listening = { .direction = GS_INBOUND };
	struct listener_key key = {};
	struct listener *listener;

	if (bpf_map_delete_elem(&listening_sockets, &id))
		return;
	socket_tuple(sk, &listening.tuple);
	/* The port was given back before the state changed. */
	if (!listening.tuple.local_port)
		listening.tuple.local_port = __builtin_bswap16(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	listener_key(&key, &listening.tuple);
	listener = bpf_map_lookup_elem(&listeners, &key);
	if (!listener || __sync_fetch_and_add(&listener->sockets, -1) > 1)
		return;
	listening.owner = listener->owner;
	bpf_map_delete_elem(&listeners, &key);
	emit(GS_EVENT_TCP_LISTEN_CLOSE, &listening, 0, 0);
}

static __always_inline void on_connect(__u64 id, const struct sock *sk)
{
	struct connection connection = { .direction = GS_OUTBOUND };

	if (!target_has_current())
		return;
	connection.start_ns = bpf_ktime_get_ns();
	socket_tuple(sk, &connection.tuple);
	owner_from_current(&connection.owner);
	store(id, &connection);
}

static __always_inline void on_connected(__u64 id, const struct sock *sk)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &id);
	struct gs_tcp_stats *stats;
	__u64 duration_ns;

	if (!connection)
		return;
	duration_ns = bpf_ktime_get_ns() - connection->start_ns;
	socket_tuple(sk, &connection->tuple); /* the local port is known by now */
	connection->open = 1;
	stats = stats_of(connection);
	if (stats) {
		__sync_fetch_and_add(&stats->connects, 1);
		__sync_fetch_and_add(&stats->connect_time_ns, duration_ns);
	}
	emit(GS_EVENT_TCP_OPEN, connection, 0, duration_ns);
}

static __always_inline void on_accepted(__u64 id, const struct sock *sk)
{
	struct connection connection = { .direction = GS_INBOUND, .open = 1 };
	struct gs_tcp_stats *stats;
	struct owner *owner;

	socket_tuple(sk, &connection.tuple);
	owner = listener_of(&connection.tuple);
	if (!owner)
		return;
	connection.owner = *owner;
	connection.start_ns = bpf_ktime_get_ns();
	store(id, &connection);
	stats = stats_of(&connection);
	if (stats)
		__sync_fetch_and_add(&stats->connects, 1);
	emit(GS_EVENT_TCP_OPEN, &connection, 0, 0);
}

static __always_inline void report_failed(const struct connection *connection, __s32 error)
{
	struct gs_tcp_stats *stats = stats_of(connection);

	if (stats)
		__sync_fetch_and_add(&stats->failed_connects, 1);
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

static __always_inline void on_close(__u64 id, const struct sock *sk)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &id);
	struct gs_tcp_stats *stats;

	if (!connection)
		return;
	if (connection->open) {
		stats = stats_of(connection);
		account(connection, stats, sk);
		if (stats)
			__sync_fetch_and_add(&stats->closed, 1);
		emit(GS_EVENT_TCP_CLOSE, connection, 0, bpf_ktime_get_ns() - connection->start_ns);
	}
	bpf_map_delete_elem(&connections, &id);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_set_state, const struct sock *sk, int before, int after)
{
	__u64 id = (__u64)sk;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (after == TCP_LISTEN)
		on_listen(id, sk);
	else if (before == TCP_LISTEN && after == TCP_CLOSE)
		on_listen_close(id, sk);
	else if (after == TCP_SYN_SENT)
		on_connect(id, sk);
	else if (before == TCP_SYN_SENT && after == TCP_ESTABLISHED)
		on_connected(id, sk);
	else if (before == TCP_SYN_RECV && after == TCP_ESTABLISHED)
		on_accepted(id, sk);
	else if (before == TCP_SYN_SENT && after == TCP_CLOSE)
		on_connect_failed(id, sk);
	else if (after == TCP_CLOSE)
		on_close(id, sk);
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tcp_retransmit, const struct sock *sk)
{
	__u64 id = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &id);
	struct gs_tcp_stats *stats = stats_of(connection);

	if (stats)
		__sync_fetch_and_add(&stats->retransmits, 1);
	return 0;
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

static __always_inline void owner_from_task(struct owner *owner, struct task_struct *task)
{
	owner->tgid = BPF_CORE_READ(task, tgid);
	owner->tid = BPF_CORE_READ(task, pid);
	owner->cgroup_id = task_cgroup_id(task);
}

SEC("iter/task_file")
int tcp_adopt_listeners(struct bpf_iter__task_file *context)
{
	struct connection listening = { .direction = GS_INBOUND };
	struct task_struct *task = context->task;
	struct sock *sk;

	if (!task || !context->file || !target_has_task(task))
		return 0;
	sk = tcp_socket_of_file(context->file);
	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN)
		return 0;
	socket_tuple(sk, &listening.tuple);
	owner_from_task(&listening.owner, task);
	add_listener((__u64)sk, &listening);
	return 0;
}

SEC("iter/task_file")
int tcp_adopt_connections(struct bpf_iter__task_file *context)
{
	struct connection connection = { .open = 1 };
	struct task_struct *task = context->task;
	struct gs_tcp_stats *stats;
	struct sock *sk;
	__u8 state;
	__u64 id;

	if (!task || !context->file || !target_has_task(task))
		return 0;
	sk = tcp_socket_of_file(context->file);
	if (!sk)
		return 0;
	id = (__u64)sk;
	state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT)
		return 0;
	socket_tuple(sk, &connection.tuple);
	owner_from_task(&connection.owner, task);
	connection.direction = listener_of(&connection.tuple) ? GS_INBOUND : GS_OUTBOUND;
	connection.start_ns = bpf_ktime_get_ns();
	connection.bytes_sent = socket_bytes_sent(sk);
	connection.bytes_received = socket_bytes_received(sk);
	if (bpf_map_update_elem(&connections, &id, &connection, BPF_NOEXIST))
		return 0;
	stats = stats_of(&connection);
	if (stats)
		__sync_fetch_and_add(&stats->adopted, 1);
	return 0;
}

/* Brings tcp_stats up to date; read once per interval. */
SEC("iter/bpf_map_elem")
int tcp_sweep(struct bpf_iter__bpf_map_elem *context)
{
	struct connection *connection;
	__u64 *key = context->key;
	struct sock *sk;
	__u64 id;

	if (!key)
		return 0;
	id = *key;
	sk = (void *)id;
	connection = bpf_map_lookup_elem(&connections, &id);
	/* A closed socket may be freed and reused at any time: then its port has changed. */
	if (!connection || !connection->open ||
	    BPF_CORE_READ(sk, __sk_common.skc_num) != connection->tuple.local_port)
		return 0;
	account(connection, stats_of(connection), sk);
	return 0;
}
