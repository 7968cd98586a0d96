/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Redis serialization protocol, RESP2 and RESP3. Inline commands are not recognised. */
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
static __always_inline enum l7_request redis_request(const struct l7_message *message)
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

static __always_inline enum l7_response redis_response(const struct l7_message *message, __u16 *status)
{
	if (message->head[0] == '>') /* pushed, not an answer */
		return L7_WAIT;
	*status = message->head[0] == '-' || message->head[0] == '!';
	return L7_ANSWER;
}

#endif
