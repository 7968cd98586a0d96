/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Open and opening connections, their owners, and the counters they add to. */
#ifndef GUMSHOE_TCP_CONNECTIONS_BPF_H
#define GUMSHOE_TCP_CONNECTIONS_BPF_H

#include "lib/event.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/target.bpf.h"

struct owner {
	__u64 cgroup_id;
	__u32 tgid;
	__u32 tid;
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
	__u8 zero_window; /* as the last look found it */
};

/* Key: address of the kernel's struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 131072);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct connection);
} connections SEC(".maps");

/* User space removes the entries of processes that have exited, after it has read them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gs_peer_key);
	__type(value, struct gs_tcp_stats);
} tcp_stats SEC(".maps");

/*
 * Connections closed a moment ago, by socket: close() with unread data, and with SO_LINGER at 0, changes the state
 * first and sends the reset after (tcp_close, tcp_disconnect in net/ipv4/tcp.c).
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct connection);
} closing SEC(".maps");

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

static __always_inline void owner_from_task(struct owner *owner, struct task_struct *task)
{
	owner->tgid = BPF_CORE_READ(task, tgid);
	owner->tid = BPF_CORE_READ(task, pid);
	owner->cgroup_id = task_cgroup_id(task);
}

#endif
