/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * OpenSSL 1.1.1 and later, BoringSSL: probes on functions of the public interface, at their entries and at their
 * return instructions. No struct of the library is looked into. User space attaches them.
 */
#ifndef GUMSHOE_REQUESTS_TLS_OPENSSL_BPF_H
#define GUMSHOE_REQUESTS_TLS_OPENSSL_BPF_H

#include "tls_engine.bpf.h"

#if defined(__TARGET_ARCH_x86)
#define C_ARGUMENT_1(registers) ((registers)->di)
#define C_ARGUMENT_2(registers) ((registers)->si)
#define C_ARGUMENT_3(registers) ((registers)->dx)
#define C_ARGUMENT_4(registers) ((registers)->cx)
#define C_RESULT(registers) ((registers)->ax)
#else
#define C_ARGUMENT_1(registers) ((registers)->regs[0])
#define C_ARGUMENT_2(registers) ((registers)->regs[1])
#define C_ARGUMENT_3(registers) ((registers)->regs[2])
#define C_ARGUMENT_4(registers) ((registers)->regs[3])
#define C_RESULT(registers) ((registers)->regs[0])
#endif

static __always_inline int openssl_enter(struct pt_regs *registers, bool is_write, bool is_extended)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct tls_call call = { .is_write = is_write };

	if (!target_has_current())
		return 0;
	call.session.address = C_ARGUMENT_1(registers);
	call.session.tgid = pid_tgid >> 32;
	call.buffer = C_ARGUMENT_2(registers);
	call.length = is_extended ? C_ARGUMENT_3(registers) : (__u32)C_ARGUMENT_3(registers);
	call.length_pointer = is_extended ? C_ARGUMENT_4(registers) : 0;
	call.stack_pointer = registers->sp;
	return tls_enter((__u32)pid_tgid, &call);
}

/* SSL_set_connect_state, SSL_set_accept_state: every session goes through one of them before its handshake. */
SEC("uprobe")
int tls_openssl_start(struct pt_regs *registers)
{
	struct tls_session_key key = {};

	if (!target_has_current())
		return 0;
	key.address = C_ARGUMENT_1(registers);
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	tls_start(&key);
	return 0;
}

/* SSL_do_handshake: no plaintext, but with memory BIOs it is what looks at the records read before. */
SEC("uprobe")
int tls_openssl_handshake(struct pt_regs *registers)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct tls_session_key key = {};
	struct tls_session *session;
	struct tls_thread *thread;

	if (!target_has_current())
		return 0;
	key.address = C_ARGUMENT_1(registers);
	key.tgid = pid_tgid >> 32;
	thread = tls_thread_of((__u32)pid_tgid, false);
	session = bpf_map_lookup_elem(&tls_sessions, &key);
	if (thread && session)
		tls_bind_last_read(thread, &key, session);
	return 0;
}

SEC("uprobe")
int tls_openssl_write(struct pt_regs *registers)
{
	return openssl_enter(registers, true, false);
}

SEC("uprobe")
int tls_openssl_write_ex(struct pt_regs *registers)
{
	return openssl_enter(registers, true, true);
}

SEC("uprobe")
int tls_openssl_read(struct pt_regs *registers)
{
	return openssl_enter(registers, false, false);
}

SEC("uprobe")
int tls_openssl_read_ex(struct pt_regs *registers)
{
	return openssl_enter(registers, false, true);
}

/* At every return instruction of the four above. */
SEC("uprobe")
int tls_openssl_return(struct pt_regs *registers)
{
	__u64 thread_id = (__u32)bpf_get_current_pid_tgid(), length = 0;
	struct tls_thread *thread = tls_thread_of(thread_id, false);
	__s32 result = C_RESULT(registers);

	if (!thread)
		return 0;
	if (result <= 0)
		return tls_leave(thread_id, 0);
	if (!thread->call.length_pointer)
		return tls_leave(thread_id, result);
	if (bpf_probe_read_user(&length, sizeof(length), (void *)thread->call.length_pointer))
		length = 0;
	return tls_leave(thread_id, length);
}

#endif
