/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What a classifier is given, and what it says about one message. The interface is described in classify.h. */
#ifndef GUMSHOE_L7_VERDICT_H
#define GUMSHOE_L7_VERDICT_H

#include "kernel_types.h"

#define L7_HEAD_LENGTH 32

/* Bytes of one read or write, from the beginning of a message on. */
struct l7_message {
	__u8 head[L7_HEAD_LENGTH]; /* the first bytes, zero padded */
	__u64 buffer;		   /* where they are: read through l7_read() only */
	__u32 length;		   /* bytes at buffer */
	__u32 total;		   /* bytes of the whole call from here on */
	__u32 in_kernel;	   /* 1: buffer was put together by the engine */
	__u32 reserved;
};

enum l7_verdict {
	L7_OTHER,   /* not this protocol, or the middle of something, or not an answer yet */
	L7_REQUEST, /* starts a request that will be answered */
	L7_ANSWER,  /* begins the answer to a request */
	L7_MESSAGE, /* neither answered nor an answer: facts->status is GS_METHOD_*; counted without a duration */
	L7_SETUP,   /* this protocol for sure, but nothing to time: login, one-way or blocking commands */
	L7_MORE,    /* the header is cut: ask again when more bytes came (at most GS_HELD_LENGTH are kept) */
};

struct l7_facts {
	__u64 key;    /* out: pairs request and answer, for protocols in l7_is_keyed() */
	__u32 size;   /* out: bytes of this message, its header included, even beyond this call; 0: cannot be told */
	__u16 status; /* out, answers: 0 ok, 1 failed, or the protocol's own code; messages: GS_METHOD_* */
	__u16 wants_size; /* in: others wait behind, so `size` is worth some work */
};

static __always_inline __u32 l7_be32(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

static __always_inline __u32 l7_le32(const __u8 *bytes)
{
	return (__u32)bytes[3] << 24 | (__u32)bytes[2] << 16 | (__u32)bytes[1] << 8 | bytes[0];
}

static __always_inline __u16 l7_be16(const __u8 *bytes)
{
	return (__u16)(bytes[0] << 8 | bytes[1]);
}

static __always_inline bool l7_is_digit(__u8 byte)
{
	return byte >= '0' && byte <= '9';
}

/* `size` (a constant) bytes at `offset` of the message. False when they are not all there. */
static __always_inline bool l7_read(const struct l7_message *message, __u32 offset, void *to, __u32 size)
{
	const void *from = (void *)message->buffer + offset;

	if (offset + size > message->length)
		return false;
	if (message->in_kernel)
		return bpf_probe_read_kernel(to, size, from) == 0;
	return bpf_probe_read_user(to, size, from) == 0;
}

#endif
