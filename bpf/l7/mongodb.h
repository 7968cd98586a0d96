/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * MongoDB wire protocol: a header of four little-endian integers (length, id, id that is answered, operation), often
 * read apart from its body. Answers come in any order.
 */
#ifndef GUMSHOE_L7_MONGODB_H
#define GUMSHOE_L7_MONGODB_H

#include "verdict.h"

#define MONGODB_HEADER 16
#define MONGODB_LARGEST (48000000 + 16 * 1024)
#define MONGODB_REPLY 1
#define MONGODB_QUERY 2004
#define MONGODB_GET_MORE 2005
#define MONGODB_COMPRESSED 2012
#define MONGODB_MSG 2013
#define MONGODB_MORE_TO_COME (1 << 1)    /* nobody answers */
#define MONGODB_EXHAUST_ALLOWED (1 << 16) /* many answers, when something happens */
#define MONGODB_KNOWN_FLAGS (1 | MONGODB_MORE_TO_COME | MONGODB_EXHAUST_ALLOWED)
/* Where the type of the first element of OP_MSG's document is: after flags, section kind and document size. */
#define MONGODB_FIRST_ELEMENT (MONGODB_HEADER + 9)

static __always_inline bool mongodb_has_header(const struct l7_message *message)
{
	__u32 size = l7_le32(message->head);

	return size >= MONGODB_HEADER && size <= MONGODB_LARGEST;
}

__noinline int mongodb_request(struct l7_message *message, struct l7_facts *facts)
{
	__u32 operation, flags;

	if (!message || !facts)
		return L7_OTHER;
	if (message->length < MONGODB_HEADER + 4)
		return L7_MORE;
	if (!mongodb_has_header(message) || l7_le32(message->head + 8) != 0)
		return L7_OTHER;
	facts->size = l7_le32(message->head);
	facts->key = l7_le32(message->head + 4);
	operation = l7_le32(message->head + 12);
	if (operation == MONGODB_MSG) {
		flags = l7_le32(message->head + MONGODB_HEADER);
		return flags & (MONGODB_MORE_TO_COME | MONGODB_EXHAUST_ALLOWED) ? L7_SETUP : L7_REQUEST;
	}
	if (operation == MONGODB_COMPRESSED || operation == MONGODB_QUERY || operation == MONGODB_GET_MORE)
		return L7_REQUEST;
	return operation > 2000 && operation < 2008 ? L7_SETUP : L7_OTHER;
}

__noinline int mongodb_learn(struct l7_message *message, struct l7_facts *facts)
{
	__u32 operation;

	if (!message || !facts || message->length < MONGODB_HEADER + 10 || !mongodb_has_header(message))
		return L7_OTHER;
	operation = l7_le32(message->head + 12);
	if (operation == MONGODB_MSG) {
		if (l7_le32(message->head + MONGODB_HEADER) & ~MONGODB_KNOWN_FLAGS || message->head[20] > 1)
			return L7_OTHER;
	} else if (operation == MONGODB_COMPRESSED) {
		if (l7_le32(message->head + MONGODB_HEADER) != MONGODB_MSG &&
		    l7_le32(message->head + MONGODB_HEADER) != MONGODB_QUERY)
			return L7_OTHER;
	} else if (operation != MONGODB_QUERY) {
		return L7_OTHER;
	}
	return mongodb_request(message, facts);
}

/* Servers put `ok` first into the answers that say 0. */
static __always_inline bool mongodb_is_failure(const struct l7_message *message)
{
	__u8 element[12];

	if (!l7_read(message, MONGODB_FIRST_ELEMENT, element, sizeof(element)))
		return false;
	return element[0] == 0x01 && element[1] == 'o' && element[2] == 'k' && element[3] == 0 &&
	       l7_le32(element + 4) == 0 && l7_le32(element + 8) == 0;
}

__noinline int mongodb_response(struct l7_message *message, struct l7_facts *facts)
{
	__u32 operation;

	if (!message || !facts)
		return L7_OTHER;
	if (message->length < MONGODB_HEADER + 4)
		return L7_MORE;
	if (!mongodb_has_header(message))
		return L7_OTHER;
	facts->size = l7_le32(message->head);
	facts->key = l7_le32(message->head + 8);
	operation = l7_le32(message->head + 12);
	if (operation == MONGODB_MSG)
		facts->status = mongodb_is_failure(message);
	if (operation == MONGODB_REPLY)
		facts->status = (message->head[MONGODB_HEADER] & 2) != 0; /* QueryFailure */
	return operation == MONGODB_MSG || operation == MONGODB_COMPRESSED || operation == MONGODB_REPLY ? L7_ANSWER :
													   L7_OTHER;
}

#endif
