/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Arguments of the running system call at its exit, read from the saved user registers. This spares a
 * program at sys_enter and a map entry per thread: every architecture keeps the arguments until it returns.
 */
#ifndef GUMSHOE_SYSCALL_BPF_H
#define GUMSHOE_SYSCALL_BPF_H

#include "../kernel_types.h"

struct syscall_arguments {
	__u64 first, second, third, fourth;
};

static __always_inline void syscall_arguments_at_exit(struct task_struct *task, struct syscall_arguments *arguments)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_x86)
	arguments->first = registers->di;
	arguments->second = registers->si;
	arguments->third = registers->dx;
	arguments->fourth = registers->r10;
#elif defined(__TARGET_ARCH_arm64)
	arguments->first = registers->orig_x0; /* regs[0] holds the result */
	arguments->second = registers->regs[1];
	arguments->third = registers->regs[2];
	arguments->fourth = registers->regs[3];
#else
#error "unknown architecture"
#endif
}

#endif
