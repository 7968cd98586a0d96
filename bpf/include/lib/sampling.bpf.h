/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Which spans are sent to user space: whole traces within a budget, and failed and slow requests on top. */
#ifndef GUMSHOE_SAMPLING_BPF_H
#define GUMSHOE_SAMPLING_BPF_H

#include "../events.h"
#include "../kernel_types.h"

#define SAMPLING_SLOT_NS 100000000ull
#define SAMPLING_SLOTS 10 /* in a second */
#define SAMPLING_ALL 1000000u

/* Spans sent to user space per second, and how many failed and slow ones on top. */
const volatile __u32 span_rate_per_second = 1000;
const volatile __u32 exception_rate_per_second = 200;
const volatile __u64 slow_threshold_ns = 500000000;
/* CLOCK_REALTIME - CLOCK_MONOTONIC, so that nodes agree on the time slots. */
const volatile __u64 realtime_offset_ns = 0;

struct {
	__u64 slot;	  /* the running one, since 1970 */
	__u64 spans;	  /* seen in it */
	__u64 rate;	  /* spans per second until it began */
	__u64 sampled;	  /* sent in the running second; so are exceptions and prepares */
	__u64 exceptions;
	__u64 prepares;
	__u32 keep_ppm;	  /* the part of the traces that begin in this slot which is kept */
} sampling = { .keep_ppm = SAMPLING_ALL };

/*
 * Sets the share for a new slot by what came before it, and never within one: what is kept then stands for the rest.
 * A burst is met after one slot: four times its spans count when that is more than the last second's.
 */
static __noinline int sampling_begin_slot(__u64 slot)
{
	__u64 last = sampling.slot, spans, rate;

	if (slot <= last || __sync_val_compare_and_swap(&sampling.slot, last, slot) != last)
		return 0;
	spans = __sync_lock_test_and_set(&sampling.spans, 0);
	rate = sampling.rate - sampling.rate / SAMPLING_SLOTS + spans;
	for (__u32 i = 1; i < 2 * SAMPLING_SLOTS && last + i < slot; i++)
		rate -= rate / SAMPLING_SLOTS;
	if (slot - last > 2 * SAMPLING_SLOTS)
		rate = 0;
	sampling.rate = rate;
	if (slot == last + 1 && rate < 4 * spans)
		rate = 4 * spans;
	if (slot / SAMPLING_SLOTS != last / SAMPLING_SLOTS) {
		sampling.sampled = 0;
		sampling.exceptions = 0;
		sampling.prepares = 0;
	}
	sampling.keep_ppm = rate <= span_rate_per_second ? SAMPLING_ALL :
							    (__u64)span_rate_per_second * SAMPLING_ALL / rate;
	return 0;
}

/* A request has ended. */
static __always_inline void sampling_count(__u64 now)
{
	__u64 slot = (now + realtime_offset_ns) / SAMPLING_SLOT_NS;

	if (slot != sampling.slot)
		sampling_begin_slot(slot);
	__sync_fetch_and_add(&sampling.spans, 1);
}

/*
 * Whole traces are kept or dropped: the root decides, by the wall time of its start. 0: dropped; else the share of
 * traces that is kept at this time, in millionths.
 */
static __always_inline __u32 sample_root(__u64 started_ns)
{
	__u64 wall = started_ns + realtime_offset_ns, slot = wall / SAMPLING_SLOT_NS;
	__u64 position = wall - slot * SAMPLING_SLOT_NS;
	__u32 keep_ppm;

	if (slot != sampling.slot)
		sampling_begin_slot(slot);
	keep_ppm = sampling.keep_ppm;
	return position * SAMPLING_ALL < keep_ppm * SAMPLING_SLOT_NS ? keep_ppm : 0;
}

/* Why this request's span goes to user space: bits GS_REASON_*, 0 when it does not. */
static __always_inline __u32 sampling_reasons(bool sampled, __u64 duration_ns, bool failed)
{
	__u32 reason = 0;

	if (failed)
		reason |= GS_REASON_FAILED;
	if (duration_ns >= slow_threshold_ns)
		reason |= GS_REASON_SLOW;
	if (reason && __sync_fetch_and_add(&sampling.exceptions, 1) >= exception_rate_per_second)
		reason = 0;
	/* Twice the budget: a burst's first slot. */
	if (sampled && __sync_fetch_and_add(&sampling.sampled, 1) < 2ull * span_rate_per_second)
		reason |= GS_REASON_SAMPLED;
	return reason;
}

/* Statements prepared by requests whose spans are dropped, as many per second as failed ones. */
static __always_inline bool sampling_takes_prepare(void)
{
	return __sync_fetch_and_add(&sampling.prepares, 1) < exception_rate_per_second;
}

#endif
