/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Target filter: which processes a program may look at. Every program asks target_has_current() before it
 * does anything else. Each object carries its own copy of these maps, so that an object can be refused
 * alone; user space writes the same roots into each of them.
 *
 * User space sets before load (.rodata): target_mode, collector_tgid.
 * It fills before attach: target_cgroups (cgroup v2 ids), target_pids (tgids, descendants included),
 * target_netns (inode numbers of network namespaces); the values are ignored (write 1).
 */
#ifndef GUMSHOE_TARGET_BPF_H
#define GUMSHOE_TARGET_BPF_H

#include "../kernel_types.h"
#include "../events.h"

/* Deepest cgroup level that is compared with the roots. */
#define TARGET_CGROUP_DEPTH 12

const volatile __u32 target_mode = GS_TARGET_ALL;
const volatile __u32 collector_tgid = 0; /* never looked at, in any mode */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} target_cgroups SEC(".maps");

/*
 * Cgroup ids are never reused while the machine is up, so a verdict is remembered for good: id << 1 | verdict, at the
 * place that the id's low bits tell. A table in place of a map: it is asked at each system call of every process.
 */
#define TARGET_VERDICTS 4096
static __u64 target_cgroup_verdicts[TARGET_VERDICTS];

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u8);
} target_pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} target_netns SEC(".maps");

static __noinline bool target_judge_cgroup(__u64 cgroup_id)
{
	__u64 verdict = 0;

	for (int level = 0; level <= TARGET_CGROUP_DEPTH; level++) {
		__u64 ancestor = bpf_get_current_ancestor_cgroup_id(level);

		if (ancestor == 0)
			break;
		if (bpf_map_lookup_elem(&target_cgroups, &ancestor)) {
			verdict = 1;
			break;
		}
	}
	if (bpf_map_lookup_elem(&target_cgroups, &cgroup_id))
		verdict = 1;
	target_cgroup_verdicts[cgroup_id & (TARGET_VERDICTS - 1)] = cgroup_id << 1 | verdict;
	return verdict;
}

static __always_inline bool target_has_cgroup(void)
{
	__u64 cgroup_id = bpf_get_current_cgroup_id();
	__u64 known = target_cgroup_verdicts[cgroup_id & (TARGET_VERDICTS - 1)];

	return known >> 1 == cgroup_id ? known & 1 : target_judge_cgroup(cgroup_id);
}

/* Is this network namespace watched? For sockets seen outside of their owner's context. */
static __always_inline bool target_has_netns(__u32 netns)
{
	return bpf_map_lookup_elem(&target_netns, &netns) != 0;
}

/* May the current process be looked at? Not meaningful in interrupts. */
static __always_inline bool target_has_current(void)
{
	__u32 tgid;

	/* First what turns most processes away. */
	if (target_mode == GS_TARGET_CGROUP && !target_has_cgroup())
		return false;
	tgid = bpf_get_current_pid_tgid() >> 32;
	if (tgid == 0 || tgid == collector_tgid)
		return false;
	if (target_mode == GS_TARGET_PID)
		return bpf_map_lookup_elem(&target_pids, &tgid) != 0;
	if (target_mode == GS_TARGET_NETNS) {
		struct task_struct *task = (void *)bpf_get_current_task();

		return target_has_netns(BPF_CORE_READ(task, nsproxy, net_ns, ns.inum));
	}
	return true;
}

static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/* Is a cgroup one of the roots, or below one? Slow. */
static __always_inline bool target_has_cgroup_of(struct cgroup *cgroup)
{
	struct cgroup_subsys_state *css = (void *)cgroup; /* self is the first member of struct cgroup */

	for (int level = 0; css && level <= TARGET_CGROUP_DEPTH; level++) {
		__u64 cgroup_id = BPF_CORE_READ(css, cgroup, kn, id);

		if (bpf_map_lookup_elem(&target_cgroups, &cgroup_id))
			return true;
		css = BPF_CORE_READ(css, parent);
	}
	return false;
}

/* May this process be looked at? For iterators, where current is the collector. Slow. */
static __noinline __attribute__((unused)) bool target_has_task(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (tgid == 0 || tgid == collector_tgid)
		return false;
	if (target_mode == GS_TARGET_PID)
		return bpf_map_lookup_elem(&target_pids, &tgid) != 0;
	if (target_mode == GS_TARGET_NETNS)
		return target_has_netns(BPF_CORE_READ(task, nsproxy, net_ns, ns.inum));
	if (target_mode != GS_TARGET_CGROUP)
		return true;
	return target_has_cgroup_of(BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

/*
 * Children of watched processes are watched. The two programs keep target_pids current; user space need
 * not attach them in the other modes.
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(target_inherit, struct task_struct *parent, struct task_struct *child)
{
	__u32 parent_tgid, child_tgid;
	__u8 one = 1;

	if (target_mode != GS_TARGET_PID)
		return 0;
	parent_tgid = parent->tgid;
	child_tgid = child->tgid;
	if (parent_tgid != child_tgid && bpf_map_lookup_elem(&target_pids, &parent_tgid))
		bpf_map_update_elem(&target_pids, &child_tgid, &one, BPF_ANY);
	return 0;
}

/* Not at exit: other programs at sched_process_exit still ask about the process. */
SEC("tp_btf/sched_process_free")
int BPF_PROG(target_forget, struct task_struct *task)
{
	__u32 tgid;

	if (target_mode != GS_TARGET_PID || task->pid != task->tgid)
		return 0;
	tgid = task->tgid;
	bpf_map_delete_elem(&target_pids, &tgid);
	return 0;
}

#endif
