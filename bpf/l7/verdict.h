/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What a classifier says about one message. */
#ifndef GUMSHOE_L7_VERDICT_H
#define GUMSHOE_L7_VERDICT_H

#include "kernel_types.h"

#define L7_HEAD_LENGTH 32

/* One read or write. head: its first bytes, zero padded; buffer: where they are in the task's memory. */
struct l7_message {
	__u8 head[L7_HEAD_LENGTH];
	__u64 buffer;
	__u32 length;     /* bytes at buffer */
	__u32 total;      /* bytes of the whole call, all of its segments */
};

enum l7_request {
	L7_OTHER,   /* not this protocol, or the middle of something */
	L7_REQUEST, /* starts a request that will be answered */
	L7_SETUP,   /* this protocol for sure, but nothing to time: login, one-way or blocking commands */
};

enum l7_response {
	L7_WAIT, /* not an answer yet: interim or unsolicited */
	L7_ANSWER,
};

static __always_inline __u32 l7_be32(const __u8 *bytes)
{
	return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

static __always_inline bool l7_is_digit(__u8 byte)
{
	return byte >= '0' && byte <= '9';
}

#endif
