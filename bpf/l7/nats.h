/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * NATS client protocol: lines that end in CRLF; those of PUB, HPUB, MSG and HMSG end in the size of the payload that
 * follows. Messages are counted when they are published and when they are delivered; nobody answers either.
 */
#ifndef GUMSHOE_L7_NATS_H
#define GUMSHOE_L7_NATS_H

#include "verdict.h"

/* Bytes of a line that are looked at for its end. */
#define NATS_LINE 160
#define NATS_LARGEST (64 << 20)

/* Size of the line at the beginning of the message, and in `number` the digits it ends in; 0 when it has no end. */
__noinline int nats_line(struct l7_message *message, __u32 *number)
{
	__u8 line[NATS_LINE] = {};
	__u32 length, value = 0;

	if (!message || !number)
		return 0;
	length = message->length;
	if (length > NATS_LINE)
		length = NATS_LINE;
	if (!length || (message->in_kernel ? bpf_probe_read_kernel(line, length, (void *)message->buffer) :
					     bpf_probe_read_user(line, length, (void *)message->buffer)))
		return 0;
	for (int i = 0; i < NATS_LINE - 1; i++) {
		if (line[i] == '\r' && line[i + 1] == '\n') {
			*number = value;
			return i + 2;
		}
		value = l7_is_digit(line[i]) ? value * 10 + line[i] - '0' : 0;
	}
	return 0;
}

static __always_inline bool nats_is_space(__u8 letter)
{
	return letter == ' ' || letter == '\t';
}

/* Four letters in upper case; a shorter word brings what follows it. */
static __always_inline __u32 nats_word(const __u8 *head)
{
	return l7_be32(head) & 0xdfdfdfdf;
}

static __always_inline bool nats_publishes(const __u8 *head)
{
	return (nats_word(head) >> 8 == 0x505542 && nats_is_space(head[3])) || /* PUB */
	       (nats_word(head) == 0x48505542 && nats_is_space(head[4]));      /* HPUB */
}

static __always_inline bool nats_delivers(const __u8 *head)
{
	return (nats_word(head) >> 8 == 0x4d5347 && nats_is_space(head[3])) || /* MSG */
	       (nats_word(head) == 0x484d5347 && nats_is_space(head[4]));      /* HMSG */
}

static __always_inline enum l7_verdict nats_read(struct l7_message *message, struct l7_facts *facts, bool carries)
{
	__u32 number = 0, size;

	size = nats_line(message, &number);
	if (!size)
		return carries || message->length >= 16 ? L7_OTHER : L7_MORE;
	facts->size = size;
	if (!carries)
		return L7_SETUP;
	if (number > NATS_LARGEST)
		return L7_OTHER;
	facts->size += number + 2;
	return L7_MESSAGE;
}

__noinline int nats_request(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict;

	if (!message || !facts)
		return L7_OTHER;
	verdict = nats_read(message, facts, nats_publishes(message->head));
	if (verdict == L7_MESSAGE)
		facts->status = GS_METHOD_PRODUCE;
	return verdict;
}

__noinline int nats_response(struct l7_message *message, struct l7_facts *facts)
{
	enum l7_verdict verdict;

	if (!message || !facts)
		return L7_OTHER;
	verdict = nats_read(message, facts, nats_delivers(message->head));
	if (verdict == L7_MESSAGE)
		facts->status = GS_METHOD_CONSUME;
	return verdict;
}

/* The server speaks first: INFO and a JSON object. */
static __always_inline bool nats_greeting(const struct l7_message *message)
{
	const __u8 *head = message->head;

	return message->length >= 16 && l7_be32(head) == 0x494e464f && nats_is_space(head[4]) && head[5] == '{' &&
	       head[6] == '"';
}

/* CONNECT and a JSON object, or a publication whose line ends in a size. */
__noinline int nats_learn(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;

	if (!message || !facts || message->length < 8)
		return L7_OTHER;
	head = message->head;
	if (l7_be32(head) == 0x434f4e4e && l7_be32(head + 4) == 0x45435420 && head[8] == '{')
		return L7_SETUP;
	if (!nats_publishes(head) || nats_request(message, facts) != L7_MESSAGE)
		return L7_OTHER;
	return facts->size > 6 ? L7_MESSAGE : L7_OTHER;
}

#endif
