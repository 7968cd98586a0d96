/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Stacks of Python functions, read from the interpreter's memory. User space says for each process where its
 * interpreter keeps what (python_processes).
 */
#ifndef GUMSHOE_PYTHON_STACK_BPF_H
#define GUMSHOE_PYTHON_STACK_BPF_H

#include "profile.bpf.h"

#define PYTHON_THREADS_MAX 64

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
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct gs_python_process);
} python_processes SEC(".maps");

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
	thread = python->runtime_current_thread == GS_PYTHON_NONE
			 ? 0
			 : read_user(python->runtime + python->runtime_current_thread);
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
	frame = read_user(thread + python->thread_cframe);
	if (python->cframe_frame != GS_PYTHON_NONE)
		frame = read_user(frame + python->cframe_frame);
	for (__u32 i = 0; i < GS_PYTHON_DEPTH; i++) {
		__u64 code;
		__u8 mark = 0;

		if (!frame)
			break;
		code = read_user(frame + python->frame_code);
		if (!code)
			break;
		bpf_probe_read_user(&mark, sizeof(mark), (void *)(frame + python->frame_mark));
		stack->frames[i] = (code & ~7ull) | (mark & python->mark_mask & 3) | (python->mark_style & 7);
		length = i + 1;
		frame = read_user(frame + python->frame_previous);
	}
	stack->length = length;
	return keep_stack(stack, set);
}

#endif
