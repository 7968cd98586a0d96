/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Blocks of the heap between allocation and release. Needs heap_tgid and sample_bytes. */
#ifndef GUMSHOE_HEAP_BPF_H
#define GUMSHOE_HEAP_BPF_H

/* An allocation that was sampled, until it returns. */
struct heap_request {
	struct gs_heap_block block;
	__u64 result; /* where the address will be; 0: in the register of results */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, THREADS_MAX);
	__type(key, __u32);
	__type(value, struct heap_request);
} heap_requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LIVE_MAX);
	__type(key, __u64);
	__type(value, struct gs_heap_block);
} heap_live SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS_MAX);
	__type(key, __u64);
	__type(value, struct gs_profile_stack);
} heap_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GS_HEAP_COUNTER_MAX);
	__type(key, __u32);
	__type(value, __u64);
} heap_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gs_profile_stack);
} heap_scratch SEC(".maps");

static __always_inline void heap_count(__u32 counter, __u64 amount)
{
	__u64 *value = bpf_map_lookup_elem(&heap_counters, &counter);

	if (value)
		*value += amount;
}

static __always_inline bool heap_has_current(void)
{
	return bpf_get_current_pid_tgid() >> 32 == heap_tgid;
}

static __always_inline __u64 argument(struct pt_regs *context, __u32 number)
{
#if defined(__TARGET_ARCH_x86)
	return number == 0 ? context->di : number == 1 ? context->si : context->dx;
#else
	return context->regs[number];
#endif
}

static __always_inline __u64 result_of(struct pt_regs *context)
{
#if defined(__TARGET_ARCH_x86)
	return context->ax;
#else
	return context->regs[0];
#endif
}

/* At the first instruction the frame of the caller is not linked yet: its return address is added here. */
static __always_inline __u64 return_address(struct pt_regs *context)
{
	__u64 address = 0;

#if defined(__TARGET_ARCH_x86)
	bpf_probe_read_user(&address, sizeof(address), (void *)context->sp);
#else
	address = context->regs[30];
#endif
	return address;
}

static __always_inline __u64 heap_stack(struct pt_regs *context)
{
	__u32 zero = 0;
	struct gs_profile_stack *stack = bpf_map_lookup_elem(&heap_scratch, &zero);
	__u64 hash = 0x9E3779B97F4A7C15ull;
	long bytes;

	if (!stack)
		return 0;
	bytes = bpf_get_stack(context, &stack->frames[1], sizeof(stack->frames) - sizeof(__u64), BPF_F_USER_STACK);
	if (bytes <= 0)
		return 0;
	stack->frames[0] = stack->frames[1];
	stack->frames[1] = return_address(context);
	stack->length = 1 + (__u64)bytes / sizeof(__u64);
	for (__u32 i = 0; i < GS_STACK_DEPTH; i++) {
		if (i >= stack->length)
			break;
		hash = (hash ^ stack->frames[i]) * 0x9E3779B97F4A7C15ull;
		hash ^= hash >> 32;
	}
	hash |= 1;
	bpf_map_update_elem(&heap_stacks, &hash, stack, BPF_NOEXIST);
	return hash;
}

static __always_inline void begin(struct pt_regs *context, __u64 size, __u64 result)
{
	struct heap_request request = {};
	__u32 tid = bpf_get_current_pid_tgid();

	if (!heap_has_current())
		return;
	heap_count(GS_HEAP_ALLOCATIONS, 1);
	heap_count(GS_HEAP_BYTES, size);
	if (size == 0 || (size < sample_bytes && bpf_get_prandom_u32() % sample_bytes >= size))
		return;
	heap_count(GS_HEAP_SAMPLED, 1);
	request.block.size = size;
	request.block.weight = size < sample_bytes ? sample_bytes : size;
	request.block.time_ns = bpf_ktime_get_ns();
	request.block.user_stack = heap_stack(context);
	request.result = result;
	bpf_map_update_elem(&heap_requests, &tid, &request, BPF_ANY);
}

static __always_inline void end(__u64 address)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct heap_request *request;
	struct gs_heap_block block;

	if (!heap_has_current())
		return;
	request = bpf_map_lookup_elem(&heap_requests, &tid);
	if (!request)
		return;
	if (request->result) {
		address = 0;
		bpf_probe_read_user(&address, sizeof(address), (void *)request->result);
	}
	block = request->block;
	bpf_map_delete_elem(&heap_requests, &tid);
	if (address && bpf_map_update_elem(&heap_live, &address, &block, BPF_ANY))
		heap_count(GS_HEAP_LOST, 1);
}

static __always_inline void forget(__u64 address)
{
	if (!address || !heap_has_current())
		return;
	heap_count(GS_HEAP_FREES, 1);
	bpf_map_delete_elem(&heap_live, &address);
}

#endif
