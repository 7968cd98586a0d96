/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The engine: bytes that a process sent or received become requests and answers, which are paired and timed.
 *
 * Answers that bear the key of their request are paired by it, in any order; others in the order of their requests.
 * Functions that are not static are verified once, by themselves, and not again for each caller or turn of a loop.
 */
#ifndef GUMSHOE_REQUESTS_PAIRING_BPF_H
#define GUMSHOE_REQUESTS_PAIRING_BPF_H

#include "sockets.bpf.h"

static __always_inline __u64 span_id(const struct gs_socket *socket, __u64 wire)
{
	return mix(wire, socket->direction == GS_OUTBOUND ? SPAN_CLIENT : SPAN_SERVER);
}

struct ending {
	const struct gs_socket *socket;
	const struct gs_pending_request *request;
	const __u8 *payload;
	const struct l7_message *answer; /* 0: none */
	__u64 duration_ns;
	__u16 status;
	__u16 reason;
};

/* size, payload_size: constants. */
static __always_inline void emit_sized(const struct ending *ending, __u32 size, __u32 payload_size)
{
	const struct gs_pending_request *request = ending->request;
	const struct gs_socket *socket = ending->socket;
	struct gs_request_event *event = event_reserve(size);
	__u32 length;

	if (!event)
		return;
	event_header(&event->header, GS_EVENT_REQUEST, size, socket->tgid, request->tid, socket->cgroup_id);
	event->header.time_ns = request->started_ns;
	event->tuple = socket->tuple;
	event->duration_ns = ending->duration_ns;
	event->wire_id = request->wire_id;
	event->trace_id_high = request->parent.trace_id_high;
	event->trace_id_low = request->parent.trace_id_low;
	event->span_id = span_id(socket, request->wire_id);
	event->parent_span_id = request->parent.span_id;
	event->direction = socket->direction;
	event->protocol = socket->protocol;
	event->status = ending->status;
	event->parent_link = request->parent.parent_link;
	event->reason = ending->reason;
	event->request_size = request->request_size;
	event->keep_ppm = request->parent.sampled;
	event->reserved = 0;
	event->payload_length = 0;
	if (ending->payload && !bpf_probe_read_kernel(event->payload, payload_size, ending->payload))
		event->payload_length = request->payload_length;
	event->response_size = 0;
	event->response_length = 0;
	__builtin_memset(event->response, 0, GS_RESPONSE_LENGTH);
	if (ending->answer) {
		event->response_size = ending->answer->total;
		length = ending->answer->length;
		if (length > GS_RESPONSE_LENGTH)
			length = GS_RESPONSE_LENGTH;
		if (message_copy(ending->answer, event->response, length))
			event->response_length = length;
	}
	bpf_ringbuf_submit(event, 0);
}

static __noinline void emit(const struct ending *ending)
{
	const __u32 head = __builtin_offsetof(struct gs_request_event, payload);

	if (ending->request->payload_length <= GS_PAYLOAD_SHORT)
		emit_sized(ending, head + GS_PAYLOAD_SHORT, GS_PAYLOAD_SHORT);
	else
		emit_sized(ending, sizeof(struct gs_request_event), GS_PAYLOAD_LENGTH);
}

static __always_inline bool prepares(const struct gs_socket *socket, const __u8 *payload)
{
	__u8 head[L7_PREPARES_LENGTH] = {};

	if (socket->protocol != GS_PROTOCOL_POSTGRES && socket->protocol != GS_PROTOCOL_MYSQL &&
	    socket->protocol != GS_PROTOCOL_CASSANDRA)
		return false;
	return payload && !bpf_probe_read_kernel(head, sizeof(head), payload) && l7_prepares(socket->protocol, head);
}

/* The request got its answer, or will never get one: answer 0. */
static __noinline void finish(struct gs_socket *socket, struct slot *slot, const struct l7_message *answer,
			      __u16 status, __u64 now)
{
	struct gs_pending_request *request = slot->request;
	struct ending ending = {};
	bool failed = l7_failed(socket->protocol, status) && !l7_has_messages(socket->protocol);

	ending.socket = socket;
	ending.request = request;
	ending.payload = slot->payload;
	ending.answer = answer;
	ending.status = status;
	ending.duration_ns = now - request->started_ns;
	count(GS_COUNTER_REQUESTS);
	count_request(socket, status, ending.duration_ns);
	sampling_count(now);
	ending.reason = sampling_reasons(request->parent.sampled, ending.duration_ns, failed);
	if (!ending.reason && prepares(socket, slot->payload) && sampling_takes_prepare())
		ending.reason = GS_REASON_PREPARES;
	if (ending.reason)
		emit(&ending);
	else
		count(GS_COUNTER_SPANS_SAMPLED_OUT);
	request->started_ns = 0;
	/* Positions in TLS start at 0: an end that missed bytes must not find an older request at its position. */
	if (socket->encrypted && socket->direction == GS_OUTBOUND)
		bpf_map_delete_elem(&wire_traces, &request->wire_id);
	if (socket->direction == GS_INBOUND)
		leave_request(socket->tgid, request, answer ? (__u32)bpf_get_current_pid_tgid() : 0);
}

/* The front request of the connection is done. */
__noinline int finish_first(struct gs_socket *socket, __u64 id, struct l7_message *answer, __u32 status, __u64 now)
{
	struct slot slot = {};

	if (!socket)
		return 0;
	slot.request = &socket->first;
	slot.payload = first_payload(socket, id, socket->first.payload_length);
	finish(socket, &slot, answer, status, now);
	advance_pipeline(socket, id);
	return socket->first.started_ns != 0;
}

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

/* The number of bytes kept. */
static __always_inline __u32 keep_payload(struct gs_socket *socket, struct slot *slot, const struct l7_message *message,
					  __u32 length)
{
	__u8 *payload = slot->first_of ? first_payload(socket, slot->first_of, length) : slot->payload;

	return payload && message_copy(message, payload, length) ? length : 0;
}

static __noinline void start_request(struct gs_socket *socket, struct slot *slot, const struct transfer *transfer)
{
	struct gs_pending_request *request = slot->request;
	__u32 length = transfer->message.length;

	socket->tgid = bpf_get_current_pid_tgid() >> 32;
	socket->cgroup_id = bpf_get_current_cgroup_id();
	request->tid = (__u32)bpf_get_current_pid_tgid();
	request->started_ns = transfer->now;
	request->sequence = transfer->sequence;
	request->wire_id = wire_id(socket->endpoints_hash, transfer->sequence);
	request->request_size = transfer->message.total;
	if (transfer->size) {
		request->request_size = transfer->size;
		if (length > transfer->size)
			length = transfer->size;
	}
	if (length > GS_PAYLOAD_LENGTH)
		length = GS_PAYLOAD_LENGTH;
	request->payload_length = keep_payload(socket, slot, &transfer->message, length);
	if (socket->direction == GS_INBOUND)
		start_inbound(socket, request, l7_line(socket->protocol, transfer->message.head));
	else
		start_outbound(socket, request, l7_line(socket->protocol, transfer->message.head));
}

static __always_inline struct gs_stream *stream_of(struct gs_socket *socket, bool is_write)
{
	return is_write ? &socket->written : &socket->read;
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

/* To the message behind this one. False when it is in another call. */
static __always_inline bool next_message(struct gs_stream *stream, struct transfer *transfer, __u32 size)
{
	if (skip(transfer, size))
		return true;
	stream->has_boundary = size > transfer->message.total;
	stream->boundary = transfer->sequence + size;
	return false;
}

/* Keeps the beginning of a message until the rest comes. */
static __always_inline void hold(struct gs_stream *stream, const struct transfer *transfer)
{
	if (!transfer->message.length || transfer->message.length > GS_HELD_LENGTH ||
	    transfer->message.length != transfer->message.total)
		return;
	__builtin_memcpy(stream->held, transfer->message.head, GS_HELD_LENGTH);
	stream->held_length = transfer->message.length;
	stream->held_sequence = transfer->sequence;
}

/* Starts where the first message begins. False when no message begins in this call. */
static __always_inline bool to_boundary(struct gs_stream *stream, struct transfer *transfer)
{
	struct l7_message *message = &transfer->message;
	__s32 left = stream->boundary - transfer->sequence;

	if (stream->held_length) {
		if (stream->held_sequence + stream->held_length == transfer->sequence &&
		    message_prepend(message, stream))
			transfer->sequence = stream->held_sequence;
		stream->held_length = 0;
		return true;
	}
	if (!stream->has_boundary || left <= 0) {
		stream->has_boundary = 0;
		return true;
	}
	if ((__u32)left >= message->total)
		return false;
	stream->has_boundary = 0;
	if ((__u32)left >= message->length)
		return false; /* in a part of the call that is not looked at */
	message->buffer += (__u32)left;
	message->length -= left;
	message->total -= left;
	transfer->sequence += left;
	return true;
}

static __always_inline void start_keyed(struct gs_socket *socket, struct transfer *transfer, __u64 key)
{
	struct gs_waiting_key place = { .id = transfer->id, .key = key };
	struct gs_waiting *waiting = bpf_map_lookup_elem(&pipelines, &place);
	struct slot slot = {};

	if (waiting && waiting->request.sequence == transfer->sequence)
		return; /* the same bytes again: the first write did not go through */
	if (waiting)
		count(GS_COUNTER_REQUESTS_UNPAIRED);
	else
		__sync_fetch_and_add(&socket->keyed, 1);
	waiting = make_waiting(transfer->id, key);
	if (!waiting) {
		__sync_fetch_and_add(&socket->keyed, -1);
		return;
	}
	slot.request = &waiting->request;
	slot.payload = waiting->payload;
	start_request(socket, &slot, transfer);
}

static __always_inline void start_in_row(struct gs_socket *socket, struct transfer *transfer)
{
	struct gs_waiting *waiting;
	struct slot slot = {};

	if (socket->pending >= MAX_PENDING)
		abandon(socket, transfer->id);
	if (!socket->first.started_ns) {
		slot.request = &socket->first;
		slot.first_of = transfer->id;
		start_request(socket, &slot, transfer);
		return;
	}
	waiting = make_waiting(transfer->id, socket->pipeline_head + socket->pending);
	if (!waiting)
		return;
	socket->pending++;
	slot.request = &waiting->request;
	slot.payload = waiting->payload;
	start_request(socket, &slot, transfer);
}

/* Nobody answers it: counted where it is seen, as a request without a duration. */
__noinline int take_message(struct gs_socket *socket, struct transfer *transfer, __u32 method)
{
	struct gs_waiting *waiting;
	struct gs_waiting_key key;
	struct slot slot = {};

	if (!socket || !transfer)
		return 0;
	key.id = transfer->id;
	key.key = ~0ull;
	waiting = make_waiting(key.id, key.key);
	if (!waiting)
		return 0;
	slot.request = &waiting->request;
	slot.payload = waiting->payload;
	start_request(socket, &slot, transfer);
	finish(socket, &slot, 0, method, transfer->now);
	bpf_map_delete_elem(&pipelines, &key);
	return 0;
}

/* The rest of a request in flight. */
static __always_inline void continue_first(struct gs_socket *socket, struct transfer *transfer)
{
	struct gs_pending_request *first = &socket->first;
	struct thread *thread;

	first->request_size += transfer->message.total;
	thread = thread_of(first->tid, false);
	if (thread && socket->direction == GS_INBOUND)
		enter_request(thread, first);
}

/* Starts the next request in its place. False when its bytes belong to the one in flight. */
static __always_inline bool start_next(struct gs_socket *socket, struct transfer *transfer, __u64 key)
{
	if (l7_is_keyed(socket->protocol)) {
		start_keyed(socket, transfer, key);
		return true;
	}
	if (socket->first.started_ns && !l7_is_pipelined(socket->protocol)) {
		if (!l7_starts_anew(socket->protocol, &transfer->message))
			return false;
		abandon(socket, transfer->id); /* the answer came in a way that is not seen */
	}
	start_in_row(socket, transfer);
	return true;
}

/* One message of the side that asks. True when more may follow in this call. */
__noinline int start_one(struct gs_socket *socket, struct transfer *transfer)
{
	struct l7_facts facts = {};
	enum l7_verdict verdict;

	if (!socket || !transfer)
		return 0;
	verdict = l7_request(socket->protocol, &transfer->message, &facts);
	transfer->size = facts.size;
	if (verdict == L7_MORE) {
		hold(stream_of(socket, transfer->is_write), transfer);
		return 0;
	}
	if (verdict == L7_MESSAGE)
		take_message(socket, transfer, facts.status);
	if (verdict == L7_REQUEST && !start_next(socket, transfer, facts.key))
		verdict = L7_OTHER;
	if (verdict == L7_OTHER && socket->first.started_ns && !l7_is_pipelined(socket->protocol))
		continue_first(socket, transfer);
	return facts.size ? next_message(stream_of(socket, transfer->is_write), transfer, facts.size) : 0;
}

/* The answer to the request with this key. */
static __always_inline void answer_keyed(struct gs_socket *socket, struct transfer *transfer,
					 const struct l7_facts *facts, int is_first)
{
	struct gs_waiting_key key = { .id = transfer->id, .key = facts->key };
	struct gs_waiting *waiting = bpf_map_lookup_elem(&pipelines, &key);
	struct gs_trace_context context;
	struct slot slot = {};

	if (!waiting)
		return;
	slot.request = &waiting->request;
	slot.payload = waiting->payload;
	context = waiting->request.parent;
	finish(socket, &slot, &transfer->message, facts->status, transfer->now);
	bpf_map_delete_elem(&pipelines, &key);
	if (socket->keyed)
		__sync_fetch_and_add(&socket->keyed, -1);
	if (socket->direction == GS_OUTBOUND)
		resume(&context, is_first);
}

/* One message of the side that answers. True when more may follow in this call. */
__noinline int answer_one(struct gs_socket *socket, struct transfer *transfer, int is_first)
{
	struct gs_trace_context context;
	struct l7_facts facts = {};
	enum l7_verdict verdict;
	bool keyed;

	if (!socket || !transfer)
		return 0;
	context = socket->first.parent;
	keyed = l7_is_keyed(socket->protocol);
	facts.wants_size = socket->pending != 0;
	verdict = l7_response(socket->protocol, &transfer->message, &facts);
	transfer->size = facts.size;
	if (verdict == L7_MORE) {
		hold(stream_of(socket, transfer->is_write), transfer);
		return 0;
	}
	if (verdict == L7_MESSAGE)
		take_message(socket, transfer, facts.status);
	if (verdict == L7_ANSWER && keyed)
		answer_keyed(socket, transfer, &facts, is_first);
	if (verdict == L7_ANSWER && !keyed && socket->first.started_ns) {
		finish_first(socket, transfer->id, &transfer->message, facts.status, transfer->now);
		if (l7_switches_protocol(socket->protocol, facts.status))
			socket->protocol = GS_PROTOCOL_IGNORED;
	}
	if (socket->direction == GS_OUTBOUND && !keyed && context.span_id | context.trace_id_low)
		resume(&context, is_first);
	if (facts.size)
		return next_message(stream_of(socket, transfer->is_write), transfer, facts.size);
	/* When the end of this answer cannot be told, the others are taken as answered too: better than never. */
	return socket->first.started_ns && l7_is_pipelined(socket->protocol);
}

#include "http2.bpf.h"

/* Bytes on the side that asks. */
static __always_inline void on_request_side(struct gs_socket *socket, struct transfer *transfer)
{
	if (socket->first.started_ns && socket->first.sequence == transfer->sequence)
		return; /* the same bytes again: the first write did not go through */
	for (int i = 0; i < MAX_BATCH; i++) {
		if (!start_one(socket, transfer))
			break;
	}
}

/* Bytes on the side that answers. */
static __always_inline void on_response_side(struct gs_socket *socket, struct transfer *transfer)
{
	for (int i = 0; i < MAX_BATCH; i++) {
		if (is_of_no_interest(socket, transfer->is_write) || !answer_one(socket, transfer, i == 0))
			break;
	}
}

/* From here on only ciphertext passes: user space looks for the process's TLS library. */
static __always_inline void start_tls(struct gs_socket *socket)
{
	socket->protocol = GS_PROTOCOL_TLS;
	tls_process_of(bpf_get_current_pid_tgid() >> 32);
}

/* A handshake within a known protocol, where none of its messages is waited for: PostgreSQL, MySQL, AMQP … */
static __always_inline bool turns_to_tls(const struct gs_socket *socket, const struct transfer *transfer)
{
	const __u8 *head = transfer->message.head;

	return socket->protocol && !socket->first.started_ns && !socket->keyed && head[0] == 0x16 && l7_is_tls(head);
}

/* Learns the protocol, and the direction when only the first request can tell. */
__noinline int learn(struct gs_socket *socket, struct transfer *transfer)
{
	__u16 protocol = GS_PROTOCOL_UNKNOWN;
	struct l7_facts facts = {};
	bool asks;

	if (!socket || !transfer)
		return 0;
	asks = transfer->is_write ? socket->direction != GS_INBOUND : socket->direction != GS_OUTBOUND;
	if (l7_is_tls(transfer->message.head)) {
		start_tls(socket);
		return 0;
	}
	if (asks && learn_http2(socket, transfer))
		return 1;
	if (asks && l7_learn(&transfer->message, &facts, &protocol) != L7_OTHER) {
		socket->protocol = protocol;
		socket->direction = transfer->is_write ? GS_OUTBOUND : GS_INBOUND;
		return 1;
	}
	asks = transfer->is_write ? socket->direction != GS_OUTBOUND : socket->direction != GS_INBOUND;
	if (asks && l7_learn_greeting(&transfer->message, &protocol)) {
		socket->protocol = protocol;
		socket->direction = transfer->is_write ? GS_INBOUND : GS_OUTBOUND;
		return 0;
	}
	/* A header that was read by itself says too little. */
	hold(stream_of(socket, transfer->is_write), transfer);
	if (++socket->attempts >= MAX_ATTEMPTS)
		socket->protocol = GS_PROTOCOL_IGNORED;
	return 0;
}

/*
 * Bytes that a process sent or received, in plain or out of TLS. transfer: everything but the message's head is set.
 */
__noinline int take_transfer(struct gs_socket *socket, struct transfer *transfer)
{
	if (!socket || !transfer)
		return 0;
	if (socket->protocol == GS_PROTOCOL_HTTP2)
		return take_http2(socket, transfer);
	if (!to_boundary(stream_of(socket, transfer->is_write), transfer))
		return 0;
	if (!message_read_head(&transfer->message))
		return 0;
	if (turns_to_tls(socket, transfer)) {
		start_tls(socket);
		return 0;
	}
	if (!socket->protocol && !learn(socket, transfer))
		return 0;
	if (socket->protocol == GS_PROTOCOL_HTTP2)
		return take_http2(socket, transfer);
	/* Learning may have told the direction. */
	if (transfer->is_write == (socket->direction == GS_OUTBOUND))
		on_request_side(socket, transfer);
	else
		on_response_side(socket, transfer);
	return 0;
}

/* All that waits on a connection which has ended. */
struct ended {
	__u64 id;
	__u64 now;
};

static long end_waiting(struct bpf_map *map, struct gs_waiting_key *key, struct gs_waiting *waiting,
			struct ended *ended)
{
	struct gs_socket *socket;
	struct slot slot = {};
	__u64 id = key->id;

	if (id != ended->id)
		return 0;
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (!socket)
		return 1;
	slot.request = &waiting->request;
	slot.payload = waiting->payload;
	/* User space counts the requests of HTTP/2. */
	if (socket->protocol != GS_PROTOCOL_HTTP2)
		finish(socket, &slot, 0, GS_STATUS_NO_RESPONSE, ended->now);
	else if (socket->direction == GS_INBOUND)
		leave_request(socket->tgid, &waiting->request, 0);
	bpf_map_delete_elem(map, key);
	return 0;
}

__noinline int end_requests(__u64 id)
{
	struct gs_socket *socket = bpf_map_lookup_elem(&sockets, &id);
	struct ended ended = { .id = id, .now = bpf_ktime_get_ns() };

	if (!socket)
		return 0;
	for (int i = 0; i <= MAX_PENDING && socket->first.started_ns; i++)
		finish_first(socket, id, 0, GS_STATUS_NO_RESPONSE, ended.now);
	if (socket->keyed)
		bpf_for_each_map_elem(&pipelines, end_waiting, &ended, 0);
	socket->keyed = 0;
	if (socket->protocol == GS_PROTOCOL_HTTP2) {
		close_http2(socket, id, ended.now);
		socket->protocol = GS_PROTOCOL_IGNORED; /* told once */
	}
	return 0;
}

static __always_inline void forget_socket(__u64 id)
{
	bpf_map_delete_elem(&sockets, &id);
	bpf_map_delete_elem(&payloads, &id);
}

#endif
