// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Stacks on CPU: a perf event on each CPU samples whoever runs. Samples are counted per process and stack, so
 * that user space reads what is distinct, once per interval.
 *
 * Two sets of maps take turns (profile_control[0] & 1 names the one in use): user space changes over, then reads
 * and empties the other in peace.
 */
#include "kernel_types.h"
#include "events.h"
#include "lib/target.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define SAMPLES_MAX 8192
#define STACKS_MAX 4096
#define PYTHON_THREADS_MAX 64
#define HASH_SEED 0x9E3779B97F4A7C15ull

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct thread_struct___x86 {
	long unsigned int fsbase;
};
struct thread_words___arm64 {
	long unsigned int tp_value;
};
struct thread_struct___arm64 {
	struct thread_words___arm64 uw;
};
struct task_struct___x86 {
	struct thread_struct___x86 thread;
};
struct task_struct___arm64 {
	struct thread_struct___arm64 thread;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
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
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct gs_python_process);
} python_processes SEC(".maps");

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

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&profile_counters, &counter);

	if (value)
		*value += 1;
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

/* What pthread_self() returns: CPython notes it in its thread state. */
static __always_inline __u64 thread_pointer(void)
{
#if defined(__TARGET_ARCH_x86)
	struct task_struct___x86 *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread.fsbase);
#else
	struct task_struct___arm64 *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread.uw.tp_value);
#endif
}

static __always_inline __u64 read_user(__u64 address)
{
	__u64 value = 0;

	bpf_probe_read_user(&value, sizeof(value), (void *)address);
	return value;
}

/* The thread state of the thread on CPU: usually the one that holds the interpreter's lock. 0 when it has none. */
static __noinline __u64 python_thread(struct gs_python_process *python)
{
	__u64 self = thread_pointer(), thread;

	if (!python)
		return 0;
	thread = read_user(python->runtime + python->runtime_current_thread);
	if (thread && read_user(thread + python->thread_id) == self)
		return thread;
	thread = read_user(read_user(python->runtime + python->runtime_interpreter) + python->interpreter_thread);
	for (int i = 0; i < PYTHON_THREADS_MAX && thread; i++) {
		if (read_user(thread + python->thread_id) == self)
			return thread;
		thread = read_user(thread + python->thread_next);
	}
	return 0;
}

static __always_inline __u64 keep_python_stack(__u32 tgid, struct gs_profile_stack *stack, __u32 set)
{
	struct gs_python_process *python = bpf_map_lookup_elem(&python_processes, &tgid);
	__u64 thread, frame;
	__u32 length = 0;

	if (!python)
		return 0;
	thread = python_thread(python);
	if (!thread)
		return 0;
	frame = read_user(read_user(thread + python->thread_cframe) + python->cframe_frame);
	for (__u32 i = 0; i < GS_PYTHON_DEPTH; i++) {
		__u64 code;
		__u8 is_entry = 0;

		if (!frame)
			break;
		code = read_user(frame + python->frame_code);
		if (!code)
			break;
		bpf_probe_read_user(&is_entry, sizeof(is_entry), (void *)(frame + python->frame_is_entry));
		stack->frames[i] = (code & ~7ull) | (is_entry ? 1 : 0);
		length = i + 1;
		frame = read_user(frame + python->frame_previous);
	}
	stack->length = length;
	return keep_stack(stack, set);
}

static __always_inline void add_sample(struct gs_profile_key *key, __u32 set)
{
	__u64 one = 1;
	__u64 *found = set ? bpf_map_lookup_elem(&profile_samples_1, key) : bpf_map_lookup_elem(&profile_samples_0, key);
	long error;

	if (!found) {
		error = set ? bpf_map_update_elem(&profile_samples_1, key, &one, BPF_NOEXIST)
			    : bpf_map_update_elem(&profile_samples_0, key, &one, BPF_NOEXIST);
		if (!error)
			return;
		/* another CPU came first, or there is no room */
		found = set ? bpf_map_lookup_elem(&profile_samples_1, key) : bpf_map_lookup_elem(&profile_samples_0, key);
	}
	if (found)
		__sync_fetch_and_add(found, 1);
	else
		count(GS_PROFILE_SAMPLES_LOST);
}

SEC("perf_event")
int cpu_sample(void *context)
{
	struct gs_profile_key key = {};
	struct gs_profile_stack *scratch;
	__u32 zero = 0, *control, set;

	if (!target_has_current())
		return 0;
	control = bpf_map_lookup_elem(&profile_control, &zero);
	scratch = bpf_map_lookup_elem(&profile_scratch, &zero);
	if (!control || !scratch)
		return 0;
	set = *control & 1;
	count(GS_PROFILE_SAMPLES);
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.cgroup_id = bpf_get_current_cgroup_id();
	key.kernel_stack = keep_call_stack(context, scratch, set, 0);
	key.user_stack = keep_call_stack(context, scratch, set, BPF_F_USER_STACK);
	key.python_stack = keep_python_stack(key.tgid, scratch, set);
	add_sample(&key, set);
	return 0;
}
