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
/* Requests or answers looked for in one message. */
#define MAX_BATCH 16
#define SHUTDOWN_MASK 3

/* One call that moved bytes over a TCP connection. */
struct transfer {
	struct l7_message message;
	struct sock *sk;
	__u64 id; /* of the socket's entry */
	__u64 now;
	__u32 sequence; /* of the first byte */
	bool is_write;
};

static __always_inline __u64 span_id(const struct gs_socket *socket, __u64 wire)
{
	return mix(wire, socket->direction == GS_OUTBOUND ? SPAN_CLIENT : SPAN_SERVER);
}

/* message: where the response's bytes are, or 0. */
static __noinline void emit(const struct gs_socket *socket, const struct l7_message *message, __u64 duration_ns,
			    __u32 status_and_reason)
{
	const struct gs_pending_request *request = &socket->first;
	struct gs_request_event *event = event_reserve(sizeof(*event));
	__u32 length;

	if (!event)
		return;
	event_header(&event->header, GS_EVENT_REQUEST, sizeof(*event), socket->tgid, request->tid, socket->cgroup_id);
	event->header.time_ns = request->started_ns;
	event->tuple = socket->tuple;
	event->duration_ns = duration_ns;
	event->wire_id = request->wire_id;
	event->trace_id_high = request->parent.trace_id_high;
	event->trace_id_low = request->parent.trace_id_low;
	event->span_id = span_id(socket, request->wire_id);
	event->parent_span_id = request->parent.span_id;
	event->direction = socket->direction;
	event->protocol = socket->protocol;
	event->status = status_and_reason;
	event->parent_link = request->parent.parent_link;
	event->reason = status_and_reason >> 16;
	event->request_size = request->request_size;
	event->payload_length = request->payload_length;
	__builtin_memcpy(event->payload, request->payload, GS_PAYLOAD_LENGTH);
	event->response_size = 0;
	event->response_length = 0;
	__builtin_memset(event->response, 0, GS_RESPONSE_LENGTH);
	if (message) {
		event->response_size = message->total;
		length = message->length < GS_RESPONSE_LENGTH ? message->length : GS_RESPONSE_LENGTH;
		if (bpf_probe_read_user(event->response, length, (void *)message->buffer) == 0)
			event->response_length = length;
	}
	bpf_ringbuf_submit(event, 0);
}

/* The request in flight got its answer, or will never get one. */
static __noinline void finish(struct gs_socket *socket, const struct l7_message *message, __u16 status, __u64 now)
{
	struct gs_pending_request *request = &socket->first;
	__u64 duration_ns = now - request->started_ns;
	bool failed = l7_failed(socket->protocol, status);
	__u32 reason;

	count(GS_COUNTER_REQUESTS);
	count_request(socket, status, duration_ns);
	sampling_count(now);
	reason = sampling_reasons(request->parent.sampled, duration_ns, failed);
	if (reason)
		emit(socket, message, duration_ns, reason << 16 | status);
	else
		count(GS_COUNTER_SPANS_SAMPLED_OUT);
	request->started_ns = 0;
	/* Positions in TLS start at 0: an end that missed bytes must not find an older request at its position. */
	if (socket->encrypted && socket->direction == GS_OUTBOUND)
		bpf_map_delete_elem(&wire_traces, &request->wire_id);
	if (socket->direction == GS_INBOUND)
		leave_request(socket->tgid, request, message ? (__u32)bpf_get_current_pid_tgid() : 0);
}

/* Not static, like start_one and answer_one: the verifier looks at it once, not once per turn of a loop. */
__noinline int abandon_one(struct gs_socket *socket, __u64 id)
{
	if (!socket)
		return 0;
	count(GS_COUNTER_REQUESTS_UNPAIRED);
	socket->first.started_ns = 0;
	if (socket->direction == GS_INBOUND)
		leave_request(socket->tgid, &socket->first, 0);
	advance_pipeline(socket, id);
	return socket->first.started_ns != 0;
}

/* Forgets all that waits on a connection: answers and requests can no longer be told apart. */
static __always_inline void abandon(struct gs_socket *socket, __u64 id)
{
	for (int i = 0; i <= MAX_PENDING; i++) {
		if (!abandon_one(socket, id))
			break;
	}
}

static __noinline void start_request(struct gs_socket *socket, struct gs_pending_request *request,
				     const struct transfer *transfer)
{
	__u32 length = transfer->message.length;

	socket->tgid = bpf_get_current_pid_tgid() >> 32;
	socket->cgroup_id = bpf_get_current_cgroup_id();
	request->tid = (__u32)bpf_get_current_pid_tgid();
	request->started_ns = transfer->now;
	request->sequence = transfer->sequence;
	request->wire_id = wire_id(socket->endpoints_hash, transfer->sequence);
	request->request_size = transfer->message.total;
	if (length > GS_PAYLOAD_LENGTH)
		length = GS_PAYLOAD_LENGTH;
	if (bpf_probe_read_user(request->payload, length, (void *)transfer->message.buffer))
		length = 0;
	request->payload_length = length;
	if (socket->direction == GS_INBOUND)
		start_inbound(socket->tgid, request);
	else
		start_outbound(socket, request);
}

/* Moves on within the message. False at its end. */
static __always_inline bool skip(struct transfer *transfer, __u32 bytes)
{
	struct l7_message *message = &transfer->message;

	if (!bytes || bytes >= message->length)
		return false;
	message->buffer += bytes;
	message->length -= bytes;
	message->total -= bytes;
	transfer->sequence += bytes;
	__builtin_memset(message->head, 0, L7_HEAD_LENGTH);
	return message_read_head(message);
}

__noinline int start_one(struct gs_socket *socket, struct transfer *transfer)
{
	struct gs_pending_request *slot;
	__u32 size = 0;

	if (!socket || !transfer)
		return 0;
	if (l7_is_pipelined(socket->protocol))
		size = l7_next(socket->protocol, &transfer->message);
	if (l7_request(socket->protocol, &transfer->message) == L7_REQUEST) {
		if (socket->pending >= MAX_PENDING)
			abandon(socket, transfer->id);
		slot = pending_slot(socket, transfer->id);
		if (slot)
			start_request(socket, slot, transfer);
	}
	return skip(transfer, size);
}

/* Bytes on the side that asks. */
static __always_inline void on_request_side(struct gs_socket *socket, struct transfer *transfer)
{
	struct gs_pending_request *first = &socket->first;
	struct thread *thread;

	if (first->started_ns && first->sequence == transfer->sequence)
		return; /* the same bytes again: the first write did not go through */
	if (first->started_ns && l7_starts_anew(socket->protocol, &transfer->message))
		abandon(socket, transfer->id); /* the answer came in a way that is not seen */
	if (first->started_ns && !l7_is_pipelined(socket->protocol)) {
		/* The rest of a request in flight. */
		first->request_size += transfer->message.total;
		thread = thread_of(first->tid, false);
		if (thread && socket->direction == GS_INBOUND)
			enter_request(thread, first);
		return;
	}
	for (int i = 0; i < MAX_BATCH; i++) {
		if (!start_one(socket, transfer))
			break;
	}
}

/* One answer. True when more may follow in the same message. */
__noinline int answer_one(struct gs_socket *socket, struct transfer *transfer, int is_first)
{
	struct gs_trace_context context;
	__u16 status = 0;
	__u32 size;

	if (!socket || !transfer)
		return 0;
	context = socket->first.parent;

	if (l7_response(socket->protocol, &transfer->message, &status) == L7_ANSWER) {
		finish(socket, &transfer->message, status, transfer->now);
		advance_pipeline(socket, transfer->id);
		if (l7_switches_protocol(socket->protocol, status))
			socket->protocol = GS_PROTOCOL_IGNORED;
	}
	if (socket->direction == GS_OUTBOUND)
		resume(&context, is_first);
	if (!socket->first.started_ns)
		return false;
	/* When the end of this answer cannot be told, the others are taken as answered too: better than never. */
	size = l7_next(socket->protocol, &transfer->message);
	return size ? skip(transfer, size) : l7_is_pipelined(socket->protocol);
}

/* Bytes on the side that answers. */
static __always_inline void on_response_side(struct gs_socket *socket, struct transfer *transfer)
{
	if (!socket->first.started_ns)
		return;
	for (int i = 0; i < MAX_BATCH; i++) {
		if (!answer_one(socket, transfer, i == 0))
			break;
	}
}

/* Learns the protocol, and the direction when only the first request can tell. */
static __always_inline bool learn(struct gs_socket *socket, const struct transfer *transfer)
{
	__u16 protocol = GS_PROTOCOL_UNKNOWN;
	bool asks = transfer->is_write ? socket->direction != GS_INBOUND : socket->direction != GS_OUTBOUND;

	if (l7_is_tls(transfer->message.head)) {
		socket->protocol = GS_PROTOCOL_TLS;
		tls_process_of(bpf_get_current_pid_tgid() >> 32);
		return false;
	}
	if (l7_is_opaque(transfer->message.head)) {
		socket->protocol = GS_PROTOCOL_IGNORED;
		return false;
	}
	if (asks && l7_learn(&transfer->message, &protocol) != L7_OTHER) {
		socket->protocol = protocol;
		socket->direction = transfer->is_write ? GS_OUTBOUND : GS_INBOUND;
		return true;
	}
	if (++socket->attempts >= MAX_ATTEMPTS)
		socket->protocol = GS_PROTOCOL_IGNORED;
	return false;
}

/*
 * Bytes that a process sent or received, in plain or out of TLS. transfer: everything but the message's head is set.
 * Not static: verified once, whoever calls it.
 */
__noinline int take_transfer(struct gs_socket *socket, struct transfer *transfer)
{
	if (!socket || !transfer || !message_read_head(&transfer->message))
		return 0;
	if (!socket->protocol && !learn(socket, transfer))
		return 0;
	/* Learning may have told the direction. */
	if (transfer->is_write == (socket->direction == GS_OUTBOUND))
		on_request_side(socket, transfer);
	else
		on_response_side(socket, transfer);
	return 0;
}

/* Most bytes of large answers end here. */
static __always_inline bool is_of_no_interest(const struct gs_socket *socket, bool is_write)
{
	bool asks = is_write == (socket->direction == GS_OUTBOUND);

	return socket->protocol && !asks && !socket->first.started_ns;
}

#include "requests/tls_engine.bpf.h"

static __noinline int on_transfer(struct transfer *transfer, struct gs_socket *socket)
{
	struct tcp_sock *tcp = (void *)transfer->sk;

	if (is_of_no_interest(socket, transfer->is_write))
		return 0;
	transfer->id = (__u64)transfer->sk;
	transfer->now = bpf_ktime_get_ns();
	transfer->sequence = transfer->is_write ? BPF_CORE_READ(tcp, write_seq) :
						  BPF_CORE_READ(tcp, copied_seq) - transfer->message.total;
	take_transfer(socket, transfer);
	if (socket->protocol == GS_PROTOCOL_TLS)
		tls_on_syscall(transfer->sk, socket, transfer->is_write);
	return 0;
}

enum shape { SHAPE_BUFFER, SHAPE_VECTOR, SHAPE_HEADER };

static __always_inline void describe(struct l7_message *message, enum shape shape, __u64 where, __u64 size,
				     __u32 limit)
{
	if (shape == SHAPE_BUFFER)
		message_from_buffer(message, where, size, limit);
	else if (shape == SHAPE_VECTOR)
		message_from_vector(message, where, size, limit);
	else
		message_from_header(message, where, limit);
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
		return tls_on_syscall(transfer.sk, socket, true);
	describe(&transfer.message, shape, context->args[1], context->args[2], ~0u);
	return on_transfer(&transfer, socket);
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
		return tls_on_syscall(transfer.sk, socket, false);
	describe(&transfer.message, shape, arguments.second, arguments.third, context->ret);
	return on_transfer(&transfer, socket);
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

	if (!target_has_current() || !take_context(&context))
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

/* Not static: verified once for a connection's bytes and for what TLS carries on it. */
__noinline int end_requests(__u64 id)
{
	struct gs_socket *socket = bpf_map_lookup_elem(&sockets, &id);

	if (!socket)
		return 0;
	for (int i = 0; i <= MAX_PENDING && socket->first.started_ns; i++) {
		finish(socket, 0, GS_STATUS_NO_RESPONSE, bpf_ktime_get_ns());
		advance_pipeline(socket, id);
	}
	return 0;
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
		bpf_map_delete_elem(&sockets, &id);
		bpf_map_delete_elem(&sockets, &plaintext);
	}
	return 0;
}

#include "requests/tls_openssl.bpf.h"

SEC("tp_btf/sched_process_exit")
int BPF_PROG(request_forget_thread, struct task_struct *task)
{
	__u32 tid = task->pid;

	bpf_map_delete_elem(&threads, &tid);
	return 0;
}
