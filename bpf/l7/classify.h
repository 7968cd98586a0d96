/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The list of protocols: how an unknown connection is learnt, and who judges a known one. */
#ifndef GUMSHOE_L7_CLASSIFY_H
#define GUMSHOE_L7_CLASSIFY_H

#include "events.h"
#include "http.h"
#include "postgres.h"
#include "redis.h"

/* A TLS record, RFC 8446 section 5.1: type, version 3.x, at most 2^14 + 256 bytes. */
static __always_inline bool l7_is_tls(const __u8 *head)
{
	return head[0] >= 0x14 && head[0] <= 0x17 && head[1] == 0x03 && head[2] <= 0x04 && head[3] <= 0x41;
}

/* Encrypted, or HTTP/2 with prior knowledge: other programs look at these. */
static __always_inline bool l7_is_opaque(const __u8 *head)
{
	return (head[0] == 0x16 && head[1] == 0x03) || (l7_be32(head) == 0x50524920 && head[4] == '*');
}

static __always_inline enum l7_request l7_learn(const struct l7_message *message, __u16 *protocol)
{
	enum l7_request verdict;

	verdict = http_request(message);
	if (verdict != L7_OTHER) {
		*protocol = GS_PROTOCOL_HTTP;
		return verdict;
	}
	verdict = postgres_learn(message);
	if (verdict != L7_OTHER) {
		*protocol = GS_PROTOCOL_POSTGRES;
		return verdict;
	}
	verdict = redis_request(message);
	if (verdict != L7_OTHER)
		*protocol = GS_PROTOCOL_REDIS;
	return verdict;
}

static __always_inline enum l7_request l7_request(__u16 protocol, const struct l7_message *message)
{
	switch (protocol) {
	case GS_PROTOCOL_HTTP:
		return http_request(message);
	case GS_PROTOCOL_POSTGRES:
		return postgres_request(message);
	case GS_PROTOCOL_REDIS:
		return redis_request(message);
	}
	return L7_OTHER;
}

static __always_inline enum l7_response l7_response(__u16 protocol, const struct l7_message *message, __u16 *status)
{
	switch (protocol) {
	case GS_PROTOCOL_HTTP:
		return http_response(message, status);
	case GS_PROTOCOL_POSTGRES:
		return postgres_response(message, status);
	case GS_PROTOCOL_REDIS:
		return redis_response(message, status);
	}
	return L7_WAIT;
}

/*
 * Protocols whose clients send requests without waiting, answered in order. Offset of the next request or
 * answer in this message; 0 when there is none, or it cannot be told.
 */
static __always_inline bool l7_is_pipelined(__u16 protocol)
{
	return protocol == GS_PROTOCOL_REDIS;
}

static __always_inline __u32 l7_next(__u16 protocol, struct l7_message *message)
{
	return protocol == GS_PROTOCOL_REDIS ? redis_value_end(message, 0) : 0;
}

/* Surely a new request, although one is in flight on a connection that has one at a time. */
static __always_inline bool l7_starts_anew(__u16 protocol, const struct l7_message *message)
{
	if (protocol == GS_PROTOCOL_HTTP)
		return http_request(message) == L7_REQUEST;
	return protocol == GS_PROTOCOL_POSTGRES && postgres_is_whole_query(message);
}

/* 101 Switching Protocols: what follows are no requests. */
static __always_inline bool l7_switches_protocol(__u16 protocol, __u16 status)
{
	return protocol == GS_PROTOCOL_HTTP && status == 101;
}

static __always_inline bool l7_failed(__u16 protocol, __u16 status)
{
	return protocol == GS_PROTOCOL_HTTP ? status >= 500 : status != 0;
}

#endif
