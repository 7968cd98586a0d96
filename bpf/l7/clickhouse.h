/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * ClickHouse native protocol: packets that begin with their type and have no lengths, so each call is taken to begin
 * one. A connection has one query at a time; it is answered by the first block of data, the end of the stream or an
 * exception, not by the progress that is told meanwhile. Numbers are LEB128, texts a number and bytes.
 */
#ifndef GUMSHOE_L7_CLICKHOUSE_H
#define GUMSHOE_L7_CLICKHOUSE_H

#include "verdict.h"

#define CLICKHOUSE_CLIENT_HELLO 0
#define CLICKHOUSE_CLIENT_QUERY 1
#define CLICKHOUSE_CLIENT_DATA 2
#define CLICKHOUSE_CLIENT_CANCEL 3
#define CLICKHOUSE_CLIENT_PING 4
#define CLICKHOUSE_SERVER_DATA 1
#define CLICKHOUSE_SERVER_EXCEPTION 2
#define CLICKHOUSE_SERVER_PROGRESS 3
#define CLICKHOUSE_SERVER_PONG 4
#define CLICKHOUSE_SERVER_END_OF_STREAM 5
#define CLICKHOUSE_SERVER_TIMEZONE 17
#define CLICKHOUSE_LAST_ERROR 4096
#define CLICKHOUSE_LONGEST_TEXT 127 /* of those looked at: one byte tells their length */
#define CLICKHOUSE_PROGRESS_LOOKED_AT 48

/* Behind the text at `at`; 0 when it is cut or longer than such texts are. */
static __always_inline __u32 clickhouse_skip_text(const struct l7_message *message, __u32 at)
{
	__u8 length;

	if (!l7_read(message, at, &length, 1) || length > CLICKHOUSE_LONGEST_TEXT)
		return 0;
	return at + 1 + length;
}

static __always_inline bool clickhouse_is_interface(const struct l7_message *message, __u32 at)
{
	__u8 interface;

	return l7_read(message, at, &interface, 1) && interface >= 1 && interface <= 8;
}

/* Query id, kind of the query, who asked first, their query id and address, in newer revisions when; interface. */
static __always_inline bool clickhouse_is_query(const struct l7_message *message)
{
	__u8 kind, address[2];
	__u32 at;

	if (message->head[0] != CLICKHOUSE_CLIENT_QUERY)
		return false;
	at = clickhouse_skip_text(message, 1);
	if (!at || !l7_read(message, at, &kind, 1) || kind < 1 || kind > 2)
		return false;
	at = clickhouse_skip_text(message, at + 1);
	if (!at)
		return false;
	at = clickhouse_skip_text(message, at);
	if (!at || !l7_read(message, at, address, sizeof(address)))
		return false;
	if (address[0] && !l7_is_digit(address[1]) && address[1] != '[' && address[1] != ':')
		return false;
	at = clickhouse_skip_text(message, at);
	return at && (clickhouse_is_interface(message, at) || clickhouse_is_interface(message, at + 8));
}

__noinline int clickhouse_request(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts || !message->length)
		return L7_OTHER;
	switch (message->head[0]) {
	case CLICKHOUSE_CLIENT_QUERY:
		return clickhouse_is_query(message) ? L7_REQUEST : L7_OTHER;
	case CLICKHOUSE_CLIENT_PING:
		return message->total == 1 ? L7_REQUEST : L7_OTHER;
	case CLICKHOUSE_CLIENT_HELLO:
	case CLICKHOUSE_CLIENT_DATA:
	case CLICKHOUSE_CLIENT_CANCEL:
		return L7_SETUP;
	}
	return L7_OTHER;
}

/* Clients call themselves `ClickHouse ...`; a connection that was there before is told by a whole query. */
__noinline int clickhouse_learn(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;

	if (!message || !facts || message->length < 8)
		return L7_OTHER;
	head = message->head;
	if (head[0] == CLICKHOUSE_CLIENT_HELLO)
		return head[1] >= 10 && head[1] < 128 && (l7_be32(head + 2) | 0x20202020) == 0x636c6963 &&
				       (l7_be16(head + 6) | 0x2020) == 0x6b68 ?
			       L7_SETUP :
			       L7_OTHER;
	return clickhouse_is_query(message) ? L7_REQUEST : L7_OTHER;
}

static __always_inline bool clickhouse_is_server_packet(__u8 type)
{
	return type >= CLICKHOUSE_SERVER_DATA && type <= CLICKHOUSE_SERVER_TIMEZONE;
}

struct clickhouse_progress {
	__u32 at;
	__u32 numbers; /* read so far */
	__u32 behind;  /* where the packet may end */
};

/* One byte. Not static: verified once, and not for each count of numbers. */
__noinline int clickhouse_progress_step(struct l7_message *message, struct clickhouse_progress *progress)
{
	__u32 numbers;
	__u8 byte;

	if (!message || !progress || progress->numbers > 7 || !l7_read(message, progress->at, &byte, 1))
		return 0;
	numbers = progress->numbers;
	if (numbers >= 3 && numbers != 4 && clickhouse_is_server_packet(byte))
		progress->behind = progress->at;
	if (!(byte & 0x80))
		progress->numbers = numbers + 1;
	progress->at++;
	return 1;
}

/*
 * Where the packet behind a progress packet begins: that has three to seven numbers, more with each revision. 0 when
 * nothing follows in this call.
 */
static __always_inline __u32 clickhouse_behind_progress(struct l7_message *message)
{
	struct clickhouse_progress progress = { .at = 1 };

	for (int i = 1; i < CLICKHOUSE_PROGRESS_LOOKED_AT; i++) {
		if (!clickhouse_progress_step(message, &progress))
			break;
	}
	return progress.behind;
}

__noinline int clickhouse_response(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;
	__u32 code;

	if (!message || !facts || !message->length)
		return L7_OTHER;
	head = message->head;
	switch (head[0]) {
	case CLICKHOUSE_SERVER_DATA:
		return message->length < 2 || head[1] == 0 ? L7_ANSWER : L7_OTHER;
	case CLICKHOUSE_SERVER_EXCEPTION:
		if (message->length < 5)
			return L7_MORE;
		code = l7_le32(head + 1);
		facts->status = 1;
		return code >= 1 && code <= CLICKHOUSE_LAST_ERROR ? L7_ANSWER : L7_OTHER;
	case CLICKHOUSE_SERVER_PONG:
	case CLICKHOUSE_SERVER_END_OF_STREAM:
		return message->total == 1 ? L7_ANSWER : L7_OTHER;
	case CLICKHOUSE_SERVER_PROGRESS:
		facts->size = clickhouse_behind_progress(message);
		return L7_SETUP;
	case CLICKHOUSE_SERVER_TIMEZONE:
		facts->size = 2 + head[1];
		return L7_SETUP;
	}
	return L7_SETUP;
}

#endif
