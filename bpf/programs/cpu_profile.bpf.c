// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Stacks on CPU: a perf event on each CPU samples whoever runs.
 */
#include "kernel_types.h"
#include "events.h"
#include "lib/target.bpf.h"
#include "lib/profile.bpf.h"
#include "lib/python_stack.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

SEC("perf_event")
int cpu_sample(void *context)
{
	struct gs_profile_key key = {};
	struct gs_profile_stack *scratch;
	__u32 zero = 0, set;

	if (!target_has_current())
		return 0;
	scratch = bpf_map_lookup_elem(&profile_scratch, &zero);
	if (!scratch)
		return 0;
	set = profile_set();
	count(GS_PROFILE_SAMPLES);
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.cgroup_id = bpf_get_current_cgroup_id();
	key.kernel_stack = keep_call_stack(context, scratch, set, 0);
	key.user_stack = keep_call_stack(context, scratch, set, BPF_F_USER_STACK);
	key.python_stack = keep_python_stack(key.tgid, scratch, set);
	add_sample(&key, set, 1);
	return 0;
}
