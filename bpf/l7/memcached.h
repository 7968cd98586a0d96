/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Memcached: text and meta commands (protocol.txt), and the binary protocol. Several commands in one call are one
 * request: the answers of quiet ones cannot be told apart.
 */
#ifndef GUMSHOE_L7_MEMCACHED_H
#define GUMSHOE_L7_MEMCACHED_H

#include "verdict.h"

#define MEMCACHED_BINARY_HEADER 24
#define MEMCACHED_BINARY_REQUEST 0x80
#define MEMCACHED_BINARY_RESPONSE 0x81
#define MEMCACHED_BINARY_NOT_FOUND 1
#define MEMCACHED_BINARY_LAST_SOFT 5 /* not found, exists, too large, invalid, not stored */
/* Commands of a line that are looked at. */
#define MEMCACHED_LINE 64

/* Four letters; a shorter command brings its space. */
static __always_inline bool memcached_is_command(const __u8 *head)
{
	switch (l7_be32(head)) {
	case 0x67657420: /* "get " */
	case 0x67657473: /* gets */
	case 0x67617420: /* "gat " */
	case 0x67617473: /* gats */
	case 0x73657420: /* "set " */
	case 0x61646420: /* "add " */
	case 0x63617320: /* "cas " */
		return true;
	case 0x72657061: /* "replace " */
		return head[4] == 'c' || head[4] == 'l';
	case 0x61707065: /* "append " */
		return head[4] == 'n' && head[5] == 'd' && head[6] == ' ';
	case 0x70726570: /* "prepend " */
		return head[4] == 'e' && head[5] == 'n' && head[6] == 'd';
	case 0x696e6372: /* incr */
	case 0x64656372: /* decr */
		return head[4] == ' ';
	case 0x64656c65: /* delete */
		return head[4] == 't' && head[5] == 'e' && head[6] == ' ';
	case 0x746f7563: /* touch */
		return head[4] == 'h' && head[5] == ' ';
	}
	return head[0] == 'm' && head[2] == ' ' &&
	       (head[1] == 'g' || head[1] == 's' || head[1] == 'd' || head[1] == 'a' || head[1] == 'e');
}

/* Commands about the server: only on a connection that is known. */
static __always_inline bool memcached_is_administrative(const __u8 *head)
{
	switch (l7_be32(head)) {
	case 0x73746174: /* stats */
	case 0x76657273: /* version */
	case 0x666c7573: /* flush_all */
	case 0x76657262: /* verbosity */
	case 0x6d6e0d0a: /* mn */
		return true;
	}
	return false;
}

static __always_inline bool memcached_is_binary(const struct l7_message *message, __u8 magic)
{
	const __u8 *head = message->head;

	/* key, extras and their sum in the body; data type 0 */
	return message->length >= MEMCACHED_BINARY_HEADER && head[0] == magic && head[1] <= 0x40 && head[5] == 0 &&
	       l7_be32(head + 8) >= (__u32)l7_be16(head + 2) + head[4] && head[4] <= 20 && l7_be32(head + 8) < (1 << 27);
}

/* Quiet binary commands are answered with the next loud one, if at all. */
static __always_inline bool memcached_is_quiet(__u8 opcode)
{
	return opcode == 0x09 || opcode == 0x0d || (opcode >= 0x11 && opcode <= 0x1a) || opcode == 0x1e ||
	       opcode == 0x24;
}

/* "noreply" at the end of the command line, which is looked for in its first bytes. */
static __always_inline bool memcached_has_no_reply(const struct l7_message *message)
{
	__u8 line[MEMCACHED_LINE] = {};
	__u32 length = message->length;

	if (length > MEMCACHED_LINE)
		length = MEMCACHED_LINE;
	if (!length || (message->in_kernel ? bpf_probe_read_kernel(line, length, (void *)message->buffer) :
					     bpf_probe_read_user(line, length, (void *)message->buffer)))
		return false;
	for (int i = 8; i < MEMCACHED_LINE; i++) {
		if (line[i] == '\r')
			return line[i - 7] == 'n' && line[i - 6] == 'o' && line[i - 5] == 'r' && line[i - 1] == 'y';
	}
	return false;
}

__noinline int memcached_learn(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	if (memcached_is_binary(message, MEMCACHED_BINARY_REQUEST)) {
		facts->size = MEMCACHED_BINARY_HEADER + l7_be32(message->head + 8);
		return memcached_is_quiet(message->head[1]) ? L7_SETUP : L7_REQUEST;
	}
	if (!memcached_is_command(message->head))
		return L7_OTHER;
	return memcached_has_no_reply(message) ? L7_SETUP : L7_REQUEST;
}

__noinline int memcached_request(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict = memcached_learn(message, facts);

	if (!message || verdict != L7_OTHER)
		return verdict;
	return memcached_is_administrative(message->head) ? L7_REQUEST : L7_OTHER;
}

/* Misses and refused conditions are answers like others; only errors fail. */
__noinline int memcached_response(struct l7_message *message, struct l7_facts *facts)
{
	__u32 letters;
	__u16 status;

	if (!message || !facts)
		return L7_OTHER;
	if (memcached_is_binary(message, MEMCACHED_BINARY_RESPONSE)) {
		facts->size = MEMCACHED_BINARY_HEADER + l7_be32(message->head + 8);
		status = l7_be16(message->head + 6);
		facts->status = status > MEMCACHED_BINARY_LAST_SOFT;
		return memcached_is_quiet(message->head[1]) ? L7_SETUP : L7_ANSWER;
	}
	letters = l7_be32(message->head);
	/* ERROR, CLIENT_ERROR, SERVER_ERROR */
	facts->status = letters == 0x4552524f || letters == 0x434c4945 || letters == 0x53455256;
	return L7_ANSWER;
}

#endif
