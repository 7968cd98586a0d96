// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Stacks off CPU: where threads wait, and for how long. A thread's stack is taken when it leaves the CPU, the time
 * is added when it comes back, or at the end of the interval when it still waits. The time between its waking and
 * its running is kept apart (GS_WAIT_RUNQUEUE).
 *
 * Stacks cost tens of microseconds: a thread that switches often, and a CPU that many switch on, are looked at
 * by chance only, and what is looked at stands for the rest.
 */
#include "kernel_types.h"
#include "events.h"
#include "lib/target.bpf.h"
#include "lib/profile.bpf.h"
#include "lib/budget.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/python_stack.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define THREADS_MAX 32768
#define THREAD_SWITCHES 5 /* looked at per window: 50 a second, half as often as the CPU profile looks */
#define CPU_SWITCHES 100  /* looked at per window: 1000 a second */
#define TASK_RUNNING 0
#define TASK_DEAD 0x80

const volatile __u64 minimum_wait_ns = 50000;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct___waiting {
	unsigned int in_iowait : 1;
};
/* 5.14 renamed `state` (2f064a59a11f). */
struct task_struct___state {
	unsigned int __state;
};
struct task_struct___old_state {
	long int state;
};
#pragma clang attribute pop

struct waiting_thread {
	__u64 since_ns; /* 0: runs, or was not looked at */
	__u64 woken_ns; /* 0: not yet */
	struct gs_profile_key key;
	__u32 scale;
	__u32 set; /* that holds its stacks */
};

/* Least recently seen threads make room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, THREADS_MAX);
	__type(key, __u32);
	__type(value, struct waiting_thread);
} waiting_threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct budget);
} cpu_budget SEC(".maps");

/*
 * What is asked at every switch and waking on the machine, by the low bits of a thread's id. Few threads share a place;
 * those that do share a budget.
 */
struct place {
	struct budget budget;
	__u32 waiting; /* threads that wait and were looked at; one whose entry made room stays counted: then the map is asked */
	__u32 reserved;
};

#define PLACES 4096
static struct place places[PLACES];

static const struct waiting_thread new_thread = { .scale = 1 };

static __always_inline __u32 state_of(struct task_struct *task)
{
	struct task_struct___state *now = (void *)task;
	struct task_struct___old_state *old = (void *)task;

	if (bpf_core_field_exists(now->__state))
		return BPF_CORE_READ(now, __state);
	return BPF_CORE_READ(old, state);
}

/* Number of the system call that the current thread is in, + 1; 0 when it is in none (page fault, interrupt). */
static __always_inline __u32 current_syscall(void)
{
	__s64 number = syscall_number(bpf_get_current_task_btf());

	return number >= 0 && number < GS_WAIT_SYSCALL ? number + 1 : 0;
}

static __always_inline __u32 detail_of(struct task_struct *task, __u32 state)
{
	struct task_struct___waiting *waiting = (void *)task;

	if (state == TASK_RUNNING)
		return GS_WAIT_RUNQUEUE;
	return current_syscall() | (BPF_CORE_READ_BITFIELD_PROBED(waiting, in_iowait) ? GS_WAIT_IO : 0);
}

static __always_inline struct place *place_of(__u32 tid)
{
	return &places[tid & (PLACES - 1)];
}

static __always_inline void set_waiting(struct waiting_thread *thread, __u32 tid, __u64 since)
{
	if (!thread->since_ns != !since)
		__sync_fetch_and_add(&place_of(tid)->waiting, since ? 1 : -1);
	thread->since_ns = since;
}

/* Whoever runs waits for nothing: its entry may say so still when its waking was missed. */
static __noinline int forget_wait(__u32 tid)
{
	struct waiting_thread *thread = bpf_map_lookup_elem(&waiting_threads, &tid);

	if (thread)
		set_waiting(thread, tid, 0);
	return 0;
}

static __always_inline void leave(void *context, struct task_struct *task, bool preempted)
{
	__u32 tid = task->pid, zero = 0, state, own_scale, cpu_scale;
	struct place *place = place_of(tid);
	__u64 now = bpf_ktime_get_ns();
	struct gs_profile_stack *scratch;
	struct waiting_thread *thread;
	struct budget *budget;

	if (place->waiting)
		forget_wait(tid);
	/* First what turns most switches away. */
	own_scale = spend(&place->budget, now, THREAD_SWITCHES);
	if (own_scale == 0) {
		count(GS_PROFILE_SKIPPED);
		return;
	}
	state = preempted ? TASK_RUNNING : state_of(task);
	if (state & TASK_DEAD) {
		bpf_map_delete_elem(&waiting_threads, &tid);
		return;
	}
	thread = bpf_map_lookup_elem(&waiting_threads, &tid);
	if (!thread) {
		bpf_map_update_elem(&waiting_threads, &tid, &new_thread, BPF_NOEXIST);
		thread = bpf_map_lookup_elem(&waiting_threads, &tid);
	}
	if (!thread) {
		count(GS_PROFILE_SAMPLES_LOST);
		return;
	}
	budget = bpf_map_lookup_elem(&cpu_budget, &zero);
	scratch = bpf_map_lookup_elem(&profile_scratch, &zero);
	if (!budget || !scratch) {
		count(GS_PROFILE_SAMPLES_LOST);
		return;
	}
	cpu_scale = spend(budget, now, CPU_SWITCHES);
	if (cpu_scale == 0) {
		count(GS_PROFILE_SKIPPED);
		return;
	}
	count(GS_PROFILE_SAMPLES);
	thread->scale = own_scale * cpu_scale;
	thread->set = profile_set();
	thread->key.tgid = bpf_get_current_pid_tgid() >> 32;
	thread->key.cgroup_id = bpf_get_current_cgroup_id();
	thread->key.detail = detail_of(task, state);
	thread->key.kernel_stack = keep_call_stack(context, scratch, thread->set, 0);
	thread->key.user_stack = keep_call_stack(context, scratch, thread->set, BPF_F_USER_STACK);
	thread->key.python_stack = keep_python_stack(thread->key.tgid, scratch, thread->set);
	thread->woken_ns = state == TASK_RUNNING ? now : 0;
	set_waiting(thread, tid, now);
}

static __always_inline void add_wait(struct waiting_thread *thread, __u32 detail, __u64 duration_ns)
{
	struct gs_profile_key key;

	if (duration_ns == 0)
		return;
	if (duration_ns < minimum_wait_ns) {
		count_by(GS_PROFILE_SHORT, thread->scale);
		count_by(GS_PROFILE_SHORT_NS, duration_ns * thread->scale);
		return;
	}
	key = thread->key;
	key.detail = detail;
	add_sample(&key, thread->set, duration_ns * thread->scale);
}

/* Adds what the thread has waited until now. */
static __noinline int settle(struct waiting_thread *thread, __u64 now)
{
	__u64 since, woken;

	if (!thread)
		return 0;
	since = thread->since_ns;
	woken = thread->woken_ns;
	if (woken == 0 || woken > now)
		woken = now;
	if (woken < since)
		woken = since;
	add_wait(thread, thread->key.detail, woken - since);
	add_wait(thread, (thread->key.detail & GS_WAIT_SYSCALL) | GS_WAIT_RUNQUEUE, now - woken);
	return 0;
}

static __always_inline void enter(__u32 tid)
{
	struct waiting_thread *thread;
	__u64 now;

	if (!place_of(tid)->waiting)
		return;
	thread = bpf_map_lookup_elem(&waiting_threads, &tid);
	if (!thread || thread->since_ns == 0)
		return;
	now = bpf_ktime_get_ns();
	if (now > thread->since_ns)
		settle(thread, now);
	set_waiting(thread, tid, 0);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(offcpu_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	enter(next->pid);
	if (target_has_current())
		leave(ctx, prev, preempt);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(offcpu_wakeup, struct task_struct *task)
{
	struct waiting_thread *thread;
	__u32 tid = task->pid;

	if (!place_of(tid)->waiting)
		return 0;
	thread = bpf_map_lookup_elem(&waiting_threads, &tid);
	if (thread && thread->since_ns && thread->woken_ns == 0)
		thread->woken_ns = bpf_ktime_get_ns();
	return 0;
}

/* Stacks of a thread that still waits go along into the set in use. */
static __always_inline void carry(__u64 hash, __u32 from)
{
	struct gs_profile_stack *stack;

	if (hash == 0)
		return;
	stack = from ? bpf_map_lookup_elem(&profile_stacks_1, &hash) : bpf_map_lookup_elem(&profile_stacks_0, &hash);
	if (!stack)
		return;
	if (from)
		bpf_map_update_elem(&profile_stacks_0, &hash, stack, BPF_NOEXIST);
	else
		bpf_map_update_elem(&profile_stacks_1, &hash, stack, BPF_NOEXIST);
}

/* Over waiting_threads, after the sets have changed over: threads that still wait count up to now. */
SEC("iter/bpf_map_elem")
int offcpu_settle(struct bpf_iter__bpf_map_elem *context)
{
	struct waiting_thread *thread = context->value;
	struct waiting_thread until_now;
	__u64 now = bpf_ktime_get_ns();
	__u32 set = profile_set();

	if (!thread)
		return 0;
	until_now = *thread;
	if (until_now.since_ns == 0 || until_now.set == set || now <= until_now.since_ns)
		return 0;
	settle(&until_now, now);
	carry(until_now.key.kernel_stack, until_now.set);
	carry(until_now.key.user_stack, until_now.set);
	carry(until_now.key.python_stack, until_now.set);
	thread->set = set;
	thread->since_ns = now;
	return 0;
}
