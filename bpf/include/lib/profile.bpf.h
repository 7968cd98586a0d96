/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What every profile has in common: values are summed per process and combination of stacks, so that user space
 * reads what is distinct, once per interval. Each object carries its own copy of these maps.
 *
 * Two sets of maps take turns (profile_control[0] & 1 names the one in use): user space changes over, then reads
 * and empties the other in peace. profile_control[1]: of how many samples one is kept, where a program asks for it.
 */
#ifndef GUMSHOE_PROFILE_BPF_H
#define GUMSHOE_PROFILE_BPF_H

#include "../kernel_types.h"
#include "../events.h"

#define SAMPLES_MAX 8192
#define STACKS_MAX 4096
#define HASH_SEED 0x9E3779B97F4A7C15ull

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} profile_control SEC(".maps");

struct profile_samples {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SAMPLES_MAX);
	__type(key, struct gs_profile_key);
	__type(value, __u64);
};
struct profile_samples profile_samples_0 SEC(".maps");
struct profile_samples profile_samples_1 SEC(".maps");

struct profile_stacks {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS_MAX);
	__type(key, __u64);
	__type(value, struct gs_profile_stack);
};
struct profile_stacks profile_stacks_0 SEC(".maps");
struct profile_stacks profile_stacks_1 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GS_PROFILE_COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} profile_counters SEC(".maps");

/* Too large for the stack of a program. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_profile_stack);
} profile_scratch SEC(".maps");

static __always_inline void count_by(__u32 counter, __u64 amount)
{
	__u64 *value = bpf_map_lookup_elem(&profile_counters, &counter);

	if (value)
		*value += amount;
}

static __always_inline void count(__u32 counter)
{
	count_by(counter, 1);
}

static __always_inline __u32 profile_set(void)
{
	__u32 zero = 0, *control = bpf_map_lookup_elem(&profile_control, &zero);

	return control ? *control & 1 : 0;
}

/* How many samples one stands for, as user space wants it for the room there is; 0 when this one is left out. */
static __always_inline __u32 profile_share(void)
{
	__u32 one = 1, *control = bpf_map_lookup_elem(&profile_control, &one);

	if (!control || *control <= 1)
		return 1;
	return bpf_get_prandom_u32() % *control ? 0 : *control;
}

/* Frames beyond `length` must not matter: the scratch holds an older, deeper stack. Never 0. */
static __noinline __u64 stack_hash(struct gs_profile_stack *stack)
{
	__u64 hash = HASH_SEED;

	if (!stack)
		return 0;
	for (__u32 i = 0; i < GS_STACK_DEPTH; i++) {
		if (i >= stack->length)
			break;
		hash = (hash ^ stack->frames[i]) * HASH_SEED;
		hash ^= hash >> 32;
	}
	return hash | 1;
}

/* Remembers the stack in the set in use and returns its key; 0 when it is empty or does not fit. */
static __always_inline __u64 keep_stack(struct gs_profile_stack *stack, __u32 set)
{
	__u64 hash;
	long error;

	if (stack->length == 0)
		return 0;
	hash = stack_hash(stack);
	error = set ? bpf_map_update_elem(&profile_stacks_1, &hash, stack, BPF_NOEXIST)
		    : bpf_map_update_elem(&profile_stacks_0, &hash, stack, BPF_NOEXIST);
	if (error && error != -17 /* EEXIST */) {
		count(GS_PROFILE_STACKS_LOST);
		return 0;
	}
	return hash;
}

static __always_inline __u64 keep_call_stack(void *context, struct gs_profile_stack *stack, __u32 set, __u64 flags)
{
	long bytes = bpf_get_stack(context, stack->frames, sizeof(stack->frames), flags);

	stack->length = bytes > 0 ? (__u64)bytes / sizeof(__u64) : 0;
	return keep_stack(stack, set);
}

static __always_inline void add_sample(struct gs_profile_key *key, __u32 set, __u64 value)
{
	__u64 *found = set ? bpf_map_lookup_elem(&profile_samples_1, key) : bpf_map_lookup_elem(&profile_samples_0, key);
	long error;

	if (!found) {
		error = set ? bpf_map_update_elem(&profile_samples_1, key, &value, BPF_NOEXIST)
			    : bpf_map_update_elem(&profile_samples_0, key, &value, BPF_NOEXIST);
		if (!error)
			return;
		/* another CPU came first, or there is no room */
		found = set ? bpf_map_lookup_elem(&profile_samples_1, key) : bpf_map_lookup_elem(&profile_samples_0, key);
	}
	if (found)
		__sync_fetch_and_add(found, value);
	else
		count(GS_PROFILE_SAMPLES_LOST);
}

#endif
