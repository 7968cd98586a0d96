/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * AMQP 0-9-1 (RabbitMQ): frames of type, channel, size, payload and 0xCE. Messages are counted when they are published
 * and when they are delivered or fetched; nobody answers either. A message is its method frame, a content header and
 * body frames: all that stand in one call are passed over together.
 */
#ifndef GUMSHOE_L7_AMQP_H
#define GUMSHOE_L7_AMQP_H

#include "verdict.h"

#define AMQP_HEADER 7
#define AMQP_FRAME (AMQP_HEADER + 1) /* with its end */
#define AMQP_FRAME_END 0xce
#define AMQP_METHOD 1
#define AMQP_CONTENT_HEADER 2
#define AMQP_HEARTBEAT 8
#define AMQP_LARGEST (1 << 20)	       /* frame_max that servers agree to is 128 KiB */
#define AMQP_LARGEST_BODY (128 * 1024) /* of one frame */
#define AMQP_BASIC 60
#define AMQP_PUBLISH 40
#define AMQP_DELIVER 60
#define AMQP_GET_OK 71

static __always_inline bool amqp_is_preamble(const __u8 *head)
{
	return l7_be32(head) == 0x414d5150 && head[4] == 0 && head[5] == 0 && head[6] == 9 && head[7] == 1;
}

static __always_inline bool amqp_is_frame(const __u8 *head)
{
	return ((head[0] >= AMQP_METHOD && head[0] <= 3) || head[0] == AMQP_HEARTBEAT) &&
	       l7_be32(head + 3) <= AMQP_LARGEST;
}

/* Bytes of a message's content header at `offset`, and of its body when it is one frame. 0: not in this call. */
static __always_inline __u32 amqp_content(const struct l7_message *message, __u32 offset)
{
	__u8 header[AMQP_HEADER + 12];
	__u32 size, body;

	if (!l7_read(message, offset, header, sizeof(header)) || header[0] != AMQP_CONTENT_HEADER)
		return 0;
	size = AMQP_FRAME + l7_be32(header + 3);
	body = l7_be32(header + AMQP_HEADER + 8);
	if (l7_be32(header + AMQP_HEADER + 4) || body > AMQP_LARGEST_BODY - AMQP_FRAME)
		return size;
	return size + (body ? AMQP_FRAME + body : 0);
}

static __always_inline enum l7_verdict amqp_frame(struct l7_message *message, struct l7_facts *facts, bool asks)
{
	const __u8 *head = message->head;
	__u16 method;

	if (message->length < AMQP_HEADER)
		return L7_MORE;
	if (amqp_is_preamble(head)) {
		facts->size = 8;
		return L7_SETUP;
	}
	if (!amqp_is_frame(head))
		return L7_OTHER;
	facts->size = AMQP_FRAME + l7_be32(head + 3);
	if (head[0] != AMQP_METHOD)
		return L7_SETUP;
	if (message->length < AMQP_HEADER + 4) {
		facts->size = 0;
		return L7_MORE;
	}
	method = l7_be16(head + AMQP_HEADER + 2);
	if (l7_be16(head + AMQP_HEADER) != AMQP_BASIC)
		return L7_SETUP;
	if (asks ? method != AMQP_PUBLISH : method != AMQP_DELIVER && method != AMQP_GET_OK)
		return L7_SETUP;
	facts->size += amqp_content(message, facts->size);
	facts->status = asks ? GS_METHOD_PRODUCE : GS_METHOD_CONSUME;
	return L7_MESSAGE;
}

__noinline int amqp_request(struct l7_message *message, struct l7_facts *facts)
{
	return message && facts ? amqp_frame(message, facts, true) : L7_OTHER;
}

__noinline int amqp_response(struct l7_message *message, struct l7_facts *facts)
{
	return message && facts ? amqp_frame(message, facts, false) : L7_OTHER;
}

/* The preamble, or a whole method frame of a class that clients use, with its end. */
__noinline int amqp_learn(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;
	__u16 number;
	__u8 end;

	if (!message || !facts || message->length < 8)
		return L7_OTHER;
	head = message->head;
	if (!amqp_is_preamble(head)) {
		if (message->length < AMQP_HEADER + 5 || head[0] != AMQP_METHOD || !amqp_is_frame(head))
			return L7_OTHER;
		number = l7_be16(head + AMQP_HEADER);
		if (number != 20 && number != 40 && number != 50 && number != AMQP_BASIC)
			return L7_OTHER;
		if (!l7_read(message, AMQP_HEADER + l7_be32(head + 3), &end, 1) || end != AMQP_FRAME_END)
			return L7_OTHER;
	}
	return amqp_frame(message, facts, true);
}

#endif
