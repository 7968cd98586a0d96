/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Requests seen at the tracepoints of single system calls, for kernels without those of at_sockets.bpf.h. Included by
 * requests.bpf.c.
 */
#ifndef GUMSHOE_REQUESTS_AT_SYSCALLS_BPF_H
#define GUMSHOE_REQUESTS_AT_SYSCALLS_BPF_H

#include "calls.bpf.h"

enum shape { SHAPE_BUFFER, SHAPE_VECTOR, SHAPE_HEADER };

static __always_inline bool describe(struct call *call, enum shape shape, __u64 where, __u64 size)
{
	if (shape == SHAPE_HEADER)
		return call_from_header(call, where);
	call->where = where;
	call->size = size;
	call->is_vector = shape == SHAPE_VECTOR;
	return true;
}

static __always_inline int on_write(struct trace_event_raw_sys_enter *context, enum shape shape)
{
	struct transfer transfer = { .is_write = true };
	struct call call = { .limit = ~0u };
	struct gs_socket *socket;

	if (!target_has_current())
		return 0;
	socket = socket_of(bpf_get_current_task_btf(), context->args[0], &transfer.sk);
	if (!socket || !describe(&call, shape, context->args[1], context->args[2]))
		return 0;
	transfer.position = BPF_CORE_READ((struct tcp_sock *)transfer.sk, write_seq);
	return on_call(socket, &transfer, &call);
}

enum flags_place { FLAGS_NONE, FLAGS_THIRD, FLAGS_FOURTH };

/* A look at bytes that stay in the socket. */
static __always_inline bool peeks(const struct syscall_arguments *arguments, enum flags_place flags)
{
	return (flags == FLAGS_THIRD && arguments->third & MSG_PEEK) ||
	       (flags == FLAGS_FOURTH && arguments->fourth & MSG_PEEK);
}

static __always_inline int on_read(struct trace_event_raw_sys_exit *context, enum shape shape, enum flags_place flags)
{
	struct call call = { .limit = context->ret };
	struct syscall_arguments arguments;
	struct transfer transfer = {};
	struct task_struct *task;
	struct gs_socket *socket;
	struct tcp_sock *tcp;

	if (context->ret <= 0 || !target_has_current())
		return 0;
	task = bpf_get_current_task_btf();
	syscall_arguments_at_exit(task, &arguments);
	if (peeks(&arguments, flags))
		return 0;
	socket = socket_of(task, arguments.first, &transfer.sk);
	if (!socket || !describe(&call, shape, arguments.second, arguments.third))
		return 0;
	tcp = (void *)transfer.sk;
	transfer.position = behind_read(BPF_CORE_READ(tcp, copied_seq), BPF_CORE_READ(tcp, rcv_nxt),
					BPF_CORE_READ(transfer.sk, sk_shutdown));
	return on_call(socket, &transfer, &call);
}

SEC("tracepoint/syscalls/sys_enter_write")
int request_write(struct trace_event_raw_sys_enter *context)
{
	return on_write(context, SHAPE_BUFFER);
}

SEC("tracepoint/syscalls/sys_enter_sendto")
int request_sendto(struct trace_event_raw_sys_enter *context)
{
	return on_write(context, SHAPE_BUFFER);
}

SEC("tracepoint/syscalls/sys_enter_writev")
int request_writev(struct trace_event_raw_sys_enter *context)
{
	return on_write(context, SHAPE_VECTOR);
}

SEC("tracepoint/syscalls/sys_enter_sendmsg")
int request_sendmsg(struct trace_event_raw_sys_enter *context)
{
	return on_write(context, SHAPE_HEADER);
}

/* Only the first message: nobody sends several over TCP this way. */
SEC("tracepoint/syscalls/sys_enter_sendmmsg")
int request_sendmmsg(struct trace_event_raw_sys_enter *context)
{
	return on_write(context, SHAPE_HEADER);
}

SEC("tracepoint/syscalls/sys_exit_read")
int request_read(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_BUFFER, FLAGS_NONE);
}

SEC("tracepoint/syscalls/sys_exit_recvfrom")
int request_recvfrom(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_BUFFER, FLAGS_FOURTH);
}

SEC("tracepoint/syscalls/sys_exit_readv")
int request_readv(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_VECTOR, FLAGS_NONE);
}

SEC("tracepoint/syscalls/sys_exit_recvmsg")
int request_recvmsg(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_HEADER, FLAGS_THIRD);
}

#endif
