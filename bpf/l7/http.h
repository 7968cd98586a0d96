/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* HTTP/1.0 and 1.1: RFC 9112. */
#ifndef GUMSHOE_L7_HTTP_H
#define GUMSHOE_L7_HTTP_H

#include "verdict.h"

/* Length of the method that head starts with, its space included; 0 when it is none. */
static __always_inline __u32 http_method(const __u8 *head)
{
	switch (l7_be32(head)) {
	case 0x47455420: /* "GET " */
	case 0x50555420: /* "PUT " */
		return 4;
	case 0x504f5354: /* "POST" */
	case 0x48454144: /* "HEAD" */
		return head[4] == ' ' ? 5 : 0;
	case 0x50415443: /* "PATC" */
		return head[4] == 'H' && head[5] == ' ' ? 6 : 0;
	case 0x44454c45: /* "DELE" */
		return head[4] == 'T' && head[5] == 'E' && head[6] == ' ' ? 7 : 0;
	case 0x4f505449: /* "OPTI" */
		return head[4] == 'O' && head[5] == 'N' && head[6] == 'S' && head[7] == ' ' ? 8 : 0;
	case 0x434f4e4e: /* "CONN" */
		return head[4] == 'E' && head[5] == 'C' && head[6] == 'T' && head[7] == ' ' ? 8 : 0;
	}
	return 0;
}

__noinline int http_request(struct l7_message *message, struct l7_facts *facts)
{
	if (!message || !facts)
		return L7_OTHER;
	return http_method(message->head) ? L7_REQUEST : L7_OTHER;
}

/* Interim answers (100 Continue, 103) do not end the wait; 101 Switching Protocols does. */
__noinline int http_response(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;
	__u16 code;

	if (!message || !facts)
		return L7_OTHER;
	head = message->head;
	if (l7_be32(head) != 0x48545450 || head[4] != '/' || head[5] != '1' || !l7_is_digit(head[9]) ||
	    !l7_is_digit(head[10]) || !l7_is_digit(head[11]))
		return L7_OTHER;
	code = (head[9] - '0') * 100 + (head[10] - '0') * 10 + head[11] - '0';
	if (code < 200 && code != 101)
		return L7_SETUP;
	facts->status = code;
	return L7_ANSWER;
}

#endif
