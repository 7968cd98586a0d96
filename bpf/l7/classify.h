/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The list of protocols: how an unknown connection is learnt, and who judges a known one. A connection's protocol is
 * learnt once and kept.
 *
 * A protocol is a header <protocol>.h with three functions of this form (mysql.h is the model):
 *
 *   __noinline int <protocol>_learn(struct l7_message *message, struct l7_facts *facts)
 *   __noinline int <protocol>_request(struct l7_message *message, struct l7_facts *facts)
 *   __noinline int <protocol>_response(struct l7_message *message, struct l7_facts *facts)
 *
 * Not static: the verifier then looks at each of them once, by itself, whoever calls it. It demands that both pointers
 * are compared with 0 first. They return enum l7_verdict and fill `facts` (verdict.h).
 *
 *   learn     Bytes of the asking side of a connection whose protocol is not known, perhaps from its middle. Be
 *             strict: every message of every other protocol passes here. L7_REQUEST, L7_SETUP or L7_MESSAGE when it
 *             is yours, else L7_OTHER. A message cut after a few bytes is offered again when more came.
 *   request   Bytes of the asking side at the beginning of a message: L7_REQUEST, L7_SETUP, L7_MESSAGE, L7_OTHER,
 *             or L7_MORE when the header is cut (fewer than GS_HELD_LENGTH bytes are there and more are needed).
 *   response  The same for the other side: L7_ANSWER with the status, L7_SETUP for what belongs to no request or
 *             does not end the wait, L7_MESSAGE (a delivery), L7_OTHER, L7_MORE.
 *
 * `facts->size` says where the next message begins, even beyond this call: the engine skips to it, over as many
 * calls as it takes, and asks again there. So bodies are never offered, and several messages in one call are found.
 * A header that is read or written separately from its body needs no care: judge it alone if it suffices, or say
 * L7_MORE and see both together. Leave size at 0 when the protocol has no lengths: then a call begins a message.
 *
 * message->head holds the first 32 bytes, zero padded; check message->length before trusting them. Read further
 * with l7_read(message, offset, to, constant size). Bound every loop with a constant.
 *
 * Then: a line in each switch below, and in l7_is_keyed() when answers bear the key of their request (any order,
 * any number in flight), else l7_is_pipelined() when clients send requests without waiting (answers in order).
 */
#ifndef GUMSHOE_L7_CLASSIFY_H
#define GUMSHOE_L7_CLASSIFY_H

#include "events.h"
#include "amqp.h"
#include "cassandra.h"
#include "clickhouse.h"
#include "dubbo2.h"
#include "foundationdb.h"
#include "http.h"
#include "http2.h"
#include "kafka.h"
#include "memcached.h"
#include "mongodb.h"
#include "mysql.h"
#include "nats.h"
#include "postgres.h"
#include "redis.h"
#include "zookeeper.h"

/* A TLS record, RFC 8446 section 5.1: type, version 3.x, at most 2^14 + 256 bytes. */
static __always_inline bool l7_is_tls(const __u8 *head)
{
	return head[0] >= 0x14 && head[0] <= 0x17 && head[1] == 0x03 && head[2] <= 0x04 && head[3] <= 0x41;
}

#define L7_LEARN(number, function)                              \
	verdict = function(message, facts);                     \
	if (verdict != L7_OTHER) {                              \
		*protocol = number;                             \
		return verdict;                                 \
	}

/* In this order: the surest first. */
static __always_inline enum l7_verdict l7_learn(struct l7_message *message, struct l7_facts *facts, __u16 *protocol)
{
	enum l7_verdict verdict;

	L7_LEARN(GS_PROTOCOL_NATS, nats_learn) /* before HTTP: CONNECT { */
	L7_LEARN(GS_PROTOCOL_HTTP, http_request)
	L7_LEARN(GS_PROTOCOL_POSTGRES, postgres_learn)
	L7_LEARN(GS_PROTOCOL_REDIS, redis_learn)
	L7_LEARN(GS_PROTOCOL_MEMCACHED, memcached_learn)
	L7_LEARN(GS_PROTOCOL_MYSQL, mysql_learn)
	L7_LEARN(GS_PROTOCOL_MONGODB, mongodb_learn)
	L7_LEARN(GS_PROTOCOL_AMQP, amqp_learn)
	L7_LEARN(GS_PROTOCOL_DUBBO2, dubbo2_learn)
	L7_LEARN(GS_PROTOCOL_ZOOKEEPER, zookeeper_learn)
	L7_LEARN(GS_PROTOCOL_CLICKHOUSE, clickhouse_learn)
	L7_LEARN(GS_PROTOCOL_FOUNDATIONDB, foundationdb_learn)
	L7_LEARN(GS_PROTOCOL_CASSANDRA, cassandra_learn)
	L7_LEARN(GS_PROTOCOL_KAFKA, kafka_learn)
	return L7_OTHER;
}

/* Protocols in which the side that answers speaks first. */
static __always_inline bool l7_learn_greeting(struct l7_message *message, __u16 *protocol)
{
	if (mysql_greeting(message)) {
		*protocol = GS_PROTOCOL_MYSQL;
		return true;
	}
	if (nats_greeting(message)) {
		*protocol = GS_PROTOCOL_NATS;
		return true;
	}
	return false;
}

static __always_inline enum l7_verdict l7_request(__u16 protocol, struct l7_message *message, struct l7_facts *facts)
{
	switch (protocol) {
	case GS_PROTOCOL_HTTP:
		return http_request(message, facts);
	case GS_PROTOCOL_POSTGRES:
		return postgres_request(message, facts);
	case GS_PROTOCOL_REDIS:
		return redis_request(message, facts);
	case GS_PROTOCOL_MEMCACHED:
		return memcached_request(message, facts);
	case GS_PROTOCOL_MYSQL:
		return mysql_request(message, facts);
	case GS_PROTOCOL_MONGODB:
		return mongodb_request(message, facts);
	case GS_PROTOCOL_KAFKA:
		return kafka_request(message, facts);
	case GS_PROTOCOL_CASSANDRA:
		return cassandra_request(message, facts);
	case GS_PROTOCOL_AMQP:
		return amqp_request(message, facts);
	case GS_PROTOCOL_NATS:
		return nats_request(message, facts);
	case GS_PROTOCOL_DUBBO2:
		return dubbo2_request(message, facts);
	case GS_PROTOCOL_CLICKHOUSE:
		return clickhouse_request(message, facts);
	case GS_PROTOCOL_ZOOKEEPER:
		return zookeeper_request(message, facts);
	case GS_PROTOCOL_FOUNDATIONDB:
		return foundationdb_request(message, facts);
	}
	return L7_OTHER;
}

static __always_inline enum l7_verdict l7_response(__u16 protocol, struct l7_message *message, struct l7_facts *facts)
{
	switch (protocol) {
	case GS_PROTOCOL_HTTP:
		return http_response(message, facts);
	case GS_PROTOCOL_POSTGRES:
		return postgres_response(message, facts);
	case GS_PROTOCOL_REDIS:
		return redis_response(message, facts);
	case GS_PROTOCOL_MEMCACHED:
		return memcached_response(message, facts);
	case GS_PROTOCOL_MYSQL:
		return mysql_response(message, facts);
	case GS_PROTOCOL_MONGODB:
		return mongodb_response(message, facts);
	case GS_PROTOCOL_KAFKA:
		return kafka_response(message, facts);
	case GS_PROTOCOL_CASSANDRA:
		return cassandra_response(message, facts);
	case GS_PROTOCOL_AMQP:
		return amqp_response(message, facts);
	case GS_PROTOCOL_NATS:
		return nats_response(message, facts);
	case GS_PROTOCOL_DUBBO2:
		return dubbo2_response(message, facts);
	case GS_PROTOCOL_CLICKHOUSE:
		return clickhouse_response(message, facts);
	case GS_PROTOCOL_ZOOKEEPER:
		return zookeeper_response(message, facts);
	case GS_PROTOCOL_FOUNDATIONDB:
		return foundationdb_response(message, facts);
	}
	return L7_OTHER;
}

/* Answers bear the key of their request: facts->key. */
static __always_inline bool l7_is_keyed(__u16 protocol)
{
	switch (protocol) {
	case GS_PROTOCOL_MONGODB:
	case GS_PROTOCOL_KAFKA:
	case GS_PROTOCOL_CASSANDRA:
	case GS_PROTOCOL_DUBBO2:
	case GS_PROTOCOL_ZOOKEEPER:
		return true;
	}
	return false;
}

/* Clients send requests without waiting, and are answered in order. */
static __always_inline bool l7_is_pipelined(__u16 protocol)
{
	return protocol == GS_PROTOCOL_REDIS || protocol == GS_PROTOCOL_MEMCACHED ||
	       protocol == GS_PROTOCOL_FOUNDATIONDB;
}

/* Either side sends messages that nobody answers, so both are always looked at. */
static __always_inline bool l7_has_messages(__u16 protocol)
{
	return protocol == GS_PROTOCOL_AMQP || protocol == GS_PROTOCOL_NATS || protocol == GS_PROTOCOL_HTTP2;
}

/* What to do with a request while another one is in flight on a connection that has one at a time. */
static __always_inline bool l7_starts_anew(__u16 protocol, const struct l7_message *message)
{
	/* An extended query goes on with further messages. */
	return protocol != GS_PROTOCOL_POSTGRES || postgres_is_whole_query(message);
}

#define L7_PREPARES_LENGTH 12

/*
 * Prepares a statement under a name or id that later requests are made with. payload: L7_PREPARES_LENGTH bytes in the
 * kernel. PostgreSQL's unnamed statement lives for one request only.
 */
static __always_inline bool l7_prepares(__u16 protocol, const __u8 *payload)
{
	if (protocol == GS_PROTOCOL_POSTGRES)
		return payload[0] == 'P' && payload[5] != 0;
	if (protocol == GS_PROTOCOL_MYSQL)
		return payload[4] == MYSQL_STMT_PREPARE;
	if (protocol == GS_PROTOCOL_CASSANDRA)
		return payload[4] == CASSANDRA_PREPARE || (payload[6] == 5 && payload[10] == CASSANDRA_PREPARE);
	return false;
}

/* 101 Switching Protocols: what follows are no requests. */
static __always_inline bool l7_switches_protocol(__u16 protocol, __u16 status)
{
	return protocol == GS_PROTOCOL_HTTP && status == 101;
}

/*
 * What a proxy leaves as it is: a hash of method and beginning of the path, never 0. 0: nothing of the kind, or a
 * request that may wait for its body, so that another one is passed on first. head: L7_HEAD_LENGTH bytes.
 */
static __always_inline __u64 l7_line(__u16 protocol, const __u8 *head)
{
	__u64 hash = 0xcbf29ce484222325ull; /* FNV-1a */
	int spaces = 0;

	if (protocol != GS_PROTOCOL_HTTP || head[0] == 'P' || !http_method(head))
		return 0;
	for (int i = 0; i < L7_HEAD_LENGTH && spaces < 2; i++) {
		spaces += head[i] == ' ';
		hash = (hash ^ head[i]) * 0x100000001b3ull;
	}
	return hash ? hash : 1;
}

static __always_inline bool l7_failed(__u16 protocol, __u16 status)
{
	return protocol == GS_PROTOCOL_HTTP ? status >= 500 : status != 0;
}

#endif
