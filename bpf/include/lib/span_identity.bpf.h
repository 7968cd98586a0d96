/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Span identity without headers, docs/decisions/0001: both ends of a connection derive the same ids from its
 * two endpoints and the TCP sequence number of a request's first byte.
 */
#ifndef GUMSHOE_SPAN_IDENTITY_BPF_H
#define GUMSHOE_SPAN_IDENTITY_BPF_H

#include "../events.h"
#include "../kernel_types.h"

#define SPAN_CLIENT 1
#define SPAN_SERVER 2
#define TRACE_HIGH 3
#define TRACE_LOW 4

/* The finaliser of splitmix64; never 0, which means "none". */
static __always_inline __u64 mix(__u64 value, __u64 salt)
{
	value += salt * 0x9e3779b97f4a7c15ull;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebull;
	value ^= value >> 31;
	return value ? value : 1;
}

struct endpoint {
	__u64 high, low;
	__u64 port;
};

static __always_inline struct endpoint endpoint_of(const __u8 *address, __u16 port)
{
	struct endpoint endpoint = { .port = port };

	__builtin_memcpy(&endpoint.high, address, 8);
	__builtin_memcpy(&endpoint.low, address + 8, 8);
	endpoint.high = __builtin_bswap64(endpoint.high);
	endpoint.low = __builtin_bswap64(endpoint.low);
	return endpoint;
}

static __always_inline bool endpoint_is_smaller(const struct endpoint *a, const struct endpoint *b)
{
	if (a->high != b->high)
		return a->high < b->high;
	if (a->low != b->low)
		return a->low < b->low;
	return a->port < b->port;
}

static __always_inline __u64 hash_endpoints(const struct gs_tuple *tuple)
{
	struct endpoint local = endpoint_of(tuple->local_address, tuple->local_port);
	struct endpoint remote = endpoint_of(tuple->remote_address, tuple->remote_port);
	struct endpoint *first = &local, *second = &remote;
	__u64 hash;

	if (endpoint_is_smaller(&remote, &local)) {
		first = &remote;
		second = &local;
	}
	hash = mix(mix(mix(0, first->high), first->low), first->port);
	return mix(mix(mix(hash, second->high), second->low), second->port);
}

static __always_inline __u64 wire_id(__u64 endpoints_hash, __u32 sequence)
{
	return mix(endpoints_hash, sequence + 1ull);
}

#endif
