/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * HTTP/2, RFC 9113. Requests are told by user space, which needs every header block in order; here are the frames
 * only: which of them user space gets, and where requests begin and end.
 */
#ifndef GUMSHOE_L7_HTTP2_H
#define GUMSHOE_L7_HTTP2_H

#include "verdict.h"

#define HTTP2_PREFACE 24
#define HTTP2_HEADER 9
#define HTTP2_DATA 0
#define HTTP2_HEADERS 1
#define HTTP2_PRIORITY 2
#define HTTP2_RST_STREAM 3
#define HTTP2_SETTINGS 4
#define HTTP2_PUSH_PROMISE 5
#define HTTP2_PING 6
#define HTTP2_GOAWAY 7
#define HTTP2_WINDOW_UPDATE 8
#define HTTP2_CONTINUATION 9
#define HTTP2_LAST_TYPE 0x10 /* PRIORITY_UPDATE, RFC 9218 */
#define HTTP2_END_STREAM 0x01
#define HTTP2_END_HEADERS 0x04
#define HTTP2_PADDED 0x08
/* The size that everybody leaves SETTINGS_MAX_FRAME_SIZE at or below. */
#define HTTP2_MAX_FRAME (1 << 20)

struct http2_frame {
	__u32 length, stream;
	__u8 type, flags;
};

static __always_inline void http2_parse(const __u8 *head, struct http2_frame *frame)
{
	frame->length = (__u32)head[0] << 16 | (__u32)head[1] << 8 | head[2];
	frame->type = head[3];
	frame->flags = head[4];
	frame->stream = l7_be32(head + 5) & 0x7fffffff;
}

static __always_inline void http2_write_header(__u8 *to, __u8 type, __u8 length, __u32 stream)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = length;
	to[3] = type;
	to[4] = 0;
	to[5] = stream >> 24;
	to[6] = stream >> 16;
	to[7] = stream >> 8;
	to[8] = stream;
}

static __always_inline bool http2_is_plausible(const struct http2_frame *frame)
{
	if (frame->length > HTTP2_MAX_FRAME || frame->type > HTTP2_LAST_TYPE)
		return false;
	switch (frame->type) {
	case HTTP2_DATA:
	case HTTP2_HEADERS:
	case HTTP2_CONTINUATION:
	case HTTP2_PUSH_PROMISE:
		return frame->stream != 0;
	case HTTP2_RST_STREAM:
		return frame->stream != 0 && frame->length == 4;
	case HTTP2_SETTINGS:
		return frame->stream == 0 && frame->length % 6 == 0;
	case HTTP2_PING:
		return frame->stream == 0 && frame->length == 8;
	case HTTP2_GOAWAY:
		return frame->stream == 0 && frame->length >= 8;
	case HTTP2_WINDOW_UPDATE:
		return frame->length == 4;
	}
	return true;
}

/* Does user space get this frame? Of DATA it gets the header. */
static __always_inline bool http2_is_wanted(const struct http2_frame *frame)
{
	switch (frame->type) {
	case HTTP2_HEADERS:
	case HTTP2_RST_STREAM:
	case HTTP2_PUSH_PROMISE:
	case HTTP2_GOAWAY:
	case HTTP2_CONTINUATION:
		return true;
	case HTTP2_DATA:
		return frame->flags & HTTP2_END_STREAM;
	}
	return false;
}

static __always_inline bool http2_is_preface(const __u8 *head)
{
	return l7_be32(head) == 0x50524920 && l7_be32(head + 4) == 0x2a204854 && l7_be32(head + 8) == 0x54502f32;
}

/* A connection that was there before: one whole header block of a client's stream that begins with a known field. */
static __always_inline bool http2_is_request(const struct l7_message *message)
{
	const __u8 *head = message->head;
	struct http2_frame frame;

	http2_parse(head, &frame);
	return message->length > HTTP2_HEADER && frame.type == HTTP2_HEADERS && (frame.stream & 1) &&
	       (frame.flags & HTTP2_END_HEADERS) && !(frame.flags & ~0x2d) && frame.length < 16384 &&
	       frame.length + HTTP2_HEADER <= message->total && (frame.flags & 0x28 || head[9] & 0x80);
}

#endif
