/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Dubbo 2: a header of 16 bytes (magic, flags, status, id, length of the body). Answers come in any order and bear the
 * id. Events are heartbeats, which either side may send; calls without the two-way flag are not answered.
 */
#ifndef GUMSHOE_L7_DUBBO2_H
#define GUMSHOE_L7_DUBBO2_H

#include "verdict.h"

#define DUBBO2_HEADER 16
#define DUBBO2_MAGIC 0xdabb
#define DUBBO2_LARGEST (1 << 28)
#define DUBBO2_REQUEST 0x80
#define DUBBO2_TWO_WAY 0x40
#define DUBBO2_EVENT 0x20
#define DUBBO2_SERIALIZATION 0x1f
#define DUBBO2_OK 20

/* The id, and the size of the message. False when it is none. */
static __always_inline bool dubbo2_read(const struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head = message->head;
	__u32 body = l7_be32(head + 12);

	if (l7_be16(head) != DUBBO2_MAGIC || body > DUBBO2_LARGEST || !(head[2] & DUBBO2_SERIALIZATION))
		return false;
	facts->key = (__u64)l7_be32(head + 4) << 32 | l7_be32(head + 8);
	facts->size = DUBBO2_HEADER + body;
	return true;
}

__noinline int dubbo2_request(struct l7_message *message, struct l7_facts *facts)
{
	__u8 flags;

	if (!message || !facts)
		return L7_OTHER;
	if (message->length < DUBBO2_HEADER)
		return L7_MORE;
	if (!dubbo2_read(message, facts))
		return L7_OTHER;
	flags = message->head[2];
	return (flags & DUBBO2_REQUEST) && (flags & DUBBO2_TWO_WAY) && !(flags & DUBBO2_EVENT) ? L7_REQUEST : L7_SETUP;
}

__noinline int dubbo2_learn(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts || message->length < DUBBO2_HEADER || !(message->head[2] & DUBBO2_REQUEST) ||
	    message->head[3] != 0)
		return L7_OTHER;
	return dubbo2_request(message, facts);
}

__noinline int dubbo2_response(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	if (message->length < DUBBO2_HEADER)
		return L7_MORE;
	if (!dubbo2_read(message, facts))
		return L7_OTHER;
	if (message->head[2] & (DUBBO2_REQUEST | DUBBO2_EVENT))
		return L7_SETUP;
	facts->status = message->head[3] != DUBBO2_OK;
	return L7_ANSWER;
}

#endif
