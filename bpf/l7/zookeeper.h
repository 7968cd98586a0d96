/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * ZooKeeper: big-endian length, number of the request (xid), its type. Clients send without waiting; answers bear the
 * xid, negative ones for pings, logins and watches. Both ends read the length by itself.
 */
#ifndef GUMSHOE_L7_ZOOKEEPER_H
#define GUMSHOE_L7_ZOOKEEPER_H

#include "verdict.h"

#define ZOOKEEPER_HEADER 12
#define ZOOKEEPER_ANSWER 20 /* length, xid, transaction, error */
#define ZOOKEEPER_LARGEST (64 << 20)
#define ZOOKEEPER_CONNECT 44 /* without the flag that a server may be read-only */
#define ZOOKEEPER_PASSWORD 16
#define ZOOKEEPER_PING 11
#define ZOOKEEPER_CLOSE_SESSION -11
#define ZOOKEEPER_XID_WATCH -1
#define ZOOKEEPER_XID_PING -2
#define ZOOKEEPER_API_ERROR -100
#define ZOOKEEPER_REQUEST_TIMEOUT -123

/* Source: ZooDefs.OpCode. */
static __always_inline bool zookeeper_is_type(__s32 type)
{
	return (type >= 1 && type <= 22) || (type >= 100 && type <= 107) || type == ZOOKEEPER_CLOSE_SESSION;
}

/* A session begins: version 0 where others have their xid, then the last transaction, timeout, session, password. */
static __always_inline bool zookeeper_is_connect(const struct l7_message *message)
{
	const __u8 *head = message->head;
	__u32 length = l7_be32(head);

	return (length == ZOOKEEPER_CONNECT || length == ZOOKEEPER_CONNECT + 1) && l7_be32(head + 4) == 0;
}

__noinline int zookeeper_request(struct l7_message *message, struct l7_facts *facts)
{
	__u32 length;

	if (!message || !facts)
		return L7_OTHER;
	if (message->length < ZOOKEEPER_HEADER)
		return L7_MORE;
	length = l7_be32(message->head);
	if (length < 8 || length > ZOOKEEPER_LARGEST)
		return L7_OTHER;
	facts->size = 4 + length;
	if (zookeeper_is_connect(message))
		return L7_SETUP;
	if (!zookeeper_is_type(l7_be32(message->head + 8)))
		return L7_OTHER;
	facts->key = l7_be32(message->head + 4);
	return L7_REQUEST;
}

/* A session that begins, a ping, or a request about a path. */
__noinline int zookeeper_learn(struct l7_message *message, struct l7_facts *facts)
{
	const __u8 *head;
	__u32 length, path;
	__s32 xid, type;

	if (!message || !facts || message->length < ZOOKEEPER_HEADER)
		return L7_OTHER;
	head = message->head;
	length = l7_be32(head);
	xid = l7_be32(head + 4);
	type = l7_be32(head + 8);
	if (zookeeper_is_connect(message)) {
		if (message->length < 32 || l7_be32(head + 28) != ZOOKEEPER_PASSWORD)
			return L7_OTHER;
	} else if (xid == ZOOKEEPER_XID_PING) {
		if (type != ZOOKEEPER_PING || length != 8)
			return L7_OTHER;
	} else {
		path = l7_be32(head + 12);
		if (xid <= 0 || length + 4 != message->total || message->length < 17 || head[16] != '/' || path < 1 ||
		    path + 12 > length || type > 100)
			return L7_OTHER;
	}
	return zookeeper_request(message, facts);
}

/* That a node is missing, exists already or has another version is an answer; the server's own errors are failures. */
static __always_inline bool zookeeper_is_failure(__s32 error)
{
	return (error < 0 && error > ZOOKEEPER_API_ERROR) || error == ZOOKEEPER_REQUEST_TIMEOUT;
}

__noinline int zookeeper_response(struct l7_message *message, struct l7_facts *facts)
{
	__u32 length;
	__s32 xid;

	if (!message || !facts)
		return L7_OTHER;
	if (message->length < 8)
		return L7_MORE;
	length = l7_be32(message->head);
	if (length < 16 || length > ZOOKEEPER_LARGEST)
		return L7_OTHER;
	facts->size = 4 + length;
	xid = l7_be32(message->head + 4);
	if (xid == 0 || xid == ZOOKEEPER_XID_WATCH)
		return L7_SETUP; /* the session, or what a watch saw */
	facts->key = (__u32)xid;
	if (message->length >= ZOOKEEPER_ANSWER)
		facts->status = zookeeper_is_failure(l7_be32(message->head + 16));
	return L7_ANSWER;
}

#endif
