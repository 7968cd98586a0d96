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

/*
 * Older compilers (1.63 does) return io::Result<usize> in memory, whose address is then the first argument and moves the
 * others on; newer ones in two registers. A third argument beyond 4 GiB is the buffer and no length.
 */
struct rustls_arguments {
	__u64 self, buffer, length;
	__u64 result; /* where it will be; 0: in registers */
};

static __always_inline struct rustls_arguments rustls_arguments_of(struct pt_regs *registers)
{
	struct rustls_arguments arguments = {
		.self = C_ARGUMENT_1(registers),
		.buffer = C_ARGUMENT_2(registers),
		.length = C_ARGUMENT_3(registers),
	};

#if defined(__TARGET_ARCH_x86)
	if (arguments.length >> 32) {
		arguments.result = arguments.self;
		arguments.self = arguments.buffer;
		arguments.buffer = arguments.length;
		arguments.length = C_ARGUMENT_4(registers);
	}
#endif
	return arguments;
}

static __always_inline int rustls_enter(struct pt_regs *registers, const struct rustls_arguments *arguments,
					__u64 address, bool is_write)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct tls_call call = { .is_write = is_write };

	call.session.address = address;
	call.session.tgid = pid_tgid >> 32;
	call.session.half = is_write ? TLS_WRITES : TLS_READS;
	call.buffer = arguments->buffer;
	call.length = arguments->length;
	call.length_pointer = arguments->result;
	call.stack_pointer = registers->sp;
	return tls_enter((__u32)pid_tgid, &call);
}

/* <ConnectionCommon as PlaintextSink>::write(&mut self, &[u8]) */
SEC("uprobe")
int tls_rustls_write(struct pt_regs *registers)
{
	struct rustls_arguments arguments = rustls_arguments_of(registers);

	return target_has_current() ? rustls_enter(registers, &arguments, arguments.self, true) : 0;
}

/* <Reader as Read>::read(&mut self, &mut [u8]): the reader is made for each call, what it reads from stays. */
SEC("uprobe")
int tls_rustls_read(struct pt_regs *registers)
{
	struct rustls_arguments arguments = rustls_arguments_of(registers);
	__u64 received = 0;

	if (!target_has_current() || bpf_probe_read_user(&received, sizeof(received), (void *)arguments.self))
		return 0;
	return rustls_enter(registers, &arguments, received, false);
}

/* io::Result<usize>: which of both comes first, then the count. */
SEC("uprobe")
int tls_rustls_return(struct pt_regs *registers)
{
	__u64 result[2] = { C_RESULT(registers), RUST_RESULT_VALUE(registers) };
	__u32 thread_id = (__u32)bpf_get_current_pid_tgid();
	struct tls_thread *thread = tls_thread_of(thread_id, false);

	if (thread && thread->call.length_pointer &&
	    bpf_probe_read_user(result, sizeof(result), (void *)thread->call.length_pointer))
		return 0;
	return tls_leave(thread_id, (result[0] & 1) ? 0 : result[1]);
}

#endif
