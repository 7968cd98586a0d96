// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/* Processes: start, exec, exit, and death by the kernel's out-of-memory killer; the cgroups that are made for them. */
#include "lib/event.bpf.h"
#include "lib/target.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

/* Threads and processes chosen by the OOM killer that have not exited yet. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u8);
} oom_victims SEC(".maps");

/*
 * Paths of the cgroups made last: a container may be gone, and its cgroup removed, before anybody reads of it. Asked by the
 * id that records carry, so that it does not matter which ring buffer is read first.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct gs_cgroup_path);
} cgroup_paths SEC(".maps");

static __always_inline void emit(__u32 type, struct task_struct *task, __s32 exit_code)
{
	struct gs_process_event *event = event_reserve(sizeof(*event));

	if (!event)
		return;
	event_header(&event->header, type, sizeof(*event), task->tgid, task->pid, task_cgroup_id(task));
	event->parent_tgid = task->real_parent->tgid;
	event->exit_code = exit_code;
	bpf_probe_read_kernel(event->comm, sizeof(event->comm), task->comm);
	bpf_ringbuf_submit(event, 0);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_start, struct task_struct *parent, struct task_struct *child)
{
	if (child->pid == child->tgid && target_has_current())
		emit(GS_EVENT_PROCESS_START, child, 0);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task)
{
	if (target_has_current())
		emit(GS_EVENT_PROCESS_EXEC, task, 0);
	return 0;
}

/* The victim is named by thread, in the context of whoever asked for memory: reported when it exits. */
SEC("tracepoint/oom/mark_victim")
int oom_mark_victim(struct trace_event_raw_mark_victim *context)
{
	__u32 pid = BPF_CORE_READ(context, pid);
	__u8 one = 1;

	bpf_map_update_elem(&oom_victims, &pid, &one, BPF_ANY);
	return 0;
}

static __always_inline bool take_oom_victim(__u32 pid)
{
	return bpf_map_delete_elem(&oom_victims, &pid) == 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	__u32 pid = task->pid, tgid = task->tgid;
	__s32 code = task->signal->group_exit_code;
	__u8 one = 1;

	if (task->signal->live.counter != 0) {
		if (pid != tgid && take_oom_victim(pid))
			bpf_map_update_elem(&oom_victims, &tgid, &one, BPF_ANY);
		return 0;
	}
	if (!target_has_current())
		return 0;
	if (!code)
		code = task->exit_code;
	if (take_oom_victim(tgid) || take_oom_victim(pid))
		emit(GS_EVENT_OOM_KILL, task, code);
	emit(GS_EVENT_PROCESS_EXIT, task, code);
	return 0;
}

/* Only cgroup v2, whose hierarchy is the first one: v1's have ids of their own. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	struct gs_cgroup_path value = {};
	__u64 id;
	long length;

	if (BPF_CORE_READ(cgroup, root, hierarchy_id) != 0)
		return 0;
	if (target_mode == GS_TARGET_CGROUP ? !target_has_cgroup_of(cgroup) : !target_has_current())
		return 0;
	length = bpf_probe_read_kernel_str(value.path, sizeof(value.path), path);
	if (length <= 0 || length == sizeof(value.path))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	bpf_map_update_elem(&cgroup_paths, &id, &value, BPF_ANY);
	return 0;
}
