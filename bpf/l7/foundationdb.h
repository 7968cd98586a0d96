/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * FoundationDB: packets of length, checksum (without TLS) and token, then a FlatBuffers message whose identifier tells
 * its kind. An answer bears a token that its request has somewhere inside, where each version puts it elsewhere: answers
 * are paired in the order of requests, so counts and the sum of durations are right, and single ones may be swapped.
 * Watches are left out: they are answered when something happens.
 */
#ifndef GUMSHOE_L7_FOUNDATIONDB_H
#define GUMSHOE_L7_FOUNDATIONDB_H

#include "verdict.h"

#define FOUNDATIONDB_LENGTH 4
#define FOUNDATIONDB_CHECKSUM 8
/* Behind length, token and the offset of the FlatBuffers root. */
#define FOUNDATIONDB_IDENTIFIER 24
#define FOUNDATIONDB_SMALLEST 24 /* token, offset and identifier */
#define FOUNDATIONDB_LARGEST (1 << 28)
#define FOUNDATIONDB_LARGEST_CONNECT 256

/* Version 0x.FDB... with the flag that objects are serialized, behind the length of the first packet. */
static __always_inline bool foundationdb_is_connect(const __u8 *head)
{
	__u32 length = l7_le32(head);

	return head[10] == 0xdb && head[11] == 0x1f && length >= 16 && length <= FOUNDATIONDB_LARGEST_CONNECT;
}

/* Source: fdbclient/StorageServerInterface.h, CommitProxyInterface.h, GrvProxyInterface.h, CoordinationInterface.h. */
static __always_inline bool foundationdb_is_asked(__u32 identifier)
{
	switch (identifier) {
	case 8454530:  /* GetValueRequest */
	case 6795746:  /* GetKeyValuesRequest */
	case 10457870: /* GetKeyRequest */
	case 93948:    /* CommitTransactionRequest */
	case 838566:   /* GetReadVersionRequest */
	case 9144680:  /* GetKeyServerLocationsRequest */
		return true;
	}
	return false;
}

static __always_inline bool foundationdb_is_answered(__u32 identifier)
{
	switch (identifier) {
	case 1378929:  /* GetValueReply */
	case 1783066:  /* GetKeyValuesReply */
	case 11226513: /* GetKeyReply */
	case 14254927: /* CommitID */
	case 15709388: /* GetReadVersionReply */
	case 10636023: /* GetKeyServerLocationsReply */
		return true;
	}
	return false;
}

/* Whether the identifier is one of those; the size of the packet in either case. The upper byte tells the wrapper. */
static __always_inline bool foundationdb_read(const struct l7_message *message, struct l7_facts *facts, bool asks)
{
	__u32 length = l7_le32(message->head), identifier;
	__u8 bytes[4];

	facts->size = FOUNDATIONDB_LENGTH + FOUNDATIONDB_CHECKSUM + length;
	if (l7_read(message, FOUNDATIONDB_IDENTIFIER + FOUNDATIONDB_CHECKSUM, bytes, sizeof(bytes))) {
		identifier = l7_le32(bytes) & 0xffffff;
		if (asks ? foundationdb_is_asked(identifier) : foundationdb_is_answered(identifier))
			return true;
	}
	identifier = l7_le32(message->head + FOUNDATIONDB_IDENTIFIER) & 0xffffff;
	if (asks ? foundationdb_is_asked(identifier) : foundationdb_is_answered(identifier)) {
		facts->size = FOUNDATIONDB_LENGTH + length;
		return true;
	}
	if (FOUNDATIONDB_LENGTH + length == message->total)
		facts->size = message->total; /* no checksum */
	return false;
}

static __always_inline enum l7_verdict foundationdb_judge(const struct l7_message *message, struct l7_facts *facts,
							  bool asks)
{
	__u32 length = l7_le32(message->head);

	if (message->length < 12)
		return L7_MORE;
	if (foundationdb_is_connect(message->head)) {
		facts->size = FOUNDATIONDB_LENGTH + length;
		return L7_SETUP;
	}
	if (length < 16 || length > FOUNDATIONDB_LARGEST)
		return L7_OTHER;
	if (message->length < FOUNDATIONDB_LENGTH + FOUNDATIONDB_SMALLEST)
		return message->length <= 16 ? L7_MORE : L7_OTHER;
	if (!foundationdb_read(message, facts, asks))
		return L7_SETUP;
	return asks ? L7_REQUEST : L7_ANSWER;
}

__noinline int foundationdb_request(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	return foundationdb_judge(message, facts, true);
}

__noinline int foundationdb_learn(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict;

	if (!message || !facts || message->length < FOUNDATIONDB_LENGTH + FOUNDATIONDB_SMALLEST)
		return L7_OTHER;
	verdict = foundationdb_judge(message, facts, true);
	if (verdict == L7_SETUP)
		return foundationdb_is_connect(message->head) ? L7_SETUP : L7_OTHER;
	return verdict == L7_REQUEST && facts->size <= message->total ? L7_REQUEST : L7_OTHER;
}

__noinline int foundationdb_response(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	return foundationdb_judge(message, facts, false);
}

#endif
