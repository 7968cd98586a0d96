/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The way out of the kernel: one ring buffer per object (user space may resize it before load), and the
 * per-CPU counters of enum gs_counter, so that every loss is counted.
 */
#ifndef GUMSHOE_EVENT_BPF_H
#define GUMSHOE_EVENT_BPF_H

#include "../kernel_types.h"
#include "../events.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GS_COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		(*value)++;
}

static __always_inline void *event_reserve(__u64 size)
{
	void *event = bpf_ringbuf_reserve(&events, size, 0);

	count(event ? GS_COUNTER_EVENTS : GS_COUNTER_RING_FULL);
	return event;
}

static __always_inline void event_header(struct gs_header *header, __u32 type, __u32 size, __u32 tgid, __u32 tid,
					 __u64 cgroup_id)
{
	header->type = type;
	header->size = size;
	header->time_ns = bpf_ktime_get_ns();
	header->tgid = tgid;
	header->tid = tid;
	header->cgroup_id = cgroup_id;
}

#endif
