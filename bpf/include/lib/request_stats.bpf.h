/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Counts and latency histograms of requests, by process, peer, protocol and status. */
#ifndef GUMSHOE_REQUEST_STATS_BPF_H
#define GUMSHOE_REQUEST_STATS_BPF_H

#include "event.bpf.h"

/* User space removes the entries of processes that have exited, after it has read them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gs_request_key);
	__type(value, struct gs_request_stats);
} request_stats SEC(".maps");

static const struct gs_request_stats new_stats;
static const __u64 latency_bounds[GS_LATENCY_BUCKETS - 1] = GS_LATENCY_BOUNDS_NS;

static __always_inline __u32 latency_bucket(__u64 duration_ns)
{
	__u32 bucket = 0;

	for (int i = 0; i < GS_LATENCY_BUCKETS - 1; i++)
		bucket += duration_ns > latency_bounds[i];
	return bucket;
}

static __noinline void count_request(const struct gs_socket *socket, __u16 status, __u64 duration_ns)
{
	struct gs_request_key key = {};
	struct gs_request_stats *stats;
	__u32 bucket;

	key.tgid = socket->tgid;
	key.netns = socket->tuple.netns;
	key.direction = socket->direction;
	key.protocol = socket->protocol;
	key.status = status;
	if (socket->direction == GS_INBOUND) {
		__builtin_memcpy(key.address, socket->tuple.local_address, 16);
		key.port = socket->tuple.local_port;
	} else {
		__builtin_memcpy(key.address, socket->tuple.remote_address, 16);
		key.port = socket->tuple.remote_port;
	}
	stats = bpf_map_lookup_elem(&request_stats, &key);
	if (!stats) {
		bpf_map_update_elem(&request_stats, &key, &new_stats, BPF_NOEXIST);
		stats = bpf_map_lookup_elem(&request_stats, &key);
		if (!stats) {
			count(GS_COUNTER_MAP_FULL);
			return;
		}
	}
	__sync_fetch_and_add(&stats->count, 1);
	__sync_fetch_and_add(&stats->duration_sum_ns, duration_ns);
	bucket = latency_bucket(duration_ns);
	if (bucket < GS_LATENCY_BUCKETS)
		__sync_fetch_and_add(&stats->buckets[bucket], 1);
}

#endif
