/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What TLS carries goes through the same engine as plain bytes: docs/decisions/0006. Probes on a TLS library see the
 * plaintext; this file finds the connection it belongs to and gives each byte a position that both ends agree on.
 *
 * Included by requests.bpf.c, behind take_transfer().
 */
#ifndef GUMSHOE_REQUESTS_TLS_ENGINE_BPF_H
#define GUMSHOE_REQUESTS_TLS_ENGINE_BPF_H

#include "sockets.bpf.h"
#include "tls_processes.bpf.h"

/* Salts of the ids of what TLS carries: never those of the ciphertext's own positions. */
#define TLS_FROM_START 5
#define TLS_UNJOINED 6
/* A system call made inside a call of the library stands at most this deep on its stack. */
#define TLS_STACK_DEPTH (1 << 20)

/* One TLS connection of one process; address: of the library's object for it. */
struct tls_session_key {
	__u64 address;
	__u32 tgid;
	__u32 half; /* enum tls_half: libraries that have an object for each direction */
};

enum tls_half { TLS_WHOLE, TLS_READS, TLS_WRITES };

/* gs_socket.file_private of a connection whose directions have an object each. */
#define TLS_HALVES 2

struct tls_session {
	__u64 sk;             /* kernel address of struct sock; 0 until known */
	__u64 endpoints_hash; /* of that socket: another connection may have its address later */
	__u32 read, written;  /* plaintext bytes so far, wrapping */
	__u16 from_start;     /* 1: no byte was missed, so positions are those of the other end */
	__u16 has_ahead;      /* the last read brought a single byte, */
	__u32 ahead;          /* this one */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct tls_session_key);
	__type(value, struct tls_session);
} tls_sessions SEC(".maps");

/* A call of the library that has not returned. */
struct tls_call {
	struct tls_session_key session; /* address 0: none */
	__u64 buffer;
	__u64 length;         /* writes: bytes given */
	__u64 length_pointer; /* where the library will say how many bytes it moved; 0: in its result */
	__u64 stack_pointer;  /* at entry */
	__u8 is_write;
	__u8 taken; /* the plaintext went through the engine already */
	__u8 reserved[6];
};

struct tls_thread {
	struct tls_call call;
	/* Plaintext that the library has taken and that the next system call will send, when its socket is not known. */
	struct tls_call unsent;
	/* Socket from which TLS records were read outside of the library and which it did not get to see yet. */
	__u64 last_read;
};

/* Key: thread id, or for Go a mix of process and goroutine. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct tls_thread);
} tls_threads SEC(".maps");

static const struct tls_session new_tls_session;
static const struct tls_thread new_tls_thread;

/* Key in map sockets of what TLS carries over a socket; kernel addresses are even. */
static __always_inline __u64 tls_plaintext_id(__u64 sk)
{
	return sk | 1;
}

static __always_inline struct tls_thread *tls_thread_of(__u64 id, bool create)
{
	struct tls_thread *thread = bpf_map_lookup_elem(&tls_threads, &id);

	if (thread || !create)
		return thread;
	bpf_map_update_elem(&tls_threads, &id, &new_tls_thread, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tls_threads, &id);
}

static __always_inline struct tls_session *tls_session_of(const struct tls_session_key *key)
{
	struct tls_session *session = bpf_map_lookup_elem(&tls_sessions, key);

	if (session)
		return session;
	bpf_map_update_elem(&tls_sessions, key, &new_tls_session, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tls_sessions, key);
}

/*
 * Both ends know where the two streams of bytes began, and connections that have the same ports one after the other
 * began elsewhere.
 */
static __always_inline __u32 tcp_stream_starts(const struct sock *sk)
{
	const struct tcp_sock *tcp = (void *)sk;
	__u32 received = BPF_CORE_READ(tcp, rcv_nxt) - (__u32)BPF_CORE_READ(tcp, bytes_received);
	__u32 sent = BPF_CORE_READ(tcp, snd_nxt) -
		     (__u32)(BPF_CORE_READ(tcp, bytes_sent) - BPF_CORE_READ(tcp, bytes_retrans));

	return received + sent;
}

/* The connection's plaintext gets an entry of its own beside the ciphertext's. */
static __noinline int tls_open(const struct sock *sk, const struct gs_socket *ciphertext, __u64 session_address,
			       __u32 from_start)
{
	__u64 id = tls_plaintext_id((__u64)sk);
	struct gs_socket *socket;

	if (bpf_map_update_elem(&sockets, &id, &new_socket, BPF_ANY)) {
		count(GS_COUNTER_MAP_FULL);
		return 0;
	}
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (!socket)
		return 0;
	socket->tuple = ciphertext->tuple;
	socket->file_private = session_address;
	socket->direction = ciphertext->direction;
	socket->connect = ciphertext->connect;
	socket->encrypted = 1;
	socket->endpoints_hash = ciphertext->endpoints_hash;
	if (from_start)
		socket->endpoints_hash = mix(socket->endpoints_hash + tcp_stream_starts(sk), TLS_FROM_START);
	else
		socket->endpoints_hash = mix(socket->endpoints_hash ^ bpf_ktime_get_ns(), TLS_UNJOINED);
	return 1;
}

/* certain: the library itself used the socket. Else only when the socket belongs to no other session. */
static __noinline int tls_bind(const struct tls_session_key *key, struct tls_session *session, const struct sock *sk,
			       const struct gs_socket *ciphertext, bool certain)
{
	__u64 id = tls_plaintext_id((__u64)sk);
	struct gs_socket *socket = bpf_map_lookup_elem(&sockets, &id);

	if (key->half) {
		session->read = 0;
		session->written = 0;
		if (!socket && !tls_open(sk, ciphertext, TLS_HALVES, false))
			return 0;
	} else {
		if (socket && socket->file_private != key->address && !certain)
			return 0;
		if (!tls_open(sk, ciphertext, key->address, session->from_start))
			return 0;
	}
	session->sk = (__u64)sk;
	session->endpoints_hash = ciphertext->endpoints_hash;
	return 1;
}

/* The entry of the session's plaintext; 0 when its connection is not known, or gone. */
static __always_inline struct gs_socket *tls_socket_of(struct tls_session *session)
{
	struct gs_socket *socket;
	__u64 id = session->sk;

	if (!id)
		return 0;
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (!socket || socket->endpoints_hash != session->endpoints_hash) {
		session->sk = 0;
		return 0;
	}
	id = tls_plaintext_id(id);
	return bpf_map_lookup_elem(&sockets, &id);
}

/* Plaintext on its way out or in. Not static: verified once. */
__noinline int tls_take(struct tls_session *session, __u64 buffer, __u32 length, bool is_write)
{
	struct transfer transfer = { .is_write = is_write };
	struct gs_socket *socket;

	if (!session)
		return 0;
	socket = tls_socket_of(session);
	if (!socket)
		return 0;
	if (socket->protocol == GS_PROTOCOL_IGNORED || is_of_no_interest(socket, is_write))
		return 1;
	transfer.sk = (struct sock *)session->sk;
	transfer.id = tls_plaintext_id(session->sk);
	transfer.now = bpf_ktime_get_ns();
	transfer.sequence = is_write ? session->written : session->read;
	message_from_buffer(&transfer.message, buffer, length, ~0u);
	take_transfer(socket, &transfer);
	return 1;
}

/* A new session, before its handshake: everything it will carry is seen. */
static __always_inline void tls_start(struct tls_session_key *key)
{
	struct tls_session *session;

	tls_count_hit(key->tgid);
	session = tls_session_of(key);
	if (!session)
		return;
	*session = new_tls_session;
	session->from_start = 1;
}

/* Records that were read before, outside of the library, are what it looks at first. */
static __always_inline void tls_bind_last_read(struct tls_thread *thread, const struct tls_session_key *key,
					       struct tls_session *session)
{
	__u64 id = thread->last_read;
	struct gs_socket *ciphertext;

	thread->last_read = 0;
	if (!id || tls_socket_of(session))
		return;
	ciphertext = bpf_map_lookup_elem(&sockets, &id);
	if (ciphertext && ciphertext->protocol == GS_PROTOCOL_TLS)
		tls_bind(key, session, (struct sock *)id, ciphertext, false);
}

/* A call of the library begins. Not static, like those below: verified once. */
__noinline int tls_enter(__u64 thread_id, const struct tls_call *call)
{
	struct tls_thread *thread;
	struct tls_session *session;

	if (!call)
		return 0;

	tls_count_hit(call->session.tgid);
	thread = tls_thread_of(thread_id, true);
	session = tls_session_of(&call->session);
	if (!thread || !session)
		return 0;
	thread->unsent.session.address = 0;
	if (call->session.half != TLS_WRITES)
		tls_bind_last_read(thread, &call->session, session);
	thread->call = *call;
	if (call->is_write)
		thread->call.taken = tls_take(session, call->buffer, call->length, true);
	return 0;
}

/*
 * Servers wait for the end of a connection by reading one byte; when it is the first of the next request, they put
 * it in front of the rest.
 */
static __always_inline bool tls_byte_is_in_front(const struct tls_session *session, __u64 buffer)
{
	__u8 byte = 0;

	return session->has_ahead && !bpf_probe_read_user(&byte, sizeof(byte), (void *)buffer - 1) &&
	       byte == session->ahead;
}

static __always_inline int tls_take_read(struct tls_session *session, __u64 buffer, __u32 moved)
{
	bool in_front = tls_byte_is_in_front(session, buffer);
	__u8 byte = 0;
	int taken = 1;

	if (moved == 1 && !session->has_ahead && !bpf_probe_read_user(&byte, sizeof(byte), (void *)buffer)) {
		session->ahead = byte;
		session->has_ahead = 1;
		session->read++;
		return 1;
	}
	session->has_ahead = 0;
	session->read -= in_front;
	taken = tls_take(session, buffer - in_front, moved + in_front, false);
	session->read += moved + in_front;
	return taken;
}

/* It ends, having moved so many bytes; 0 when it moved none. */
__noinline int tls_leave(__u64 thread_id, __u32 moved)
{
	struct tls_thread *thread = tls_thread_of(thread_id, false);
	struct tls_session *session;
	struct tls_call call;

	if (!thread || !thread->call.session.address)
		return 0;
	call = thread->call;
	thread->call.session.address = 0;
	session = bpf_map_lookup_elem(&tls_sessions, &call.session);
	if (!session || !moved)
		return 0;
	if (call.is_write) {
		if (!call.taken && !tls_take(session, call.buffer, moved, true)) {
			if (call.session.half == TLS_WRITES) {
				thread->unsent = call;
				return 0;
			}
			count(GS_COUNTER_TLS_UNBOUND);
		}
		session->written += moved;
	} else if (!tls_take_read(session, call.buffer, moved)) {
		count(GS_COUNTER_TLS_UNBOUND);
	}
	return 0;
}

static __always_inline bool tls_is_inside(const struct tls_call *call)
{
	struct pt_regs *registers = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	__u64 stack_pointer = registers->sp;

	return call->session.address && stack_pointer <= call->stack_pointer &&
	       call->stack_pointer - stack_pointer < TLS_STACK_DEPTH;
}

/* The first write of a session whose library sends nothing itself: the system call tells where it goes. */
static __always_inline int tls_send(struct tls_call *call, struct sock *sk, const struct gs_socket *ciphertext)
{
	struct tls_session *session = bpf_map_lookup_elem(&tls_sessions, &call->session);

	if (session && tls_bind(&call->session, session, sk, ciphertext, true) &&
	    tls_take(session, call->buffer, call->length, true))
		session->written += call->length;
	else
		count(GS_COUNTER_TLS_UNBOUND);
	call->session.address = 0;
	return 0;
}

/* TLS records pass the socket: by the library itself, or by the program that gives them to it. */
__noinline int tls_on_syscall(struct gs_socket *ciphertext, __u64 address, bool is_write)
{
	struct sock *sk = (struct sock *)address;
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct tls_session *session;
	struct tls_thread *thread;

	if (!ciphertext || !tls_is_probed(pid_tgid >> 32))
		return 0;
	thread = tls_thread_of((__u32)pid_tgid, true);
	if (!thread)
		return 0;
	if (is_write && thread->unsent.session.address) {
		tls_send(&thread->unsent, sk, ciphertext);
		return 0;
	}
	if (!tls_is_inside(&thread->call)) {
		if (!is_write)
			thread->last_read = (__u64)sk;
		return 0;
	}
	session = bpf_map_lookup_elem(&tls_sessions, &thread->call.session);
	if (!session)
		return 0;
	if (session->sk != (__u64)sk || !tls_socket_of(session))
		tls_bind(&thread->call.session, session, sk, ciphertext, true);
	/* The plaintext of a session's first write waited for this. */
	if (thread->call.is_write && !thread->call.taken)
		thread->call.taken = tls_take(session, thread->call.buffer, thread->call.length, true);
	return 0;
}

#endif
