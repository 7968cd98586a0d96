// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Requests of block devices: operations, bytes, latency by device and by the cgroup they are charged to. Completion
 * alone is watched: the kernel notes in the request when it was submitted, and for whom.
 *
 * No target filter: completions run in interrupts, and nothing but sums by device and cgroup leaves the kernel.
 * Which cgroups are of interest is decided where they get their names.
 */
#include "kernel_types.h"
#include "events.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define DISK_STATS_MAX 8192

/* Request operations, include/linux/blk_types.h: odd ones carry data to the device. */
#define REQ_OP_MASK 0xff
#define REQ_OP_FLUSH 2
#define REQ_OP_DISCARD 3
#define REQ_OP_DRV_IN 34

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct gendisk {
	int major;
	int first_minor;
};

struct request_queue {
	struct gendisk *disk; /* since 5.15; before, in the request */
};

struct blkcg {
	struct cgroup_subsys_state css;
};

struct blkcg_gq {
	struct blkcg *blkcg;
};

struct bio {
	struct blkcg_gq *bi_blkg; /* with CONFIG_BLK_CGROUP */
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int __data_len;
	struct bio *bio;
	__u64 start_time_ns;
};

struct request___before_5_15 {
	struct gendisk *rq_disk;
};

#pragma clang attribute pop

const volatile __u64 disk_latency_bounds_ns[GS_DISK_LATENCY_BUCKETS - 1] = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DISK_STATS_MAX);
	__type(key, struct gs_disk_key);
	__type(value, struct gs_disk_stats);
} disk_stats SEC(".maps");

/* Requests that found no room in the map. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} disk_lost SEC(".maps");

/* Pointers of the request are followed directly: the kernel answers 0 for what cannot be read. */
static __always_inline struct gendisk *disk_of(struct request *request)
{
	struct request___before_5_15 *old = (void *)request;

	if (bpf_core_field_exists(old->rq_disk))
		return old->rq_disk;
	return bpf_core_field_exists(request->q->disk) ? request->q->disk : 0;
}

static __always_inline __u64 charged_cgroup(struct request *request)
{
	struct bio *bio = request->bio;

	if (!bio || !bpf_core_field_exists(bio->bi_blkg))
		return 0;
	return bio->bi_blkg ? bio->bi_blkg->blkcg->css.cgroup->kn->id : 0;
}

static __always_inline __u32 operation_of(__u32 operation)
{
	if (operation == REQ_OP_FLUSH)
		return GS_DISK_FLUSH;
	if (operation == REQ_OP_DISCARD)
		return GS_DISK_DISCARD;
	return operation & 1 ? GS_DISK_WRITE : GS_DISK_READ;
}

static __always_inline struct gs_disk_stats *stats_of(struct gs_disk_key *key)
{
	static const struct gs_disk_stats nothing = {};
	struct gs_disk_stats *stats = bpf_map_lookup_elem(&disk_stats, key);
	__u32 zero = 0;
	__u64 *lost;

	if (stats)
		return stats;
	bpf_map_update_elem(&disk_stats, key, &nothing, BPF_NOEXIST);
	stats = bpf_map_lookup_elem(&disk_stats, key);
	if (!stats && (lost = bpf_map_lookup_elem(&disk_lost, &zero)))
		__sync_fetch_and_add(lost, 1);
	return stats;
}

static __always_inline void add_duration(struct gs_disk_stats *stats, __u64 duration)
{
	__u32 bucket = 0;

	for (; bucket < GS_DISK_LATENCY_BUCKETS - 1; bucket++)
		if (duration <= disk_latency_bounds_ns[bucket])
			break;
	__sync_fetch_and_add(&stats->duration_sum_ns, duration);
	if (bucket < GS_DISK_LATENCY_BUCKETS)
		__sync_fetch_and_add(&stats->buckets[bucket], 1);
}

/* Called before the request's own figures change; a request that completes in parts counts with its last one. */
SEC("tp_btf/block_rq_complete")
int BPF_PROG(disk_complete, struct request *request, __u32 error, unsigned int bytes)
{
	__u32 operation = request->cmd_flags & REQ_OP_MASK;
	__u64 started = request->start_time_ns;
	struct gendisk *disk = disk_of(request);
	struct gs_disk_stats *stats;
	struct gs_disk_key key = {};

	if (!disk || operation >= REQ_OP_DRV_IN)
		return 0;
	key.cgroup_id = charged_cgroup(request);
	key.device = (__u32)disk->major << 20 | (__u32)disk->first_minor;
	key.operation = operation_of(operation);
	stats = stats_of(&key);
	if (!stats)
		return 0;
	__sync_fetch_and_add(&stats->bytes, bytes);
	if (error)
		__sync_fetch_and_add(&stats->errors, 1);
	if (bytes < request->__data_len && !error)
		return 0;
	__sync_fetch_and_add(&stats->count, 1);
	if (started)
		add_duration(stats, bpf_ktime_get_ns() - started);
	return 0;
}
