/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * MySQL and MariaDB client/server protocol: packets of a 3-byte little-endian length, a sequence number that begins at
 * 0 with each command, and a body. Many servers read the 4 bytes of the header and the body separately.
 */
#ifndef GUMSHOE_L7_MYSQL_H
#define GUMSHOE_L7_MYSQL_H

#include "verdict.h"

#define MYSQL_HEADER 4
#define MYSQL_QUIT 0x01
#define MYSQL_INIT_DB 0x02
#define MYSQL_QUERY 0x03
#define MYSQL_PING 0x0e
#define MYSQL_STMT_PREPARE 0x16
#define MYSQL_STMT_EXECUTE 0x17
#define MYSQL_STMT_LONG_DATA 0x18
#define MYSQL_STMT_CLOSE 0x19
#define MYSQL_STMT_RESET 0x1a
#define MYSQL_LAST_COMMAND 0x1f
#define MYSQL_BULK_EXECUTE 0xfa /* MariaDB */
#define MYSQL_ERR 0xff
#define MYSQL_GREETING_VERSION 10

static __always_inline __u32 mysql_size(const __u8 *head)
{
	return MYSQL_HEADER + ((__u32)head[2] << 16 | (__u32)head[1] << 8 | head[0]);
}

/* The server speaks first: protocol version 10, then its version as text that begins with a digit. */
static __always_inline bool mysql_greeting(const struct l7_message *message)
{
	const __u8 *head = message->head;

	return message->length >= 16 && head[3] == 0 && head[4] == MYSQL_GREETING_VERSION && l7_is_digit(head[5]) &&
	       (head[6] == '.' || head[7] == '.') && mysql_size(head) == message->total;
}

/*
 * Sequence number 0 begins a command; others are the login, parts of a long one, or a file that is loaded. QUIT,
 * STMT_CLOSE and STMT_SEND_LONG_DATA are not answered.
 */
__noinline int mysql_request(struct l7_message *message, struct l7_facts *facts)
{
	__u8 command;

	if (!message || !facts)
		return L7_OTHER;
	if (message->length <= MYSQL_HEADER)
		return L7_MORE;
	facts->size = mysql_size(message->head);
	command = message->head[MYSQL_HEADER];
	if (message->head[3] != 0)
		return L7_SETUP;
	if (command == MYSQL_QUIT || command == MYSQL_STMT_CLOSE || command == MYSQL_STMT_LONG_DATA)
		return L7_SETUP;
	return command <= MYSQL_LAST_COMMAND || command == MYSQL_BULK_EXECUTE ? L7_REQUEST : L7_OTHER;
}

/* A connection that was there before: only whole commands whose beginning is typical. */
__noinline int mysql_learn(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;
	__u32 size;
	__u8 first;

	if (!message || !facts || message->length <= MYSQL_HEADER)
		return L7_OTHER;
	head = message->head;
	size = mysql_size(head);
	if (head[3] != 0 || size != message->total || size < 5)
		return L7_OTHER;
	first = head[5] & 0xdf;
	switch (head[MYSQL_HEADER]) {
	case MYSQL_PING:
		if (size != 5)
			return L7_OTHER;
		break;
	case MYSQL_QUERY:
	case MYSQL_STMT_PREPARE:
		/* Two letters, or a comment; two bytes of query attributes may come first. */
		if (size < 10 || !((first >= 'A' && first <= 'Z') || head[5] == '/' || (head[5] == 0 && head[6] == 1)))
			return L7_OTHER;
		break;
	case MYSQL_STMT_EXECUTE:
		/* statement id, flags, iteration count 1 */
		if (size < 14 || head[9] > 8 || l7_le32(head + 10) != 1)
			return L7_OTHER;
		break;
	default:
		return L7_OTHER;
	}
	return mysql_request(message, facts);
}

/* The first packet of an answer tells: OK, ERR, EOF, a column count or the statement id of PREPARE. */
__noinline int mysql_response(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	if (message->length <= MYSQL_HEADER)
		return L7_MORE;
	facts->size = mysql_size(message->head);
	if (message->head[3] == 0)
		return L7_SETUP; /* the greeting */
	facts->status = message->head[MYSQL_HEADER] == MYSQL_ERR;
	return L7_ANSWER;
}

#endif
