/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What each thread is working on, docs/decisions/0001: reading a request makes it the thread's context, sending one
 * takes the context as parent, reading an answer restores the context of whoever asked.
 */
#ifndef GUMSHOE_TRACE_CONTEXT_BPF_H
#define GUMSHOE_TRACE_CONTEXT_BPF_H

#include "sampling.bpf.h"
#include "span_identity.bpf.h"

/* Requests of one event loop that go on after a single read. A power of two. */
#define MAX_RESUMED 4

struct thread {
	struct gs_trace_context current; /* span_id 0: working on nothing we know */
	__u32 open;                      /* requests read and not answered yet */
	__u32 resumed;                   /* contexts in `next` */
	/*
	 * One read brought several answers: who sent the first goes on first, then these, in order. Each
	 * request they send moves to the next.
	 */
	struct gs_trace_context next[MAX_RESUMED];
};

/* Key: thread id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct thread);
} threads SEC(".maps");

/* Wire id of a request that left this machine's processes -> the trace it belongs to. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct gs_trace_context);
} wire_traces SEC(".maps");

static const struct thread new_thread;

static __always_inline struct thread *thread_of(__u32 tid, bool create)
{
	struct thread *thread = bpf_map_lookup_elem(&threads, &tid);
	if (thread || !create)
		return thread;
	bpf_map_update_elem(&threads, &tid, &new_thread, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &tid);
}

/* The thread works for this inbound request from now on. */
static __always_inline void enter_request(struct thread *thread, const struct gs_pending_request *request)
{
	thread->current.trace_id_high = request->parent.trace_id_high;
	thread->current.trace_id_low = request->parent.trace_id_low;
	thread->current.sampled = request->parent.sampled;
	thread->current.span_id = mix(request->wire_id, SPAN_SERVER);
	thread->resumed = 0;
}

/* One of the requests that the thread had read is answered. */
static __always_inline void leave_request(struct thread *thread, __u64 span)
{
	if (!thread)
		return;
	if (thread->open)
		thread->open--;
	if (thread->current.span_id == span)
		thread->current.span_id = 0;
}

static __always_inline void become_root(struct gs_pending_request *request)
{
	request->parent.trace_id_high = mix(request->wire_id, TRACE_HIGH);
	request->parent.trace_id_low = mix(request->wire_id, TRACE_LOW);
	request->parent.span_id = 0;
	request->parent.parent_link = GS_PARENT_NONE;
	request->parent.sampled = sample_root(request->started_ns);
}

static __always_inline void start_inbound(struct gs_pending_request *request)
{
	struct gs_trace_context *trace = bpf_map_lookup_elem(&wire_traces, &request->wire_id);
	struct thread *thread = thread_of(request->tid, true);

	if (trace) {
		request->parent = *trace;
		request->parent.span_id = mix(request->wire_id, SPAN_CLIENT);
		request->parent.parent_link = GS_PARENT_WIRE;
	} else {
		become_root(request);
	}
	if (!thread)
		return;
	thread->open++;
	enter_request(thread, request);
}

/* Exactly one request on this thread is certain; with several it is inferred. */
static __always_inline void take_context(struct gs_trace_context *context, const struct thread *thread)
{
	*context = thread->current;
	context->parent_link = thread->open > 1 ? GS_PARENT_ORDER : GS_PARENT_THREAD;
}

static __always_inline void resume_next(struct thread *thread)
{
	if (!thread->resumed)
		return;
	thread->current = thread->next[0];
	for (int i = 0; i < MAX_RESUMED - 1; i++)
		thread->next[i] = thread->next[i + 1];
	thread->resumed--;
}

static __always_inline void start_outbound(struct gs_socket *socket, struct gs_pending_request *request)
{
	struct thread *thread = thread_of(request->tid, false);

	if (socket->connect.span_id) {
		request->parent = socket->connect;
		socket->connect.span_id = 0;
	} else if (thread && thread->current.span_id) {
		take_context(&request->parent, thread);
		resume_next(thread);
	} else {
		become_root(request);
	}
	bpf_map_update_elem(&wire_traces, &request->wire_id, &request->parent, BPF_ANY);
}

/* Whoever sent the request goes on. */
static __always_inline void resume(const struct gs_trace_context *context, bool is_first)
{
	struct thread *thread = thread_of((__u32)bpf_get_current_pid_tgid(), false);

	if (!thread)
		return;
	if (is_first) {
		thread->current = *context;
		thread->resumed = 0;
	}
	/* Everything this thread had read is answered: what it does next belongs to nobody. */
	if (!thread->open)
		thread->current.span_id = 0;
	if (is_first || !thread->open || thread->resumed >= MAX_RESUMED)
		return;
	thread->next[thread->resumed & (MAX_RESUMED - 1)] = *context;
	thread->resumed++;
}

#endif
