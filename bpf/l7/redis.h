/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Redis serialization protocol, RESP2 and RESP3. Inline commands only where the connection is known. */
#ifndef GUMSHOE_L7_REDIS_H
#define GUMSHOE_L7_REDIS_H

#include "verdict.h"

/* Four letters of a command, in upper case. */
static __always_inline __u32 redis_letters(const __u8 *bytes)
{
	return l7_be32(bytes) & 0xdfdfdfdf;
}

/*
 * Commands that wait for something to happen, or are never answered: their duration says nothing about the
 * server. BLPOP BLMOVE BLMPOP BRPOP BRPOPLPUSH BZPOP… BZMPOP SUBSCRIBE PSUBSCRIBE SSUBSCRIBE MONITOR WAIT
 * REPLCONF PSYNC, and XREAD, which may block.
 */
static __always_inline bool redis_is_blocking(__u32 letters)
{
	switch (letters) {
	case 0x424c504f: /* BLPO */
	case 0x424c4d4f: /* BLMO */
	case 0x424c4d50: /* BLMP */
	case 0x42524f50: /* BROP */
	case 0x4252504f: /* BRPO */
	case 0x425a504f: /* BZPO */
	case 0x425a4d50: /* BZMP */
	case 0x53554253: /* SUBS */
	case 0x50535542: /* PSUB */
	case 0x53535542: /* SSUB */
	case 0x4d4f4e49: /* MONI */
	case 0x57414954: /* WAIT */
	case 0x5245504c: /* REPL */
	case 0x5053594e: /* PSYN */
	case 0x58524541: /* XREA */
		return true;
	}
	return false;
}

/* *<arguments>CRLF$<length>CRLF<command>: both numbers have one or two digits in every real command. */
static __always_inline enum l7_verdict redis_array_request(const struct l7_message *message)
{
	const __u8 *head = message->head;
	__u32 at = 2;

	asm volatile("" : "+r"(head)); /* or clang indexes the stack with |, which the verifier refuses */
	if (head[0] != '*' || !l7_is_digit(head[1]))
		return L7_OTHER;
	if (l7_is_digit(head[2]))
		at = l7_is_digit(head[3]) ? 4 : 3;
	if (head[at] != '\r' || head[at + 1] != '\n' || head[at + 2] != '$' || !l7_is_digit(head[at + 3]))
		return L7_OTHER;
	at += l7_is_digit(head[at + 4]) ? 5 : 4;
	if (head[at] != '\r')
		return L7_OTHER;
	return redis_is_blocking(redis_letters(head + at + 2)) ? L7_SETUP : L7_REQUEST;
}

static __always_inline bool redis_is_reply(__u8 type)
{
	switch (type) {
	case '-':
	case '!':
	case '+':
	case ':':
	case '$':
	case '*':
	case '_':
	case '#':
	case ',':
	case '(':
	case '=':
	case '~':
	case '%':
		return true;
	}
	return false; /* pushed with >, or the middle of a long value */
}

/* Values (nested ones included) that are walked through to find where a command or reply ends. */
#define REDIS_VALUES 24
#define REDIS_LINE 24

/* One value without the values nested in it. */
struct redis_value {
	__u32 size;   /* its line, and its bytes when it is a bulk string */
	__u32 nested; /* values that follow as its elements */
};

/* 1, or 0 when the line is not complete. Not static: the verifier looks at it once, whoever calls it. */
__noinline int redis_read_value(struct l7_message *message, __u32 offset, struct redis_value *value)
{
	__u32 left, number = 0, end = 0;
	__u8 line[REDIS_LINE] = {};
	bool negative = false;

	if (!message || !value || offset >= message->length)
		return 0;
	left = message->length - offset;
	if (left > REDIS_LINE)
		left = REDIS_LINE;
	if (message->in_kernel ? bpf_probe_read_kernel(line, left, (void *)message->buffer + offset) :
				 bpf_probe_read_user(line, left, (void *)message->buffer + offset))
		return 0;
	for (int i = 1; i < REDIS_LINE; i++) {
		if (line[i] == '\r') {
			end = i;
			break;
		}
		if (line[i] == '-')
			negative = true;
		number = number * 10 + line[i] - '0';
	}
	if (!end)
		return 0;
	if (negative)
		number = 0;
	value->size = end + 2;
	value->nested = 0;
	if (!negative && (line[0] == '$' || line[0] == '='))
		value->size += number + 2;
	if (line[0] == '*' || line[0] == '~' || line[0] == '>')
		value->nested = number;
	if (line[0] == '%')
		value->nested = 2 * number;
	return 1;
}

/* Offset just after the value that starts at `offset`, or 0 when its end is not in the message or too far. */
__noinline int redis_value_end(struct l7_message *message, __u32 offset)
{
	struct redis_value value = {};
	__u32 values = 1;

	if (!message)
		return 0;
	for (int i = 0; i < REDIS_VALUES && values; i++) {
		if (!redis_read_value(message, offset, &value))
			return 0;
		offset += value.size;
		values += value.nested - 1;
	}
	return values || offset > message->length ? 0 : offset;
}

/* Longest line of an inline command that is looked for. */
#define REDIS_INLINE 64

/* Offset behind the first line, or 0. */
static __always_inline __u32 redis_line_end(struct l7_message *message)
{
	__u8 line[REDIS_INLINE] = {};
	__u32 length = message->length;

	if (length > REDIS_INLINE)
		length = REDIS_INLINE;
	if (!length || (message->in_kernel ? bpf_probe_read_kernel(line, length, (void *)message->buffer) :
					     bpf_probe_read_user(line, length, (void *)message->buffer)))
		return 0;
	for (__u32 i = 0; i < REDIS_INLINE; i++) {
		if (line[i] == '\n')
			return i + 1;
		if (line[i] < ' ' && line[i] != '\r')
			return 0;
	}
	return 0;
}

__noinline int redis_learn(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	return redis_array_request(message);
}

/* A command, or on a connection known to be Redis a line of text: an inline command. */
__noinline int redis_request(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict;
	__u8 first;

	if (!message || !facts)
		return L7_OTHER;
	verdict = redis_array_request(message);
	if (verdict != L7_OTHER) {
		facts->size = redis_value_end(message, 0);
		return verdict;
	}
	first = message->head[0] & 0xdf;
	if (first < 'A' || first > 'Z')
		return L7_OTHER;
	facts->size = redis_line_end(message);
	if (!facts->size)
		return L7_OTHER;
	return redis_is_blocking(redis_letters(message->head)) ? L7_SETUP : L7_REQUEST;
}

__noinline int redis_response(struct l7_message *message, struct l7_facts *facts)
{
	__u8 type;

	if (!message || !facts)
		return L7_OTHER;
	type = message->head[0];
	facts->status = type == '-' || type == '!';
	if (facts->wants_size || type == '>')
		facts->size = redis_value_end(message, 0);
	if (type == '>')
		return L7_SETUP;
	return redis_is_reply(type) ? L7_ANSWER : L7_OTHER;
}

#endif
