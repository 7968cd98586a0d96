/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Kafka: a big-endian size, then API key, version, correlation id and client id; answers bear the correlation id.
 * Brokers read the size apart. What an answer says depends on the API, so failures are user space's to tell.
 */
#ifndef GUMSHOE_L7_KAFKA_H
#define GUMSHOE_L7_KAFKA_H

#include "verdict.h"

#define KAFKA_SIZE 4
#define KAFKA_REQUEST_HEADER 14 /* up to the client id's length */
#define KAFKA_LAST_API 92
#define KAFKA_LAST_VERSION 20
#define KAFKA_LARGEST (1 << 28)
#define KAFKA_PRODUCE 0
#define KAFKA_METADATA 3
#define KAFKA_API_VERSIONS 18
#define KAFKA_PRODUCE_HAS_TRANSACTION 3
#define KAFKA_PRODUCE_IS_COMPACT 9
#define KAFKA_LONGEST_NAME 255

static __always_inline bool kafka_has_header(const struct l7_message *message)
{
	const __u8 *head = message->head;

	return l7_be32(head) >= KAFKA_REQUEST_HEADER - KAFKA_SIZE && l7_be32(head) <= KAFKA_LARGEST &&
	       l7_be16(head + 4) <= KAFKA_LAST_API && l7_be16(head + 6) <= KAFKA_LAST_VERSION && head[8] < 0x80;
}

/* Producers that want no acknowledgement (acks 0) get no answer. */
static __always_inline bool kafka_is_one_way(const struct l7_message *message)
{
	__u16 version = l7_be16(message->head + 6);
	__u16 length = l7_be16(message->head + 12);
	__u32 at = KAFKA_REQUEST_HEADER;
	__u8 bytes[2];

	if (l7_be16(message->head + 4) != KAFKA_PRODUCE || (length > KAFKA_LONGEST_NAME && length != 0xffff))
		return false;
	if (length != 0xffff)
		at += length;
	if (version >= KAFKA_PRODUCE_IS_COMPACT) {
		/* no tagged fields, and the length of the transactional id plus one */
		if (!l7_read(message, at, bytes, 2) || bytes[0] != 0 || bytes[1] >= 0x80)
			return false;
		at += 2 + (bytes[1] ? bytes[1] - 1 : 0);
	} else if (version >= KAFKA_PRODUCE_HAS_TRANSACTION) {
		if (!l7_read(message, at, bytes, 2))
			return false;
		length = l7_be16(bytes);
		if (length > KAFKA_LONGEST_NAME && length != 0xffff)
			return false;
		at += 2 + (length == 0xffff ? 0 : length);
	}
	return l7_read(message, at, bytes, 2) && bytes[0] == 0 && bytes[1] == 0;
}

__noinline int kafka_request(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	if (message->length < KAFKA_REQUEST_HEADER)
		return L7_MORE;
	if (!kafka_has_header(message))
		return L7_OTHER;
	facts->size = KAFKA_SIZE + l7_be32(message->head);
	facts->key = l7_be32(message->head + 8);
	return kafka_is_one_way(message) ? L7_SETUP : L7_REQUEST;
}

/* A client id of printable characters, or a whole request of the kind that opens connections. */
__noinline int kafka_learn(struct l7_message *message, struct l7_facts *facts)
{
	__u16 api, length;

	if (!message || !facts || message->length < KAFKA_REQUEST_HEADER || !kafka_has_header(message))
		return L7_OTHER;
	api = l7_be16(message->head + 4);
	length = l7_be16(message->head + 12);
	if (length == 0 || length == 0xffff) {
		if ((api != KAFKA_API_VERSIONS && api != KAFKA_METADATA) ||
		    KAFKA_SIZE + l7_be32(message->head) != message->total)
			return L7_OTHER;
		return kafka_request(message, facts);
	}
	if (length > KAFKA_LONGEST_NAME || KAFKA_REQUEST_HEADER - KAFKA_SIZE + length > l7_be32(message->head))
		return L7_OTHER;
	for (int i = 0; i < L7_HEAD_LENGTH - KAFKA_REQUEST_HEADER; i++) {
		__u8 letter = message->head[KAFKA_REQUEST_HEADER + i];

		if (i < length && (letter < ' ' || letter > '~'))
			return L7_OTHER;
	}
	return kafka_request(message, facts);
}

__noinline int kafka_response(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	if (message->length < KAFKA_SIZE + 4)
		return L7_MORE;
	if (l7_be32(message->head) < 4 || l7_be32(message->head) > KAFKA_LARGEST)
		return L7_OTHER;
	facts->size = KAFKA_SIZE + l7_be32(message->head);
	facts->key = l7_be32(message->head + 4);
	return L7_ANSWER;
}

#endif
