/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * rustls: probes on the methods behind its plaintext reader and writer. The library touches no socket, and has an
 * object for each direction.
 */
#ifndef GUMSHOE_REQUESTS_TLS_RUSTLS_BPF_H
#define GUMSHOE_REQUESTS_TLS_RUSTLS_BPF_H

#include "tls_openssl.bpf.h"

#if defined(__TARGET_ARCH_x86)
#define RUST_RESULT_VALUE(registers) ((registers)->dx)
#else
#define RUST_RESULT_VALUE(registers) ((registers)->regs[1])
#endif

static __always_inline int rustls_enter(struct pt_regs *registers, __u64 address, bool is_write)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct tls_call call = { .is_write = is_write };

	call.session.address = address;
	call.session.tgid = pid_tgid >> 32;
	call.session.half = is_write ? TLS_WRITES : TLS_READS;
	call.buffer = C_ARGUMENT_2(registers);
	call.length = C_ARGUMENT_3(registers);
	call.stack_pointer = registers->sp;
	return tls_enter((__u32)pid_tgid, &call);
}

/* <ConnectionCommon as PlaintextSink>::write(&mut self, &[u8]) */
SEC("uprobe")
int tls_rustls_write(struct pt_regs *registers)
{
	return target_has_current() ? rustls_enter(registers, C_ARGUMENT_1(registers), true) : 0;
}

/* <Reader as Read>::read(&mut self, &mut [u8]): the reader is made for each call, what it reads from stays. */
SEC("uprobe")
int tls_rustls_read(struct pt_regs *registers)
{
	__u64 received = 0;

	if (!target_has_current() ||
	    bpf_probe_read_user(&received, sizeof(received), (void *)C_ARGUMENT_1(registers)))
		return 0;
	return rustls_enter(registers, received, false);
}

/* io::Result<usize>: which of both in the first register, the count in the second. */
SEC("uprobe")
int tls_rustls_return(struct pt_regs *registers)
{
	__u32 thread_id = (__u32)bpf_get_current_pid_tgid();

	return tls_leave(thread_id, (C_RESULT(registers) & 1) ? 0 : RUST_RESULT_VALUE(registers));
}

#endif
