/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* From the arguments of a read or write to the bytes it moved. */
#ifndef GUMSHOE_MESSAGE_BPF_H
#define GUMSHOE_MESSAGE_BPF_H

#include "../../l7/verdict.h"
#include "../kernel_types.h"

/* Segments of a vector that are looked at. */
#define MESSAGE_SEGMENTS 4
#define MSG_PEEK 2

/* limit: bytes that the call moved (reads), or ~0 when not known yet (writes). */
static __always_inline void message_from_buffer(struct l7_message *message, __u64 buffer, __u64 length, __u32 limit)
{
	message->buffer = buffer;
	message->length = length < limit ? length : limit;
	message->total = message->length;
}

/* The first segment that holds bytes stands for the message; the others only add to its size. */
static __always_inline void message_from_vector(struct l7_message *message, __u64 vector, __u64 segments, __u32 limit)
{
	__u32 total = 0;

	for (__u32 i = 0; i < MESSAGE_SEGMENTS; i++) {
		struct iovec segment;

		if (i >= segments ||
		    bpf_probe_read_user(&segment, sizeof(segment), (struct iovec *)vector + i))
			break;
		if (!segment.iov_len)
			continue;
		if (!message->buffer) {
			message->buffer = (__u64)segment.iov_base;
			message->length = segment.iov_len < limit ? segment.iov_len : limit;
		}
		total += segment.iov_len;
	}
	message->total = total < limit ? total : limit;
}

static __always_inline void message_from_header(struct l7_message *message, __u64 address, __u32 limit)
{
	struct user_msghdr header;

	if (!bpf_probe_read_user(&header, sizeof(header), (void *)address))
		message_from_vector(message, (__u64)header.msg_iov, header.msg_iovlen, limit);
}

static __always_inline bool message_read_head(struct l7_message *message)
{
	__u32 length = message->length;

	if (!message->buffer || !length)
		return false;
	if (length > L7_HEAD_LENGTH)
		length = L7_HEAD_LENGTH;
	return bpf_probe_read_user(message->head, length, (void *)message->buffer) == 0;
}

#endif
