/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * HTTP/2 connections: walks the frames of both directions and sends user space those that it needs, with the identity
 * of each request that begins. Included by pairing.bpf.h.
 */
#ifndef GUMSHOE_REQUESTS_HTTP2_BPF_H
#define GUMSHOE_REQUESTS_HTTP2_BPF_H

/* Frames, or parts of them, that are looked at in one call. */
#define HTTP2_STEPS 256

/* Twice the bytes: the verifier adds the largest offset and the largest piece. */
struct http2_scratch {
	struct gs_http2_event event;
	__u8 slack[GS_HTTP2_BYTES];
	__u32 busy;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct http2_scratch);
} http2_scratch SEC(".maps");

static __always_inline struct http2_scratch *http2_scratch_of_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&http2_scratch, &zero);
}

/* Sends what was gathered. Not static: verified once. */
__noinline int http2_flush(struct gs_socket *socket, struct transfer *transfer, __u32 flags)
{
	struct http2_scratch *scratch = http2_scratch_of_cpu();
	struct gs_http2_event *event;
	struct gs_stream *stream;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u32 length;

	if (!socket || !transfer || !scratch)
		return 0;
	event = &scratch->event;
	stream = stream_of(socket, transfer->is_write);
	length = event->length;
	if (length > GS_HTTP2_BYTES)
		return 0;
	if (!length && !flags)
		return 0;
	event_header(&event->header, GS_EVENT_HTTP2, __builtin_offsetof(struct gs_http2_event, bytes) + length,
		     flags & GS_HTTP2_CLOSED ? socket->tgid : pid_tgid >> 32, (__u32)pid_tgid, socket->cgroup_id);
	event->header.time_ns = transfer->now;
	event->tuple = socket->tuple;
	event->connection = transfer->id;
	event->direction = socket->direction;
	event->from_client = transfer->is_write == (socket->direction == GS_OUTBOUND);
	event->flags = stream->flags | flags;
	if (bpf_ringbuf_output(&events, event, __builtin_offsetof(struct gs_http2_event, bytes) + length, 0)) {
		count(GS_COUNTER_RING_FULL);
		stream->flags |= GS_HTTP2_LOST;
		stream->capturing = 0; /* the rest of a frame whose beginning is lost */
	} else {
		count(GS_COUNTER_EVENTS);
		stream->flags = 0;
	}
	event->length = 0;
	return 1;
}

/* From here to the next call nothing can be told: what was gathered goes out first, whole as it is. */
static __always_inline void http2_lose(struct gs_socket *socket, struct transfer *transfer)
{
	struct gs_stream *stream = stream_of(socket, transfer->is_write);

	http2_flush(socket, transfer, 0);
	stream->flags |= GS_HTTP2_LOST;
	stream->has_boundary = 0;
	stream->capturing = 0;
	stream->held_length = 0;
}

/* What is gathered goes out when there is no room for a header and an identity. */
static __always_inline void http2_make_room(struct gs_socket *socket, struct transfer *transfer,
					    struct http2_scratch *scratch)
{
	if (scratch->event.length > GS_HTTP2_BYTES - 2 * HTTP2_HEADER - sizeof(struct gs_http2_identity))
		http2_flush(socket, transfer, 0);
}

/* Puts the identity of a request in front of its HEADERS; there is room. */
static __always_inline void http2_identify(struct gs_socket *socket, struct http2_scratch *scratch,
					   const struct gs_pending_request *request, __u32 stream_id)
{
	const struct gs_trace_context *parent = &request->parent;
	__u32 at = scratch->event.length & (GS_HTTP2_BYTES - 1);
	struct gs_http2_identity identity = {
		.wire_id = request->wire_id,
		.trace_id_high = parent->trace_id_high,
		.trace_id_low = parent->trace_id_low,
		.span_id = span_id(socket, request->wire_id),
		.parent_span_id = parent->span_id,
		.parent_link = parent->parent_link,
		.sampled = parent->sampled,
	};
	bool is_whole = parent->span_id || parent->sampled;
	__u32 size = is_whole ? sizeof(identity) : sizeof(identity.wire_id);
	__u8 *to = scratch->event.bytes + at;

	http2_write_header(to, GS_HTTP2_IDENTITY, size, stream_id);
	__builtin_memcpy(to + HTTP2_HEADER, &identity, sizeof(identity));
	scratch->event.length = at + HTTP2_HEADER + size;
}

/* A request begins: its place in the trace is decided now, for whoever it causes. */
static __always_inline void http2_begin(struct gs_socket *socket, struct transfer *transfer,
					struct http2_scratch *scratch, __u32 stream_id)
{
	struct gs_waiting_key key = { .id = transfer->id, .key = stream_id };
	struct gs_waiting *waiting = bpf_map_lookup_elem(&pipelines, &key);
	struct slot slot = {};

	if (waiting)
		return; /* trailers of the request */
	waiting = make_waiting(transfer->id, stream_id);
	if (!waiting)
		return;
	__sync_fetch_and_add(&socket->keyed, 1);
	slot.request = &waiting->request;
	slot.payload = 0;
	start_request(socket, &slot, transfer);
	count(GS_COUNTER_REQUESTS);
	sampling_count(transfer->now);
	http2_identify(socket, scratch, &waiting->request, stream_id);
}

/* Both directions of a stream may end in any order; the answer's end is what counts. */
static __always_inline void http2_end(struct gs_socket *socket, struct transfer *transfer, __u32 stream_id)
{
	struct gs_waiting_key key = { .id = transfer->id, .key = stream_id };
	struct gs_waiting *waiting = bpf_map_lookup_elem(&pipelines, &key);
	struct gs_trace_context context;

	if (!waiting)
		return;
	if (socket->direction == GS_INBOUND) {
		leave_request(socket->tgid, &waiting->request, (__u32)bpf_get_current_pid_tgid());
	} else {
		context = waiting->request.parent;
		resume(&context, !socket->first.request_size);
		socket->first.request_size = 1; /* in this call */
		if (socket->encrypted)
			bpf_map_delete_elem(&wire_traces, &waiting->request.wire_id);
	}
	bpf_map_delete_elem(&pipelines, &key);
	if (socket->keyed)
		__sync_fetch_and_add(&socket->keyed, -1);
}

static __always_inline void http2_advance(struct transfer *transfer, __u32 bytes)
{
	transfer->message.buffer += bytes;
	transfer->message.length -= bytes;
	transfer->message.total -= bytes;
	transfer->sequence += bytes;
}

/* The rest of the frame that the boundary ends. */
__noinline int http2_body(struct gs_socket *socket, struct transfer *transfer)
{
	struct http2_scratch *scratch = http2_scratch_of_cpu();
	struct gs_stream *stream;
	__u32 size, at, room;

	if (!socket || !transfer || !scratch)
		return 0;
	stream = stream_of(socket, transfer->is_write);
	size = stream->boundary - transfer->sequence;
	if (size > transfer->message.length)
		size = transfer->message.length;
	if (!stream->capturing) {
		http2_advance(transfer, size);
		return 1;
	}
	at = scratch->event.length;
	if (at >= GS_HTTP2_BYTES) {
		http2_flush(socket, transfer, 0);
		return 1;
	}
	room = GS_HTTP2_BYTES - at;
	if (size > room)
		size = room;
	if (!size || size > GS_HTTP2_BYTES)
		return 0;
	if (!message_copy(&transfer->message, scratch->event.bytes + (at & (GS_HTTP2_BYTES - 1)), size))
		return 0;
	scratch->event.length = at + size;
	http2_advance(transfer, size);
	return 1;
}

/* The header of the next frame; kept when it is cut. */
__noinline int http2_header(struct gs_socket *socket, struct transfer *transfer)
{
	struct http2_scratch *scratch = http2_scratch_of_cpu();
	struct http2_frame frame;
	struct gs_stream *stream;
	__u32 held, needed, at;
	bool from_client;

	if (!socket || !transfer || !scratch)
		return 0;
	stream = stream_of(socket, transfer->is_write);
	held = stream->held_length;
	if (held >= HTTP2_HEADER)
		held = 0;
	needed = HTTP2_HEADER - held;
	if (needed > transfer->message.length)
		needed = transfer->message.length;
	if (!needed || needed > HTTP2_HEADER)
		return 0;
	if (!message_copy(&transfer->message, stream->held + (held & 15), needed))
		return 0;
	http2_advance(transfer, needed);
	stream->held_length = held + needed;
	if (stream->held_length < HTTP2_HEADER)
		return 0;
	stream->held_length = 0;
	http2_parse(stream->held, &frame);
	stream->has_boundary = 1;
	stream->boundary = transfer->sequence + frame.length;
	if (!http2_is_plausible(&frame)) {
		http2_lose(socket, transfer);
		return 0;
	}
	http2_make_room(socket, transfer, scratch);
	stream->capturing = http2_is_wanted(&frame);
	from_client = transfer->is_write == (socket->direction == GS_OUTBOUND);
	if (stream->capturing) {
		if (from_client && frame.type == HTTP2_HEADERS && (frame.stream & 1)) {
			transfer->sequence -= HTTP2_HEADER;
			http2_begin(socket, transfer, scratch, frame.stream);
			transfer->sequence += HTTP2_HEADER;
		}
		at = scratch->event.length & (GS_HTTP2_BYTES - 1);
		__builtin_memcpy(scratch->event.bytes + at, stream->held, HTTP2_HEADER);
		scratch->event.length = at + HTTP2_HEADER;
	}
	if (frame.type == HTTP2_DATA)
		stream->capturing = 0;
	if (frame.type == HTTP2_RST_STREAM ||
	    (!from_client && frame.flags & HTTP2_END_STREAM && frame.type <= HTTP2_HEADERS))
		http2_end(socket, transfer, frame.stream);
	return transfer->message.length != 0;
}

/* Bytes that were seen before (a write that went through in part), or that nobody saw. False: nothing is new. */
static __always_inline bool http2_line_up(struct gs_stream *stream, struct transfer *transfer)
{
	__s32 again = stream->expected - transfer->sequence;

	if (!stream->is_expected || again == 0)
		return true;
	if (again > 0) {
		if ((__u32)again >= transfer->message.length)
			return false;
		http2_advance(transfer, again);
		return true;
	}
	stream->held_length = 0;
	/* Bodies that are sent from files are missed, and not missed. */
	if (stream->has_boundary && !stream->capturing && (__s32)(stream->boundary - transfer->sequence) >= 0)
		return true;
	stream->flags |= GS_HTTP2_LOST;
	stream->has_boundary = 0;
	stream->capturing = 0;
	return true;
}

/* A record begins. False when the room is taken: probes can be interrupted by another thread's system call. */
__noinline int http2_begin_record(void)
{
	struct http2_scratch *scratch = http2_scratch_of_cpu();

	if (!scratch || __sync_lock_test_and_set(&scratch->busy, 1))
		return 0;
	scratch->event.length = 0;
	return 1;
}

__noinline int http2_end_record(struct gs_socket *socket, struct transfer *transfer)
{
	struct http2_scratch *scratch = http2_scratch_of_cpu();

	if (!socket || !transfer || !scratch)
		return 0;
	http2_flush(socket, transfer, 0);
	scratch->busy = 0;
	return 0;
}

/* One call's bytes of an HTTP/2 connection, or those of one segment of it. */
__noinline int take_http2(struct gs_socket *socket, struct transfer *transfer)
{
	struct gs_stream *stream;
	__u32 end;

	if (!socket || !transfer)
		return 0;
	stream = stream_of(socket, transfer->is_write);
	end = transfer->sequence + transfer->message.length;
	if (!http2_line_up(stream, transfer))
		return 0;
	if (!transfer->is_part) {
		if (!http2_begin_record()) {
			stream->flags |= GS_HTTP2_LOST;
			return 0;
		}
		socket->first.request_size = 0;
	}
	for (int i = 0; i < HTTP2_STEPS && transfer->message.length; i++) {
		__s32 left = stream->boundary - transfer->sequence;

		if (stream->has_boundary && left > 0 ? !http2_body(socket, transfer) : !http2_header(socket, transfer))
			break;
	}
	/* They could not be read, or are more than can be looked at. */
	if (transfer->message.length)
		http2_lose(socket, transfer);
	if (!transfer->is_part)
		http2_end_record(socket, transfer);
	stream->is_expected = 1;
	stream->expected = end;
	return 0;
}

/* The connection is gone. */
static __always_inline void close_http2(struct gs_socket *socket, __u64 id, __u64 now)
{
	struct transfer transfer = { .id = id, .now = now };
	struct http2_scratch *scratch;

	if (!http2_begin_record())
		return;
	http2_flush(socket, &transfer, GS_HTTP2_CLOSED);
	scratch = http2_scratch_of_cpu();
	if (scratch)
		scratch->busy = 0;
}

/* From the first bytes of a connection. Returns whether they are HTTP/2's; then the direction is known. */
static __always_inline bool learn_http2(struct gs_socket *socket, struct transfer *transfer)
{
	bool is_preface = http2_is_preface(transfer->message.head);
	struct gs_stream *stream;

	if (!is_preface && !http2_is_request(&transfer->message))
		return false;
	socket->protocol = GS_PROTOCOL_HTTP2;
	socket->direction = transfer->is_write ? GS_OUTBOUND : GS_INBOUND;
	stream = stream_of(socket, transfer->is_write);
	stream->held_length = 0;
	stream->has_boundary = is_preface;
	stream->boundary = transfer->sequence + HTTP2_PREFACE;
	if (!is_preface) {
		socket->read.flags = GS_HTTP2_LOST;
		socket->written.flags = GS_HTTP2_LOST;
	}
	return true;
}

#endif
