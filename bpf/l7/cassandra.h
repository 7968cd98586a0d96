/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Cassandra native protocol, v3 to v5: envelopes of version, flags, stream, opcode and length. v5 puts them into frames
 * once the connection is set up: 17 bits of length, a flag and a checksum of 24 bits, behind the payload one of 32;
 * with compression the header has 8 bytes instead of 6. Answers come in any order and bear the stream.
 */
#ifndef GUMSHOE_L7_CASSANDRA_H
#define GUMSHOE_L7_CASSANDRA_H

#include "verdict.h"

#define CASSANDRA_ENVELOPE 9
#define CASSANDRA_FRAME 6
#define CASSANDRA_COMPRESSED_FRAME 8
#define CASSANDRA_TRAILER 4
#define CASSANDRA_LARGEST (1 << 28)
#define CASSANDRA_ANSWER 0x80
#define CASSANDRA_ERROR 0x00
#define CASSANDRA_STARTUP 0x01
#define CASSANDRA_OPTIONS 0x05
#define CASSANDRA_QUERY 0x07
#define CASSANDRA_PREPARE 0x09
#define CASSANDRA_EXECUTE 0x0a
#define CASSANDRA_EVENT 0x0c
#define CASSANDRA_BATCH 0x0d
#define CASSANDRA_LAST_OPCODE 0x10

/* Checksum of a frame's header. Source: native protocol v5, section 2.2. */
static __always_inline __u32 cassandra_crc24(const __u8 *bytes, int length)
{
	__u32 crc = 0x875060;

	for (int i = 0; i < length; i++) {
		crc ^= (__u32)bytes[i] << 16;
		for (int bit = 0; bit < 8; bit++) {
			crc <<= 1;
			if (crc & 0x1000000)
				crc ^= 0x1974f0b;
		}
	}
	return crc & 0xffffff;
}

static __always_inline __u32 cassandra_le24(const __u8 *bytes)
{
	return (__u32)bytes[2] << 16 | (__u32)bytes[1] << 8 | bytes[0];
}

static __always_inline bool cassandra_is_envelope(const __u8 *bytes, __u8 direction)
{
	__u8 version = bytes[0] ^ direction;

	return version >= 3 && version <= 5 && bytes[1] <= 0x1f && bytes[4] <= CASSANDRA_LAST_OPCODE &&
	       l7_be32(bytes + 5) <= CASSANDRA_LARGEST;
}

/* Where a message has its envelope, and where it ends. */
struct cassandra_place {
	__u32 envelope; /* offset */
	__u32 size;	/* 0: no frame */
	__u32 hidden;	/* compressed */
};

__noinline int cassandra_find(struct l7_message *message, struct cassandra_place *place)
{
	const __u8 *head;
	__u32 length;

	if (!message || !place)
		return 0;
	head = message->head;
	if (cassandra_le24(head + 3) == cassandra_crc24(head, 3)) {
		length = cassandra_le24(head) & 0x1ffff;
		place->envelope = CASSANDRA_FRAME;
		place->size = CASSANDRA_FRAME + length + CASSANDRA_TRAILER;
	} else if (cassandra_le24(head + 5) == cassandra_crc24(head, 5)) {
		length = cassandra_le24(head) & 0x1ffff;
		place->envelope = CASSANDRA_COMPRESSED_FRAME;
		place->size = CASSANDRA_COMPRESSED_FRAME + length + CASSANDRA_TRAILER;
		place->hidden = head[2] >> 1 || head[3] || head[4] & 3;
	}
	return 1;
}

/*
 * The envelope's first bytes, and in facts the stream and where the next envelope or frame begins. Frames hold several
 * envelopes: behind the last one stands the checksum, so what follows is looked at.
 */
static __always_inline enum l7_verdict cassandra_read(struct l7_message *message, struct l7_facts *facts,
						      __u8 direction, __u8 *envelope)
{
	struct cassandra_place place = {};
	__u8 next[CASSANDRA_ENVELOPE];
	__u32 end;

	if (message->length < CASSANDRA_ENVELOPE)
		return L7_MORE;
	if (!cassandra_find(message, &place))
		return L7_OTHER;
	if (place.hidden) {
		facts->size = place.size;
		return L7_SETUP;
	}
	if (!l7_read(message, place.envelope, envelope, CASSANDRA_ENVELOPE))
		return message->length < 16 ? L7_MORE : L7_OTHER;
	if (!cassandra_is_envelope(envelope, direction)) {
		facts->size = place.size; /* the rest of an envelope that needs several frames */
		return place.size ? L7_SETUP : L7_OTHER;
	}
	end = place.envelope + CASSANDRA_ENVELOPE + l7_be32(envelope + 5);
	facts->key = l7_be16(envelope + 2);
	facts->size = place.size ? place.size : end;
	if ((envelope[0] & 0x7f) < 5)
		return L7_REQUEST;
	if (end + CASSANDRA_ENVELOPE <= message->length && l7_read(message, end, next, sizeof(next)) &&
	    cassandra_is_envelope(next, direction))
		facts->size = end;
	else if (!place.size && envelope[4] != CASSANDRA_STARTUP && envelope[4] != CASSANDRA_OPTIONS &&
		 envelope[4] != 0x02 && envelope[4] != 0x03 && envelope[4] != 0x06)
		facts->size = end + CASSANDRA_TRAILER; /* the last of several in a frame */
	return L7_REQUEST;
}

__noinline int cassandra_request(struct l7_message *message, struct l7_facts *facts)
{
	__u8 envelope[CASSANDRA_ENVELOPE] = {};
	enum l7_verdict verdict;

	if (!message || !facts)
		return L7_OTHER;
	verdict = cassandra_read(message, facts, 0, envelope);
	if (verdict != L7_REQUEST)
		return verdict;
	switch (envelope[4]) {
	case CASSANDRA_QUERY:
	case CASSANDRA_PREPARE:
	case CASSANDRA_EXECUTE:
	case CASSANDRA_BATCH:
		return L7_REQUEST;
	}
	return L7_SETUP;
}

/* A frame's checksum, or an envelope whose body begins as its opcode demands. */
__noinline int cassandra_learn(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict;
	const __u8 *head;
	__u32 length;

	if (!message || !facts || message->length < CASSANDRA_ENVELOPE)
		return L7_OTHER;
	head = message->head;
	if (cassandra_le24(head + 3) != cassandra_crc24(head, 3)) {
		if (!cassandra_is_envelope(head, 0))
			return L7_OTHER;
		length = l7_be32(head + 5);
		if (head[4] == CASSANDRA_QUERY || head[4] == CASSANDRA_PREPARE) {
			if (message->length < 14 || l7_be32(head + 9) + 4 > length || head[13] < '\t')
				return L7_OTHER;
		} else if (head[4] == CASSANDRA_EXECUTE) {
			if (message->length < 12 || l7_be16(head + 9) != 16)
				return L7_OTHER;
		} else if (head[4] == CASSANDRA_STARTUP) {
			if (message->length < 12 || head[9] != 0 || head[10] > 8)
				return L7_OTHER;
		} else if (head[4] != CASSANDRA_OPTIONS || length != 0) {
			return L7_OTHER;
		}
	}
	verdict = cassandra_request(message, facts);
	return verdict == L7_MORE ? L7_OTHER : verdict;
}

__noinline int cassandra_response(struct l7_message *message, struct l7_facts *facts)
{
	__u8 envelope[CASSANDRA_ENVELOPE] = {};
	enum l7_verdict verdict;

	if (!message || !facts)
		return L7_OTHER;
	verdict = cassandra_read(message, facts, CASSANDRA_ANSWER, envelope);
	if (verdict != L7_REQUEST)
		return verdict;
	facts->status = envelope[4] == CASSANDRA_ERROR;
	return envelope[4] == CASSANDRA_EVENT ? L7_SETUP : L7_ANSWER;
}

#endif
