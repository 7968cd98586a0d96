// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Stacks that touch new memory: page faults of user space that write, each a page that the process did not have to
 * itself before. Cheaper than watching an allocator, and true for each of them; memory that is used again without
 * going back to the kernel does not show. A huge page counts as one page.
 *
 * At most FAULTS of a CPU are looked at per window; each stands for the others. Of those only a share where there are more
 * stacks than room: programs that live for a tenth of a second have each their own, at other addresses.
 */
#include "kernel_types.h"
#include "events.h"
#include "lib/target.bpf.h"
#include "lib/profile.bpf.h"
#include "lib/budget.bpf.h"
#include "lib/python_stack.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define FAULTS 50 /* looked at per window: 500 a second */
#define FAULT_WRITE 2 /* X86_PF_WRITE, arch/x86/include/asm/trap_pf.h */

const volatile __u64 page_size = 4096;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct budget);
} cpu_budget SEC(".maps");

SEC("tp_btf/page_fault_user")
int BPF_PROG(memory_fault, unsigned long address, struct pt_regs *registers, unsigned long error_code)
{
	struct gs_profile_key key = {};
	struct gs_profile_stack *scratch;
	struct budget *budget;
	__u32 zero = 0, set, scale, share;

	if (!(error_code & FAULT_WRITE) || !target_has_current())
		return 0;
	budget = bpf_map_lookup_elem(&cpu_budget, &zero);
	scratch = bpf_map_lookup_elem(&profile_scratch, &zero);
	if (!budget || !scratch)
		return 0;
	share = profile_share();
	scale = share ? spend(budget, bpf_ktime_get_ns(), FAULTS) : 0;
	if (scale == 0) {
		count(GS_PROFILE_SKIPPED);
		return 0;
	}
	set = profile_set();
	count(GS_PROFILE_SAMPLES);
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	key.cgroup_id = bpf_get_current_cgroup_id();
	key.user_stack = keep_call_stack(ctx, scratch, set, BPF_F_USER_STACK);
	key.python_stack = keep_python_stack(key.tgid, scratch, set);
	add_sample(&key, set, page_size * scale * share);
	return 0;
}
