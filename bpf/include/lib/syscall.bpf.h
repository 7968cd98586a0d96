/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The running system call: its number, and its arguments at its end, read from the saved user registers. This spares a
 * program at sys_enter and a map entry per thread: every architecture keeps the arguments until it returns.
 *
 * Numbers of 64-bit processes, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. In the
 * tables of 32-bit processes none of these is a call on sockets.
 */
#ifndef GUMSHOE_SYSCALL_BPF_H
#define GUMSHOE_SYSCALL_BPF_H

#include "../kernel_types.h"

#if defined(__TARGET_ARCH_x86)
#define SYSCALL_READ 0
#define SYSCALL_WRITE 1
#define SYSCALL_READV 19
#define SYSCALL_WRITEV 20
#define SYSCALL_SENDTO 44
#define SYSCALL_RECVFROM 45
#define SYSCALL_SENDMSG 46
#define SYSCALL_RECVMSG 47
#define SYSCALL_SENDMMSG 307
#elif defined(__TARGET_ARCH_arm64)
#define SYSCALL_READ 63
#define SYSCALL_WRITE 64
#define SYSCALL_READV 65
#define SYSCALL_WRITEV 66
#define SYSCALL_SENDTO 206
#define SYSCALL_RECVFROM 207
#define SYSCALL_SENDMSG 211
#define SYSCALL_RECVMSG 212
#define SYSCALL_SENDMMSG 269
#endif

static __always_inline __s64 syscall_number(struct task_struct *task)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_x86)
	return registers->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	return registers->syscallno;
#endif
}

/* A call whose reads are seen as well: of io_uring, splice and sendfile they are not. */
static __always_inline bool syscall_sends(struct task_struct *task)
{
	switch (syscall_number(task)) {
	case SYSCALL_WRITE:
	case SYSCALL_WRITEV:
	case SYSCALL_SENDTO:
	case SYSCALL_SENDMSG:
	case SYSCALL_SENDMMSG:
		return true;
	default:
		return false;
	}
}

struct syscall_arguments {
	__u64 first, second, third, fourth, fifth;
};

static __always_inline void syscall_arguments_at_exit(struct task_struct *task, struct syscall_arguments *arguments)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(task);

#if defined(__TARGET_ARCH_x86)
	arguments->first = registers->di;
	arguments->second = registers->si;
	arguments->third = registers->dx;
	arguments->fourth = registers->r10;
	arguments->fifth = registers->r8;
#elif defined(__TARGET_ARCH_arm64)
	arguments->first = registers->orig_x0; /* regs[0] holds the result */
	arguments->second = registers->regs[1];
	arguments->third = registers->regs[2];
	arguments->fourth = registers->regs[3];
	arguments->fifth = registers->regs[4];
#else
#error "unknown architecture"
#endif
}

#endif
