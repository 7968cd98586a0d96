/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Listening sockets: they own the connections that come in. */
#ifndef GUMSHOE_TCP_LISTENERS_BPF_H
#define GUMSHOE_TCP_LISTENERS_BPF_H

#include "connections.bpf.h"

struct listener_key {
	__u8 address[16]; /* zeroed for any address */
	__u32 netns;
	__u32 port;
};

struct listener {
	struct owner owner; /* of the first socket */
	__u32 sockets;      /* several with SO_REUSEPORT */
	__u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listener_key);
	__type(value, struct listener);
} listeners SEC(".maps");

/* Listening sockets that are counted in `listeners`. Key: address of the kernel's struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} listening_sockets SEC(".maps");

static __always_inline bool address_is_any(const __u8 *address)
{
	static const __u8 mapped_any[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	__u64 words[2];

	__builtin_memcpy(words, address, 16);
	return words[0] == 0 && (words[1] == 0 || words[1] == *(const __u64 *)(mapped_any + 8));
}

static __always_inline void listener_key(struct listener_key *key, const struct gs_tuple *tuple)
{
	if (address_is_any(tuple->local_address))
		__builtin_memset(key->address, 0, 16);
	else
		__builtin_memcpy(key->address, tuple->local_address, 16);
	key->netns = tuple->netns;
	key->port = tuple->local_port;
}

static __always_inline struct owner *listener_of(const struct gs_tuple *tuple)
{
	struct listener_key key = {};
	struct listener *listener;

	listener_key(&key, tuple);
	listener = bpf_map_lookup_elem(&listeners, &key);
	if (!listener) {
		__builtin_memset(key.address, 0, 16);
		listener = bpf_map_lookup_elem(&listeners, &key);
	}
	return listener ? &listener->owner : 0;
}

/* Once per socket, however many descriptors it has; one event per address and port. */
static __always_inline void add_listener(__u64 id, const struct connection *listening)
{
	struct listener fresh = { .owner = listening->owner, .sockets = 1 };
	struct listener_key key = {};
	struct listener *known;
	__u8 one = 1;

	if (bpf_map_update_elem(&listening_sockets, &id, &one, BPF_NOEXIST))
		return;
	listener_key(&key, &listening->tuple);
	known = bpf_map_lookup_elem(&listeners, &key);
	if (known) {
		__sync_fetch_and_add(&known->sockets, 1);
		return;
	}
	if (bpf_map_update_elem(&listeners, &key, &fresh, BPF_ANY))
		count(GS_COUNTER_MAP_FULL);
	emit(GS_EVENT_TCP_LISTEN, listening, 0, 0);
}

static __always_inline void on_listen(__u64 id, const struct sock *sk)
{
	struct connection listening = { .direction = GS_INBOUND };

	if (!target_has_current())
		return;
	socket_tuple(sk, &listening.tuple);
	owner_from_current(&listening.owner);
	add_listener(id, &listening);
}

static __always_inline void on_listen_close(__u64 id, const struct sock *sk)
{
	struct connection listening = { .direction = GS_INBOUND };
	struct listener_key key = {};
	struct listener *listener;

	if (bpf_map_delete_elem(&listening_sockets, &id))
		return;
	socket_tuple(sk, &listening.tuple);
	/* The port was given back before the state changed. */
	if (!listening.tuple.local_port)
		listening.tuple.local_port = __builtin_bswap16(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
	listener_key(&key, &listening.tuple);
	listener = bpf_map_lookup_elem(&listeners, &key);
	if (!listener || __sync_fetch_and_add(&listener->sockets, -1) > 1)
		return;
	listening.owner = listener->owner;
	bpf_map_delete_elem(&listeners, &key);
	emit(GS_EVENT_TCP_LISTEN_CLOSE, &listening, 0, 0);
}

#endif
