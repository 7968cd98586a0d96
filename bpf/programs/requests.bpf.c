// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Requests over plain TCP: classified, paired with their answers and timed in the kernel, and given a place in
 * a distributed trace (docs/decisions/0001).
 *
 * Writes are looked at before their bytes are copied: the sequence number of the first is known, and a trace can be
 * left for the receiver before they leave. Reads are looked at when they are done; their arguments are still in the
 * user registers, so nothing runs at their entry. A write that fails and is repeated has the same sequence number, so
 * its result does not matter.
 *
 * Where the kernel has tracepoints in its sockets these are used (requests/at_sockets.bpf.h); else those of single
 * system calls (requests/at_syscalls.bpf.h). User space loads one set or the other.
 *
 * A socket becomes known with the first bytes seen on it: connections that were there before need no care.
 */
#include "l7/classify.h"
#include "lib/event.bpf.h"
#include "lib/message.bpf.h"
#include "lib/request_stats.bpf.h"
#include "lib/sampling.bpf.h"
#include "lib/socket.bpf.h"
#include "lib/span_identity.bpf.h"
#include "lib/syscall.bpf.h"
#include "lib/target.bpf.h"
#include "lib/trace_context.bpf.h"
#include "requests/sockets.bpf.h"
#include "requests/tls_processes.bpf.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

/* Messages looked at before a connection is given up as of unknown protocol. */
#define MAX_ATTEMPTS 16
/* Requests or answers looked for in one call: brokers' clients send hundreds of messages in one. */
#define MAX_BATCH 256
#define SHUTDOWN_MASK 3

/* One call that moves bytes over a TCP connection. */
struct transfer {
	struct l7_message message;
	struct sock *sk;
	__u32 position; /* sequence number of the first byte that is written, or behind the last that was read */
	__u64 id;	/* of the socket's entry */
	__u64 now;
	__u32 sequence; /* of the first byte */
	__u32 size;	/* of the message looked at; 0 when it cannot be told */
	bool is_write;
	bool is_part; /* HTTP/2: more bytes of this call are gathered into the same record */
};

/* Most bytes of large answers end here. */
static __always_inline bool is_of_no_interest(const struct gs_socket *socket, bool is_write)
{
	bool asks = is_write == (socket->direction == GS_OUTBOUND);

	return socket->protocol && !asks && !socket->first.started_ns && !socket->keyed &&
	       !l7_has_messages(socket->protocol);
}

#include "requests/pairing.bpf.h"

#include "requests/tls_engine.bpf.h"

#include "requests/calls.bpf.h"
#include "requests/at_sockets.bpf.h"
#include "requests/at_syscalls.bpf.h"

/* Dialled while working for a request: the first request of the connection belongs to it. */
static __always_inline void on_connect(__u64 id)
{
	struct gs_trace_context context;
	struct gs_socket *socket;

	if (!target_has_current() || !take_context_for_connect(&context))
		return;
	if (bpf_map_update_elem(&sockets, &id, &new_socket, BPF_ANY)) {
		count(GS_COUNTER_MAP_FULL);
		return;
	}
	socket = bpf_map_lookup_elem(&sockets, &id);
	if (socket) {
		socket->direction = GS_OUTBOUND;
		socket->connect = context;
	}
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(request_set_state, const struct sock *sk, int before, int after)
{
	__u64 id, plaintext;

	/* The verifier lets no one calculate with the pointer itself. */
	bpf_probe_read_kernel(&id, sizeof(id), &sk);
	plaintext = tls_plaintext_id(id);
	if (after == TCP_SYN_SENT) {
		on_connect(id);
		return 0;
	}
	if (after != TCP_CLOSE && sk->sk_shutdown != SHUTDOWN_MASK)
		return 0;
	end_requests(id);
	end_requests(plaintext);
	if (after == TCP_CLOSE) {
		forget_socket(id);
		forget_socket(plaintext);
	}
	return 0;
}

#include "requests/tls_go.bpf.h"
#include "requests/tls_openssl.bpf.h"
#include "requests/tls_rustls.bpf.h"

SEC("tp_btf/sched_process_exit")
int BPF_PROG(request_forget_thread, struct task_struct *task)
{
	__u32 tid = task->pid;

	bpf_map_delete_elem(&threads, &tid);
	return 0;
}
