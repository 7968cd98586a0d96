// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Requests over plain TCP: classified, paired with their answers and timed in the kernel, and given a place in
 * a distributed trace (docs/decisions/0001).
 *
 * Writes are looked at when they enter the kernel: the sequence number of their first byte is known, and a
 * trace can be left for the receiver before the bytes leave. Reads are looked at when they return; their
 * arguments are still in the user registers, so nothing runs at their entry. A write that fails and is
 * repeated has the same sequence number, so its result does not matter.
 *
 * A socket becomes known with the first bytes seen on it: connections that were there before need no care.
 */
#include "l7/classify.h"
#include "lib/event.bpf.h"
#include "lib/message.bpf.h"
#include "lib/request_stats.bpf.h"
#include "lib/sampling.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/span_identity.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/target.bpf.h"
#include "lib/trace_context.bpf.h"
#include "requests/sockets.bpf.h"
#include "requests/tls_processes.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

/* Messages looked at before a connection is given up as of unknown protocol. */
#define MAX_ATTEMPTS 16
/* Requests or answers looked for in one call: brokers' clients send hundreds of messages in one. */
#define MAX_BATCH 256
#define RCV_SHUTDOWN 1
#define SHUTDOWN_MASK 3

/* One call that moved bytes over a TCP connection. */
struct transfer {
	struct l7_message message;
	struct sock *sk;
	__u64 id; /* of the socket's entry */
	__u64 now;
	__u32 sequence; /* of the first byte */
	__u32 size;	/* of the message looked at; 0 when it cannot be told */
	bool is_write;
};

/* Most bytes of large answers end here. */
static __always_inline bool is_of_no_interest(const struct gs_socket *socket, bool is_write)
{
	bool asks = is_write == (socket->direction == GS_OUTBOUND);

	return socket->protocol && !asks && !socket->first.started_ns && !socket->keyed &&
	       !l7_has_messages(socket->protocol);
}

#include "requests/pairing.bpf.h"

#include "requests/tls_engine.bpf.h"

/* Sequence number of the first of the `total` bytes that a call moves, or has just read. */
static __always_inline __u32 first_sequence(struct sock *sk, bool is_write, __u32 total)
{
	struct tcp_sock *tcp = (void *)sk;
	__u32 copied;

	if (is_write)
		return BPF_CORE_READ(tcp, write_seq);
	copied = BPF_CORE_READ(tcp, copied_seq);
	/* A read that reaches the FIN takes it for a byte more. */
	if (BPF_CORE_READ(sk, sk_shutdown) & RCV_SHUTDOWN && copied == BPF_CORE_READ(tcp, rcv_nxt))
		copied--;
	return copied - total;
}

static __noinline int on_transfer(struct transfer *transfer, struct gs_socket *socket)
{
	if (is_of_no_interest(socket, transfer->is_write))
		return 0;
	transfer->id = (__u64)transfer->sk;
	transfer->now = bpf_ktime_get_ns();
	transfer->sequence = first_sequence(transfer->sk, transfer->is_write, transfer->message.total);
	return take_transfer(socket, transfer);
}

enum shape { SHAPE_BUFFER, SHAPE_VECTOR, SHAPE_HEADER };

/* Bytes of one call that have to lie in a row: of an answer in HTTP/1 only what is kept of it. */
static __always_inline __u32 enough_of(const struct gs_socket *socket, bool is_write)
{
	bool answers = is_write == (socket->direction == GS_INBOUND);

	return socket->protocol == GS_PROTOCOL_HTTP && answers ? GS_RESPONSE_LENGTH : GS_PAYLOAD_LENGTH;
}

static __always_inline void describe(struct l7_message *message, enum shape shape, __u64 where, __u64 size,
				     __u32 limit, __u32 enough)
{
	if (shape == SHAPE_BUFFER)
		message_from_buffer(message, where, size, limit);
	else if (shape == SHAPE_VECTOR)
		message_from_vector(message, where, size, limit, enough);
	else
		message_from_header(message, where, limit, enough);
}

/* Segments that are walked one by one. */
#define HTTP2_SEGMENTS 512

struct segments {
	__u64 vector;
	__u64 left; /* bytes moved and not looked at */
	__u32 count;
	__u32 index;
	__u32 sequence;
	__u32 reserved;
};

/* The next one. Not static: verified once. */
__noinline int take_segment(struct gs_socket *socket, struct transfer *transfer, struct segments *segments)
{
	struct iovec segment;
	__u64 length;

	if (!socket || !transfer || !segments || segments->index >= segments->count || !segments->left)
		return 0;
	if (bpf_probe_read_user(&segment, sizeof(segment), (struct iovec *)segments->vector + segments->index))
		return 0;
	segments->index++;
	length = segment.iov_len < segments->left ? segment.iov_len : segments->left;
	if (!length)
		return 1;
	segments->left -= length;
	transfer->sequence = segments->sequence;
	transfer->message.in_kernel = 0;
	message_from_buffer(&transfer->message, (__u64)segment.iov_base, length, ~0u);
	take_transfer(socket, transfer);
	segments->sequence += length;
	return 1;
}

/* The segments of a vector one after the other: of HTTP/2 no byte may be missed. limit: bytes moved. */
static __always_inline int take_segments(struct gs_socket *socket, struct transfer *transfer, __u64 vector,
					 __u64 count, __u64 limit)
{
	struct segments segments = { .vector = vector, .left = limit, .count = count };

	segments.sequence = first_sequence(transfer->sk, transfer->is_write, limit);
	transfer->id = (__u64)transfer->sk;
	transfer->now = bpf_ktime_get_ns();
	for (int i = 0; i < HTTP2_SEGMENTS; i++) {
		if (!take_segment(socket, transfer, &segments))
			break;
	}
	return 0;
}

static __always_inline int on_segments(struct gs_socket *socket, struct transfer *transfer, enum shape shape,
				       __u64 where, __u64 size, __u64 limit)
{
	struct user_msghdr header;

	if (shape == SHAPE_VECTOR)
		return take_segments(socket, transfer, where, size, limit);
	if (bpf_probe_read_user(&header, sizeof(header), (void *)where))
		return 0;
	return take_segments(socket, transfer, (__u64)header.msg_iov, header.msg_iovlen, limit);
}

static __always_inline int on_write(struct trace_event_raw_sys_enter *context, enum shape shape)
{
	struct transfer transfer = { .is_write = true };
	struct gs_socket *socket;

	if (!target_has_current())
		return 0;
	socket = socket_of(bpf_get_current_task_btf(), context->args[0], &transfer.sk);
	if (!socket || socket->protocol == GS_PROTOCOL_IGNORED)
		return 0;
	if (socket->protocol == GS_PROTOCOL_TLS)
		return tls_on_syscall(socket, (__u64)transfer.sk, true);
	if (shape != SHAPE_BUFFER && socket->protocol == GS_PROTOCOL_HTTP2)
		return on_segments(socket, &transfer, shape, context->args[1], context->args[2], ~0ull);
	describe(&transfer.message, shape, context->args[1], context->args[2], ~0u, enough_of(socket, true));
	on_transfer(&transfer, socket);
	/* Only now it is known what these are. */
	if (shape != SHAPE_BUFFER && socket->protocol == GS_PROTOCOL_HTTP2)
		return on_segments(socket, &transfer, shape, context->args[1], context->args[2], ~0ull);
	return socket->protocol == GS_PROTOCOL_TLS ? tls_on_syscall(socket, (__u64)transfer.sk, true) : 0;
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
	struct syscall_arguments arguments;
	struct transfer transfer = {};
	struct task_struct *task;
	struct gs_socket *socket;

	if (context->ret <= 0 || !target_has_current())
		return 0;
	task = bpf_get_current_task_btf();
	syscall_arguments_at_exit(task, &arguments);
	if (peeks(&arguments, flags))
		return 0;
	socket = socket_of(task, arguments.first, &transfer.sk);
	if (!socket || socket->protocol == GS_PROTOCOL_IGNORED)
		return 0;
	if (socket->protocol == GS_PROTOCOL_TLS)
		return tls_on_syscall(socket, (__u64)transfer.sk, false);
	if (shape != SHAPE_BUFFER && socket->protocol == GS_PROTOCOL_HTTP2)
		return on_segments(socket, &transfer, shape, arguments.second, arguments.third, context->ret);
	describe(&transfer.message, shape, arguments.second, arguments.third, context->ret,
		 enough_of(socket, false));
	on_transfer(&transfer, socket);
	if (shape != SHAPE_BUFFER && socket->protocol == GS_PROTOCOL_HTTP2)
		return on_segments(socket, &transfer, shape, arguments.second, arguments.third, context->ret);
	return socket->protocol == GS_PROTOCOL_TLS ? tls_on_syscall(socket, (__u64)transfer.sk, false) : 0;
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

/* Dialled while working for a request: the first request of the connection belongs to it. */
static __always_inline void on_connect(__u64 id)
{
	struct gs_trace_context context;
	struct gs_socket *socket;

	if (!target_has_current() || !take_context_for_connect(&context))
		return;
	if (bpf_map_update_elem(&sockets, &id, &new_socket, BPF_ANY)) {
		count(GS_COUNTER_MAP_FULL);
		return;
	}
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (socket) {
		socket->direction = GS_OUTBOUND;
		socket->connect = context;
	}
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(request_set_state, const struct sock *sk, int before, int after)
{
	__u64 id, plaintext;

	/* The verifier lets no one calculate with the pointer itself. */
	bpf_probe_read_kernel(&id, sizeof(id), &sk);
	plaintext = tls_plaintext_id(id);
	if (after == TCP_SYN_SENT) {
		on_connect(id);
		return 0;
	}
	if (after != TCP_CLOSE && sk->sk_shutdown != SHUTDOWN_MASK)
		return 0;
	end_requests(id);
	end_requests(plaintext);
	if (after == TCP_CLOSE) {
		forget_socket(id);
		forget_socket(plaintext);
	}
	return 0;
}

#include "requests/tls_go.bpf.h"
#include "requests/tls_openssl.bpf.h"
#include "requests/tls_rustls.bpf.h"

SEC("tp_btf/sched_process_exit")
int BPF_PROG(request_forget_thread, struct task_struct *task)
{
	__u32 tid = task->pid;

	bpf_map_delete_elem(&threads, &tid);
	return 0;
}
