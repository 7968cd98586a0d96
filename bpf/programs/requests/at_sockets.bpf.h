/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Requests seen where the kernel's sockets move bytes: tcp_sendmsg_locked (Linux 6.16) before they are copied,
 * sock_recv_length (6.3) behind a read. They run for calls on sockets alone and get the socket, so that nothing is put
 * before the other system calls of every process, and no descriptor is looked up. Included by requests.bpf.c.
 */
#ifndef GUMSHOE_REQUESTS_AT_SOCKETS_BPF_H
#define GUMSHOE_REQUESTS_AT_SOCKETS_BPF_H

#include "calls.bpf.h"

/* As socket_is_tcp(), by plain loads: the kernel hands the socket over. */
static __always_inline bool is_tcp(const struct sock *sk)
{
	return sk->sk_protocol == IPPROTO_TCP && is_ip(sk->__sk_common.skc_family);
}

/* The socket's entry. sk: as the tracepoint gave it, with which the verifier lets no one calculate. */
static __always_inline struct gs_socket *entry_of(const struct sock *sk, struct transfer *transfer)
{
	__u64 file_private = 0;

	bpf_probe_read_kernel(&transfer->sk, sizeof(transfer->sk), &sk);
	bpf_probe_read_kernel(&file_private, sizeof(file_private), &sk->sk_socket);
	return socket_of_connection(transfer->sk, file_private);
}

/*
 * Runs for each part of a call that finds room in a segment; what the call had is seen at its first, where nothing is
 * copied yet. A vector that filled the first with whole segments of its own looks so again: its rest is seen twice.
 */
SEC("tp_btf/tcp_sendmsg_locked")
int BPF_PROG(request_send, const struct sock *sk, const struct msghdr *header)
{
	struct transfer transfer = { .is_write = true };
	struct call call = { .limit = ~0u };
	struct tcp_sock *tcp;
	__u8 type;

	if (!target_has_current() || !syscall_sends(bpf_get_current_task_btf()))
		return 0;
	type = header->msg_iter.iter_type;
	if (header->msg_iter.iov_offset || (type != ITER_UBUF && type != ITER_IOVEC))
		return 0;
	call.is_vector = type == ITER_IOVEC;
	call.vector_in_kernel = true;
	bpf_probe_read_kernel(&call.where, sizeof(call.where), &header->msg_iter.ubuf);
	call.size = call.is_vector ? header->msg_iter.nr_segs : header->msg_iter.count;
	tcp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tcp)
		return 0;
	transfer.position = tcp->write_seq;
	return on_call(entry_of(sk, &transfer), &transfer, &call);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(request_receive, const struct sock *sk, int moved, int flags)
{
	struct syscall_arguments arguments;
	struct transfer transfer = {};
	struct task_struct *task;
	struct call call = {};
	struct tcp_sock *tcp;

	if (moved <= 0 || flags & MSG_PEEK || !is_tcp(sk) || !target_has_current())
		return 0;
	task = bpf_get_current_task_btf();
	syscall_arguments_at_exit(task, &arguments);
	call.limit = moved;
	call.where = arguments.second;
	call.size = arguments.third;
	switch (syscall_number(task)) {
	case SYSCALL_READ:
	case SYSCALL_RECVFROM:
		break;
	case SYSCALL_READV:
		call.is_vector = true;
		break;
	case SYSCALL_RECVMSG:
		if (!call_from_header(&call, arguments.second))
			return 0;
		break;
	default:
		return 0;
	}
	tcp = bpf_skc_to_tcp_sock((void *)sk);
	if (!tcp)
		return 0;
	transfer.position = behind_read(tcp->copied_seq, tcp->rcv_nxt, sk->sk_shutdown);
	return on_call(entry_of(sk, &transfer), &transfer, &call);
}

#endif
