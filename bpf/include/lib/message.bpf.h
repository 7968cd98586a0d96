/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* From the arguments of a read or write to the bytes it moved. */
#ifndef GUMSHOE_MESSAGE_BPF_H
#define GUMSHOE_MESSAGE_BPF_H

#include "../../l7/verdict.h"
#include "../events.h"
#include "../kernel_types.h"

/* Segments of a vector that are looked at. */
#define MESSAGE_SEGMENTS 8
/* Bytes of several segments that are put together. A power of two. */
#define MESSAGE_GATHERED 4096
#define MSG_PEEK 2

/* Twice the size: the verifier adds the largest offset and the largest segment. */
struct gathered {
	__u8 bytes[2 * MESSAGE_GATHERED];
};

/* 0: segments of a vector; 1: what was held of an earlier call, and this call's bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct gathered);
} gathered_bytes SEC(".maps");

/* limit: bytes that the call moved (reads), or ~0 when not known yet (writes). */
static __always_inline void message_from_buffer(struct l7_message *message, __u64 buffer, __u64 length, __u32 limit)
{
	message->buffer = buffer;
	message->length = length < limit ? length : limit;
	message->total = message->length;
}

/* Segments of a vector from `index` on, as many as `size` holds. The kernel may have a copy of the vector. */
static __always_inline int message_read_vector(void *to, __u32 size, __u64 vector, __u32 index, bool in_kernel)
{
	const void *from = (struct iovec *)vector + index;

	return in_kernel ? bpf_probe_read_kernel(to, size, from) : bpf_probe_read_user(to, size, from);
}

/* A vector's segments one after the other. Not static: verified once. */
__noinline int message_gather(struct l7_message *message, __u64 vector, __u32 segments, int in_kernel)
{
	__u32 slot = 0, at = 0;
	struct gathered *gathered = bpf_map_lookup_elem(&gathered_bytes, &slot);

	if (!message || !gathered)
		return 0;
	for (__u32 i = 0; i < MESSAGE_SEGMENTS; i++) {
		struct iovec segment;
		__u64 length;

		if (i >= segments || at >= MESSAGE_GATHERED ||
		    message_read_vector(&segment, sizeof(segment), vector, i, in_kernel))
			break;
		length = segment.iov_len;
		if (length > MESSAGE_GATHERED - at)
			length = MESSAGE_GATHERED - at;
		if (!length)
			continue;
		if (length > MESSAGE_GATHERED)
			break;
		if (bpf_probe_read_user(gathered->bytes + (at & (MESSAGE_GATHERED - 1)), length, segment.iov_base))
			break;
		at += length;
	}
	if (at > message->total)
		at = message->total;
	message->buffer = (__u64)gathered->bytes;
	message->length = at;
	message->in_kernel = 1;
	return 0;
}

/* One segment that holds all bytes, or a first one of at least `enough`, needs no copy. */
static __always_inline void message_from_vector(struct l7_message *message, __u64 vector, __u64 segments,
						bool in_kernel, __u32 limit, __u32 enough)
{
	__u32 filled = 0;
	__u64 total = 0;

	/* Two at a time: reading what a process holds costs a tenth of a microsecond, however little it is. */
	for (__u32 i = 0; i < MESSAGE_SEGMENTS; i += 2) {
		struct iovec pair[2] = {};
		__u32 size = i + 1 < segments ? sizeof(pair) : sizeof(pair[0]);

		if (i >= segments || message_read_vector(pair, size, vector, i, in_kernel))
			break;
		for (__u32 k = 0; k < 2; k++) {
			if (!pair[k].iov_len)
				continue;
			if (!message->buffer) {
				message->buffer = (__u64)pair[k].iov_base;
				message->length = pair[k].iov_len < limit ? pair[k].iov_len : limit;
			}
			total += pair[k].iov_len;
			filled++;
		}
	}
	message->total = total < limit ? total : limit;
	if (filled > 1 && message->length < enough && message->length < message->total)
		message_gather(message, vector, segments, in_kernel);
}

/* `size` bytes at most from the message's beginning. False when they cannot be read. */
static __always_inline bool message_copy(const struct l7_message *message, void *to, __u32 size)
{
	const void *from = (void *)message->buffer;

	return message->in_kernel ? bpf_probe_read_kernel(to, size, from) == 0 :
				    bpf_probe_read_user(to, size, from) == 0;
}

static __always_inline bool message_read_head(struct l7_message *message)
{
	__u32 length = message->length;

	if (!message->buffer || !length)
		return false;
	if (length > L7_HEAD_LENGTH)
		length = L7_HEAD_LENGTH;
	return message_copy(message, message->head, length);
}

/* Puts the bytes held of an earlier call in front. Not static: verified once. */
__noinline int message_prepend(struct l7_message *message, const struct gs_stream *stream)
{
	struct gathered *gathered;
	__u32 slot = 1, held, length;

	if (!message || !stream)
		return 0;
	gathered = bpf_map_lookup_elem(&gathered_bytes, &slot);
	held = stream->held_length;
	if (!gathered || !held || held > GS_HELD_LENGTH)
		return 0;
	__builtin_memcpy(gathered->bytes, stream->held, GS_HELD_LENGTH);
	length = message->length;
	if (length > MESSAGE_GATHERED - GS_HELD_LENGTH)
		length = MESSAGE_GATHERED - GS_HELD_LENGTH;
	if (!length || !message_copy(message, gathered->bytes + (held & 31), length))
		return 0;
	message->buffer = (__u64)gathered->bytes;
	message->length = length + held;
	message->total += held;
	message->in_kernel = 1;
	return 1;
}

#endif
