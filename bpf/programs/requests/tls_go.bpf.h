/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * crypto/tls of Go 1.17 and later: probes on methods of *tls.Conn, at their entries and at their return instructions.
 * Arguments and results are in registers (Go's internal ABI). A goroutine may change its thread within a call.
 */
#ifndef GUMSHOE_REQUESTS_TLS_GO_BPF_H
#define GUMSHOE_REQUESTS_TLS_GO_BPF_H

#include "tls_engine.bpf.h"

#if defined(__TARGET_ARCH_x86)
#define GO_ARGUMENT_1(registers) ((registers)->ax)
#define GO_ARGUMENT_2(registers) ((registers)->bx)
#define GO_ARGUMENT_3(registers) ((registers)->cx)
#define GO_RESULT(registers) ((registers)->ax)
#define GO_GOROUTINE(registers) ((registers)->r14)
#else
#define GO_ARGUMENT_1(registers) ((registers)->regs[0])
#define GO_ARGUMENT_2(registers) ((registers)->regs[1])
#define GO_ARGUMENT_3(registers) ((registers)->regs[2])
#define GO_RESULT(registers) ((registers)->regs[0])
#define GO_GOROUTINE(registers) ((registers)->regs[28])
#endif

/* Connections that wrap each other, down to the one of package net. */
#define GO_WRAPPERS 3
/* internal/poll.FD, first in net.netFD, and what comes behind it: the same in every release since 1.17. */
#define GO_SYSFD 16
#define GO_FAMILY 56
#define GO_SOCKET_TYPE 64
#define GO_MAX_FD (1 << 20)

static __always_inline __u64 go_word(__u64 address)
{
	__u64 word = 0;

	if (bpf_probe_read_user(&word, sizeof(word), (void *)address))
		return 0;
	return word;
}

/* Descriptor of a *net.TCPConn; -1 when the address leads to something else. */
static __always_inline __s32 go_descriptor(__u64 connection)
{
	__u64 descriptor = go_word(connection), family, fd;

	if (!descriptor)
		return -1;
	family = go_word(descriptor + GO_FAMILY);
	fd = go_word(descriptor + GO_SYSFD);
	if ((family != AF_INET && family != AF_INET6) || go_word(descriptor + GO_SOCKET_TYPE) != SOCK_STREAM ||
	    fd >= GO_MAX_FD)
		return -1;
	return fd;
}

/* tls.Conn, and most that wrap a connection, begin with it: an interface, its data in the second word. */
static __noinline __s32 go_descriptor_of(__u64 tls_connection)
{
	__u64 connection = tls_connection;

	for (int i = 0; i < GO_WRAPPERS; i++) {
		__s32 fd;

		connection = go_word(connection + 8);
		if (!connection)
			break;
		fd = go_descriptor(connection);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static __always_inline __u64 go_thread_id(struct pt_regs *registers, __u32 tgid)
{
	return mix(GO_GOROUTINE(registers), tgid);
}

static __always_inline void go_bind(const struct tls_session_key *key)
{
	struct tls_session *session = tls_session_of(key);
	struct gs_socket *ciphertext;
	struct sock *sk = 0;
	__s32 fd;

	if (!session)
		return;
	fd = go_descriptor_of(key->address);
	if (fd < 0)
		return;
	ciphertext = socket_of(bpf_get_current_task_btf(), fd, &sk);
	if (!ciphertext || !sk || (session->sk == (__u64)sk && tls_socket_of(session)))
		return;
	tls_bind(key, session, sk, ciphertext, true);
}

static __always_inline int go_enter(struct pt_regs *registers, bool is_write)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct tls_call call = { .is_write = is_write };

	if (!target_has_current())
		return 0;
	call.session.address = GO_ARGUMENT_1(registers);
	call.session.tgid = tgid;
	call.buffer = GO_ARGUMENT_2(registers);
	call.length = GO_ARGUMENT_3(registers);
	go_bind(&call.session);
	return tls_enter(go_thread_id(registers, tgid), &call);
}

/* (*Conn).clientHandshake, serverHandshake: nothing was carried yet. */
SEC("uprobe")
int tls_go_start(struct pt_regs *registers)
{
	struct tls_session_key key = {};

	if (!target_has_current())
		return 0;
	key.address = GO_ARGUMENT_1(registers);
	key.tgid = bpf_get_current_pid_tgid() >> 32;
	tls_start(&key);
	return 0;
}

SEC("uprobe")
int tls_go_write(struct pt_regs *registers)
{
	return go_enter(registers, true);
}

SEC("uprobe")
int tls_go_read(struct pt_regs *registers)
{
	return go_enter(registers, false);
}

/* At every return instruction of the two above. */
SEC("uprobe")
int tls_go_return(struct pt_regs *registers)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__s64 moved = GO_RESULT(registers);

	return tls_leave(go_thread_id(registers, tgid), moved > 0 ? moved : 0);
}

#endif
