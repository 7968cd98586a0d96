/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What is known of each TCP socket, and the requests that wait on it. */
#ifndef GUMSHOE_REQUESTS_SOCKETS_BPF_H
#define GUMSHOE_REQUESTS_SOCKETS_BPF_H

#include "lib/event.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/span_identity.bpf.h"

/* Requests waiting on one connection behind the first. */
#define MAX_PENDING 128
/* inet_bind_bucket.fastreuse of a port that connect() chose */
#define CHOSEN_BY_CONNECT -1

/* Key: address of the kernel's struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct gs_socket);
} sockets SEC(".maps");

/* Requests sent behind one that is not answered yet, and those whose answer bears their key. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct gs_waiting_key);
	__type(value, struct gs_waiting);
} pipelines SEC(".maps");

struct payload {
	__u8 bytes[GS_PAYLOAD_LENGTH];
};

/* Of gs_socket.first, when it is longer than what has room there. Same key. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct payload);
} payloads SEC(".maps");

/* Templates: too large for the stack. */
static const struct gs_socket new_socket;
static const struct gs_waiting new_waiting;
static const struct payload new_payload;

/* Room for a request and its first bytes. */
struct slot {
	struct gs_pending_request *request;
	__u8 *payload;
	__u64 first_of; /* the connection's id when it is gs_socket.first: first_payload() finds the room; else 0 */
};

/* Room for `length` bytes of gs_socket.first: near it as a rule, since each other place costs a miss of the caches. */
static __always_inline __u8 *first_payload(struct gs_socket *socket, __u64 id, __u32 length)
{
	struct payload *payload;

	if (length <= GS_PAYLOAD_SHORT)
		return socket->payload;
	payload = bpf_map_lookup_elem(&payloads, &id);
	if (payload)
		return payload->bytes;
	bpf_map_update_elem(&payloads, &id, &new_payload, BPF_NOEXIST);
	payload = bpf_map_lookup_elem(&payloads, &id);
	return payload ? payload->bytes : 0;
}

static __always_inline struct gs_waiting *make_waiting(__u64 id, __u64 place)
{
	struct gs_waiting_key key = { .id = id, .key = place };

	if (bpf_map_update_elem(&pipelines, &key, &new_waiting, BPF_ANY)) {
		count(GS_COUNTER_REQUESTS_UNPAIRED);
		return 0;
	}
	return bpf_map_lookup_elem(&pipelines, &key);
}

/* The front request is done; the next one waits for its answer now. */
static __always_inline void advance_pipeline(struct gs_socket *socket, __u64 id)
{
	struct gs_waiting_key key = { .id = id, .key = socket->pipeline_head };
	struct gs_waiting *next;
	__u8 *payload;

	if (!socket->pending)
		return;
	socket->pending--;
	socket->pipeline_head++;
	next = bpf_map_lookup_elem(&pipelines, &key);
	if (!next)
		return;
	socket->first = next->request;
	if (next->request.payload_length <= GS_PAYLOAD_SHORT) {
		bpf_probe_read_kernel(socket->payload, GS_PAYLOAD_SHORT, next->payload);
	} else {
		payload = first_payload(socket, id, GS_PAYLOAD_LENGTH);
		if (payload)
			bpf_probe_read_kernel(payload, GS_PAYLOAD_LENGTH, next->payload);
	}
	bpf_map_delete_elem(&pipelines, &key);
}

static __always_inline bool port_was_chosen_by_connect(struct sock *sk)
{
	return BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_bind_hash, fastreuse) == CHOSEN_BY_CONNECT;
}

/* A socket whose bytes are seen for the first time. What connect() left is kept. */
static __noinline struct gs_socket *remember(struct sock *sk, __u64 file_private)
{
	struct gs_trace_context connect = {};
	struct gs_socket *socket;
	__u64 id = (__u64)sk;
	__u16 direction = 0;

	socket = bpf_map_lookup_elem(&sockets, &id);
	if (socket && !socket->endpoints_hash) {
		connect = socket->connect;
		direction = socket->direction;
	} else if (port_was_chosen_by_connect(sk)) {
		direction = GS_OUTBOUND;
	}
	if (bpf_map_update_elem(&sockets, &id, &new_socket, BPF_ANY)) {
		count(GS_COUNTER_MAP_FULL);
		return 0;
	}
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (!socket)
		return 0;
	socket_tuple(sk, &socket->tuple);
	socket->endpoints_hash = hash_endpoints(&socket->tuple);
	socket->file_private = file_private;
	socket->direction = direction;
	socket->connect = connect;
	return socket;
}

static __always_inline bool socket_carries_bytes(struct sock *sk)
{
	__u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT || state == TCP_FIN_WAIT1;
}

/*
 * The entry of a socket that is known to be of TCP; 0 when it carries no bytes. file_private: struct socket, which says
 * whether it is the same one still.
 */
static __always_inline struct gs_socket *socket_of_connection(struct sock *sk, __u64 file_private)
{
	__u64 id = (__u64)sk;
	struct gs_socket *socket = bpf_map_lookup_elem(&sockets, &id);

	if (socket && socket->file_private == file_private)
		return socket;
	return socket_carries_bytes(sk) ? remember(sk, file_private) : 0;
}

/* The TCP connection behind a descriptor, with its entry; 0 when it is none. */
static __always_inline struct gs_socket *socket_of(struct task_struct *task, __u32 fd, struct sock **sk)
{
	struct file *file = file_from_fd(task, fd);
	struct gs_socket *socket;
	__u64 file_private, id;

	if (!file)
		return 0;
	file_private = (__u64)BPF_CORE_READ(file, private_data);
	*sk = BPF_CORE_READ((struct socket *)file_private, sk);
	if (!*sk)
		return 0;
	id = (__u64)*sk;
	/* The quick way: no need to look whether the file is a socket, an entry says so. */
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (socket && socket->file_private == file_private)
		return socket;
	if (!file_is_socket(file) || !socket_is_tcp(*sk) || !socket_carries_bytes(*sk))
		return 0;
	return remember(*sk, file_private);
}

#endif
