/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Single messages seen at the tracepoints of system calls, for kernels without those of at_sockets.bpf.h. Included by
 * dns.bpf.c.
 */
#ifndef GUMSHOE_DNS_AT_SYSCALLS_BPF_H
#define GUMSHOE_DNS_AT_SYSCALLS_BPF_H

/* One question, and nothing but the kinds of a query that are known: what text and most other protocols do not have. */
static __always_inline bool is_like_dns(const __u8 *head)
{
	return !(head[2] & 0x78) && !head[4] && head[5] == 1;
}

/* Bytes that cannot be DNS, over TCP neither: told before anything is asked of the descriptor, it costs a third. */
static __always_inline bool may_hold_dns(__u64 buffer, __u64 length)
{
	__u8 head[8];

	return length >= DNS_HEADER && !bpf_probe_read_user(head, sizeof(head), (void *)buffer) &&
	       (is_like_dns(head) || is_like_dns(head + 2));
}

/* destination: address of the peer's, 0 when the socket has one. */
static __always_inline int on_buffer_write(struct trace_event_raw_sys_enter *context, __u64 destination)
{
	struct dns_transfer transfer = { .is_write = true };

	if (!target_has_current() || !may_hold_dns(context->args[1], context->args[2]))
		return 0;
	transfer.sk = sock_of(context->args[0]);
	if (!transfer.sk || !may_be_dns(transfer.sk))
		return 0;
	transfer.buffer = context->args[1];
	transfer.length = context->args[2];
	transfer.port = port_of(destination);
	return take_message(&transfer);
}

SEC("tracepoint/syscalls/sys_enter_sendto")
int dns_sendto(struct trace_event_raw_sys_enter *context)
{
	return on_buffer_write(context, context->args[4]);
}

SEC("tracepoint/syscalls/sys_enter_write")
int dns_write(struct trace_event_raw_sys_enter *context)
{
	return on_buffer_write(context, 0);
}

SEC("tracepoint/syscalls/sys_enter_sendmsg")
int dns_sendmsg(struct trace_event_raw_sys_enter *context)
{
	struct dns_transfer transfer = { .is_write = true };

	if (!target_has_current())
		return 0;
	transfer.sk = sock_of(context->args[0]);
	if (!transfer.sk || !may_be_dns(transfer.sk))
		return 0;
	from_header(&transfer, context->args[1]);
	return take_message(&transfer);
}

enum shape { SHAPE_BUFFER, SHAPE_HEADER };

static __always_inline int on_read(struct trace_event_raw_sys_exit *context, enum shape shape, bool has_flags)
{
	struct dns_transfer transfer = {};
	struct syscall_arguments arguments;
	struct task_struct *task;

	if (context->ret < DNS_HEADER || !target_has_current())
		return 0;
	task = bpf_get_current_task_btf();
	syscall_arguments_at_exit(task, &arguments);
	if (has_flags && (shape == SHAPE_HEADER ? arguments.third : arguments.fourth) & MSG_PEEK)
		return 0;
	if (shape == SHAPE_BUFFER && !may_hold_dns(arguments.second, context->ret))
		return 0;
	transfer.sk = sock_of(arguments.first);
	if (!transfer.sk || !may_be_dns(transfer.sk))
		return 0;
	if (shape == SHAPE_HEADER) {
		from_header(&transfer, arguments.second);
		transfer.port = 0;
	} else {
		transfer.buffer = arguments.second;
	}
	transfer.length = context->ret;
	return take_message(&transfer);
}

SEC("tracepoint/syscalls/sys_exit_recvfrom")
int dns_recvfrom(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_BUFFER, true);
}

SEC("tracepoint/syscalls/sys_exit_recvmsg")
int dns_recvmsg(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_HEADER, true);
}

SEC("tracepoint/syscalls/sys_exit_read")
int dns_read(struct trace_event_raw_sys_exit *context)
{
	return on_read(context, SHAPE_BUFFER, false);
}

#endif
