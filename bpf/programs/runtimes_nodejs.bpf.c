// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Time that the event loop of Node.js runs code: from the return of epoll_wait on the loop's descriptor to the
 * next call, on the main thread. Loops within it (execSync runs one of its own) have other descriptors and count
 * as code of the main loop, which they hold up. No uprobe.
 *
 * The map that user space fills is the target filter: a process that is not in it is not looked at.
 * Both maps hold plain integers, so that there is no struct to agree on.
 */
#include "kernel_types.h"
#include "lib/syscall.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define PROCESSES_MAX 4096

#define UNKNOWN 0xFFFFFFFF

/* tgid -> descriptor of the loop's epoll instance; user space makes the entry, UNKNOWN until the first wait */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} nodejs_loops SEC(".maps");

/* tgid -> ns of code so far, and since when code runs now (0: the loop waits); user space makes the entry */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u64[2]);
} nodejs_busy SEC(".maps");

static __always_inline __u64 *loop_of_current(__u32 descriptor)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32, *loop;

	if (tgid != (__u32)id)
		return 0;
	loop = bpf_map_lookup_elem(&nodejs_loops, &tgid);
	if (!loop)
		return 0;
	if (*loop == UNKNOWN)
		*loop = descriptor;
	return *loop == descriptor ? bpf_map_lookup_elem(&nodejs_busy, &tgid) : 0;
}

static __always_inline void loop_waits(__u32 descriptor)
{
	__u64 *busy = loop_of_current(descriptor);

	if (!busy || busy[1] == 0)
		return;
	busy[0] += bpf_ktime_get_ns() - busy[1];
	busy[1] = 0;
}

static __always_inline void loop_runs(void)
{
	struct syscall_arguments arguments = {};
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32;
	__u64 *busy;

	if (!bpf_map_lookup_elem(&nodejs_loops, &tgid))
		return;
	syscall_arguments_at_exit(bpf_get_current_task_btf(), &arguments);
	busy = loop_of_current(arguments.first);
	if (busy)
		busy[1] = bpf_ktime_get_ns();
}

SEC("tracepoint/syscalls/sys_enter_epoll_wait")
int nodejs_waits(struct trace_event_raw_sys_enter *context)
{
	loop_waits(context->args[0]);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_epoll_wait")
int nodejs_runs(void *context)
{
	loop_runs();
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_epoll_pwait")
int nodejs_waits_masked(struct trace_event_raw_sys_enter *context)
{
	loop_waits(context->args[0]);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_epoll_pwait")
int nodejs_runs_masked(void *context)
{
	loop_runs();
	return 0;
}
