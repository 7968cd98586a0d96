/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* PostgreSQL frontend/backend protocol 3.0, simple and extended queries. */
#ifndef GUMSHOE_L7_POSTGRES_H
#define GUMSHOE_L7_POSTGRES_H

#include "verdict.h"

#define POSTGRES_STARTUP 0x00030000
#define POSTGRES_SSL_REQUEST 0x04d2162f
#define POSTGRES_GSS_REQUEST 0x04d21630
#define POSTGRES_MAX_MESSAGE 0x01000000
/* Frames of one answer that are looked through for an error: ParseComplete, BindComplete, … */
#define POSTGRES_FRAMES 6

/* The first message of a connection has no type byte. */
static __always_inline bool postgres_is_startup(const struct l7_message *message)
{
	__u32 length = l7_be32(message->head), code = l7_be32(message->head + 4);

	if (message->total != length)
		return false;
	return code == POSTGRES_STARTUP || (length == 8 && (code == POSTGRES_SSL_REQUEST || code == POSTGRES_GSS_REQUEST));
}

/*
 * Query starts a request; so do Parse, Bind, Execute and Function call, unless they follow one that is not
 * answered yet (the caller knows). The rest of an extended query may come in further writes.
 */
__noinline int postgres_request(struct l7_message *message, struct l7_facts *facts)
{
	__u32 length;

	if (!message || !facts)
		return L7_OTHER;
	length = l7_be32(message->head + 1);
	if (postgres_is_startup(message))
		return L7_SETUP;
	if (length < 4 || length >= POSTGRES_MAX_MESSAGE)
		return L7_OTHER;
	switch (message->head[0]) {
	case 'Q':
		return length > 4 ? L7_REQUEST : L7_OTHER;
	case 'P':
	case 'B':
	case 'E':
	case 'F':
		return length >= 8 ? L7_REQUEST : L7_OTHER;
	}
	return L7_OTHER;
}

/* A simple query that is all there is in this message. */
static __always_inline bool postgres_is_whole_query(const struct l7_message *message)
{
	return message->head[0] == 'Q' && l7_be32(message->head + 1) + 1 == message->total;
}

/* Stricter, for a connection of unknown protocol whose start was not seen. */
__noinline int postgres_learn(struct l7_message *message, struct l7_facts *facts)
{
	__u32 size;
	__u8 type;

	if (!message || !facts)
		return L7_OTHER;
	size = l7_be32(message->head + 1) + 1;
	type = message->head[0];
	if (postgres_is_startup(message))
		return L7_SETUP;
	if (postgres_is_whole_query(message))
		return postgres_request(message, facts);
	/* An extended query is Parse or Bind followed by more, in this call or the next segments of it. */
	if ((type == 'P' || type == 'B') && size >= 8 && size <= message->total && message->head[1] == 0)
		return postgres_request(message, facts);
	return L7_OTHER;
}

static __always_inline bool postgres_goes_on(__u8 type)
{
	/* ParseComplete BindComplete CloseComplete NoData ParameterDescription RowDescription */
	return type == '1' || type == '2' || type == '3' || type == 'n' || type == 't' || type == 'T';
}

static __always_inline bool postgres_is_unsolicited(__u8 type)
{
	/* Notice, Notification, ParameterStatus, BackendKeyData, Authentication, ReadyForQuery */
	return type == 'N' || type == 'A' || type == 'S' || type == 'K' || type == 'R' || type == 'Z';
}

__noinline int postgres_response(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict = L7_OTHER;
	__u32 offset = 0;
	__u8 frame[5];

	if (!message || !facts)
		return L7_OTHER;
	facts->status = 0;
	for (int i = 0; i < POSTGRES_FRAMES; i++) {
		if (!l7_read(message, offset, frame, sizeof(frame)))
			break;
		offset += 1 + (l7_be32(frame + 1) & (POSTGRES_MAX_MESSAGE - 1));
		if (postgres_is_unsolicited(frame[0]))
			continue;
		verdict = L7_ANSWER;
		if (frame[0] == 'E')
			facts->status = 1;
		if (!postgres_goes_on(frame[0]))
			break;
	}
	return verdict;
}

#endif
