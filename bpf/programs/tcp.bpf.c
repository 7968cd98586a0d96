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
#include "tcp/connections.bpf.h"
#include "tcp/failed_connects.bpf.h"
#include "tcp/listeners.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

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

/* A window that closed and opened between two looks is not seen. */
static __always_inline void account_window(struct connection *connection, struct gs_tcp_stats *stats, bool zero)
{
	if (!stats || connection->zero_window == zero)
		return;
	connection->zero_window = zero;
	__sync_fetch_and_add(zero ? &stats->zero_windows : &stats->zero_windows_over, 1);
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

static __always_inline void on_close(__u64 id, const struct sock *sk)
{
	struct connection *connection = bpf_map_lookup_elem(&connections, &id);
	struct gs_tcp_stats *stats;

	if (!connection)
		return;
	if (connection->open) {
		stats = stats_of(connection);
		account(connection, stats, sk);
		account_window(connection, stats, false);
		if (stats)
			__sync_fetch_and_add(&stats->closed, 1);
		emit(GS_EVENT_TCP_CLOSE, connection, 0, bpf_ktime_get_ns() - connection->start_ns);
		bpf_map_update_elem(&closing, &id, connection, BPF_ANY);
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

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tcp_reset_received, const struct sock *sk)
{
	__u64 id = (__u64)sk;
	struct connection *connection = bpf_map_lookup_elem(&connections, &id);
	struct gs_tcp_stats *stats;

	if (!connection || !connection->open) /* a refused connect is a failed connect already */
		return 0;
	stats = stats_of(connection);
	if (stats)
		__sync_fetch_and_add(&stats->resets_received, 1);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tcp_reset_sent, const struct sock *sk)
{
	__u64 id = (__u64)sk;
	struct connection *connection;
	struct gs_tcp_stats *stats;

	if (!sk) /* an answer to a segment that belongs to no connection */
		return 0;
	connection = bpf_map_lookup_elem(&connections, &id);
	if (!connection) {
		connection = bpf_map_lookup_elem(&closing, &id);
		/* The socket may belong to another connection by now. */
		if (!connection || socket_remote_port(sk) != connection->tuple.remote_port)
			return 0;
	}
	stats = stats_of(connection);
	if (stats)
		__sync_fetch_and_add(&stats->resets_sent, 1);
	bpf_map_delete_elem(&closing, &id);
	return 0;
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
	struct gs_tcp_stats *stats;
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
	stats = stats_of(connection);
	account(connection, stats, sk);
	account_window(connection, stats, socket_peer_window(sk) == 0);
	return 0;
}
