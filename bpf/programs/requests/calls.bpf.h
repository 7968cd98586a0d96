/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* From a call that moves bytes over a connection to what the engine takes. Included by requests.bpf.c. */
#ifndef GUMSHOE_REQUESTS_CALLS_BPF_H
#define GUMSHOE_REQUESTS_CALLS_BPF_H

#include "pairing.bpf.h"
#include "tls_engine.bpf.h"

#define RCV_SHUTDOWN 1

/* Where a call's bytes are in its process. */
struct call {
	__u64 where; /* the bytes, or a vector of segments */
	__u64 size;  /* bytes, or segments */
	__u64 limit; /* bytes that were moved; ~0 when that is not known yet */
	bool is_vector;
	bool vector_in_kernel; /* not what it points to */
};

/* Sequence number behind the bytes that were read. A read that reaches the FIN takes it for a byte more. */
static __always_inline __u32 behind_read(__u32 copied_seq, __u32 rcv_nxt, __u8 shutdown)
{
	return shutdown & RCV_SHUTDOWN && copied_seq == rcv_nxt ? copied_seq - 1 : copied_seq;
}

/* Sequence number of the first of the `total` bytes that a call moves, or has just read. */
static __always_inline __u32 first_sequence(const struct transfer *transfer, __u32 total)
{
	return transfer->is_write ? transfer->position : transfer->position - total;
}

static __noinline int on_transfer(struct transfer *transfer, struct gs_socket *socket)
{
	if (is_of_no_interest(socket, transfer->is_write))
		return 0;
	transfer->id = (__u64)transfer->sk;
	transfer->now = bpf_ktime_get_ns();
	transfer->sequence = first_sequence(transfer, transfer->message.total);
	return take_transfer(socket, transfer);
}

/* Bytes of one call that have to lie in a row: of an answer in HTTP/1 only what is kept of it. */
static __always_inline __u32 enough_of(const struct gs_socket *socket, bool is_write)
{
	bool answers = is_write == (socket->direction == GS_INBOUND);

	return socket->protocol == GS_PROTOCOL_HTTP && answers ? GS_RESPONSE_LENGTH : GS_PAYLOAD_LENGTH;
}

/* Segments that are walked one by one. */
#define HTTP2_SEGMENTS 512

struct segments {
	__u64 vector;
	__u64 left; /* bytes moved and not looked at */
	__u32 count;
	__u32 index;
	__u32 sequence;
	__u32 in_kernel;
};

/* The next one. Not static: verified once. */
__noinline int take_segment(struct gs_socket *socket, struct transfer *transfer, struct segments *segments)
{
	struct iovec segment;
	__u64 length;

	if (!socket || !transfer || !segments || segments->index >= segments->count || !segments->left)
		return 0;
	if (message_read_vector(&segment, sizeof(segment), segments->vector, segments->index, segments->in_kernel))
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

/* The segments of a vector one after the other: of HTTP/2 no byte may be missed. */
static __always_inline int take_segments(struct gs_socket *socket, struct transfer *transfer, const struct call *call)
{
	struct segments segments = { .vector = call->where, .left = call->limit, .count = call->size };

	segments.in_kernel = call->vector_in_kernel;
	segments.sequence = first_sequence(transfer, call->limit);
	transfer->id = (__u64)transfer->sk;
	transfer->now = bpf_ktime_get_ns();
	transfer->is_part = http2_begin_record();
	socket->first.request_size = 0;
	for (int i = 0; i < HTTP2_SEGMENTS; i++) {
		if (!take_segment(socket, transfer, &segments))
			break;
	}
	if (transfer->is_part)
		http2_end_record(socket, transfer);
	return 0;
}

/* A call on a connection whose bytes are worth a look. */
static __always_inline int on_call(struct gs_socket *socket, struct transfer *transfer, const struct call *call)
{
	__u64 sk = (__u64)transfer->sk;

	if (!socket || socket->protocol == GS_PROTOCOL_IGNORED)
		return 0;
	if (socket->protocol == GS_PROTOCOL_TLS)
		return tls_on_syscall(socket, sk, transfer->is_write);
	if (call->is_vector && socket->protocol == GS_PROTOCOL_HTTP2)
		return take_segments(socket, transfer, call);
	if (call->is_vector)
		message_from_vector(&transfer->message, call->where, call->size, call->vector_in_kernel, call->limit,
				    enough_of(socket, transfer->is_write));
	else
		message_from_buffer(&transfer->message, call->where, call->size, call->limit);
	on_transfer(transfer, socket);
	/* Only now it is known what these are. */
	if (call->is_vector && socket->protocol == GS_PROTOCOL_HTTP2)
		return take_segments(socket, transfer, call);
	return socket->protocol == GS_PROTOCOL_TLS ? tls_on_syscall(socket, sk, transfer->is_write) : 0;
}

/* The vector behind the struct msghdr of a process. */
static __always_inline bool call_from_header(struct call *call, __u64 address)
{
	struct user_msghdr header;

	if (bpf_probe_read_user(&header, sizeof(header), (void *)address))
		return false;
	call->where = (__u64)header.msg_iov;
	call->size = header.msg_iovlen;
	call->is_vector = true;
	return true;
}

#endif
