// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Time that threads of CPython wait for the global interpreter lock. CPython keeps the lock's condition variable
 * inside its global _PyRuntime (3.7 and later) and waits on it with a timeout of a few ms, again and again, so a
 * timed wait on a futex in that range is a wait for the lock and for nothing else. No uprobe: the program waits
 * anyway while this runs.
 *
 * The map that user space fills is the target filter: a process that is not in it is not looked at.
 * Both maps hold plain integers, so that there is no struct to agree on.
 */
#include "kernel_types.h"

char LICENSE[] SEC("license") = "GPL";

#define PROCESSES_MAX 4096
#define FUTEX_COMMAND 127
#define FUTEX_WAIT_COMMAND 0
#define FUTEX_WAIT_BITSET_COMMAND 9

/* tgid -> start and end of _PyRuntime */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u64[2]);
} python_runtimes SEC(".maps");

/* tgid -> ns waited, over all threads; user space makes the entry */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, __u32);
	__type(value, __u64);
} python_waited SEC(".maps");

/* tid -> when its wait began */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u64);
} python_waits SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_futex")
int python_wait_begins(struct trace_event_raw_sys_enter *context)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32, tid = id, command = context->args[1] & FUTEX_COMMAND;
	__u64 address = context->args[0], now;
	__u64 *runtime = bpf_map_lookup_elem(&python_runtimes, &tgid);

	if (!runtime || address < runtime[0] || address >= runtime[1])
		return 0;
	if (command != FUTEX_WAIT_BITSET_COMMAND && command != FUTEX_WAIT_COMMAND)
		return 0;
	if (context->args[3] == 0) /* without a timeout: a mutex, or a forced switch */
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&python_waits, &tid, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_futex")
int python_wait_ends(void *context)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tgid = id >> 32, tid = id;
	__u64 *waited, *began;

	if (!bpf_map_lookup_elem(&python_runtimes, &tgid))
		return 0;
	began = bpf_map_lookup_elem(&python_waits, &tid);
	if (!began)
		return 0;
	waited = bpf_map_lookup_elem(&python_waited, &tgid);
	if (waited)
		__sync_fetch_and_add(waited, bpf_ktime_get_ns() - *began);
	bpf_map_delete_elem(&python_waits, &tid);
	return 0;
}
