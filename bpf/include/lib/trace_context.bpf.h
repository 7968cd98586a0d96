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
/* Requests that an event loop reads before it passes on the first of them. A power of two. */
#define MAX_READ 8

/* Requests in a row without a trace before a connection's sender counts as not observed; then one in so many is asked. */
#define UNTRACED_ENOUGH 64
#define UNTRACED_LOOK 16

/* A request that was read and neither passed on nor answered yet. */
struct read_request {
	struct gs_trace_context context; /* span_id 0: none */
	__u64 line;			 /* l7_line() */
	__u32 connects;			 /* connections opened while it was the context */
	__u32 reserved;
};

struct thread {
	struct gs_trace_context current; /* span_id 0: working on nothing we know */
	__u32 open;                      /* requests read and not answered yet */
	__u32 resumed;                   /* contexts in `next` */
	/*
	 * One read brought several answers: who sent the first goes on first, then these, in order. Each
	 * request they send moves to the next.
	 */
	struct gs_trace_context next[MAX_RESUMED];
	__u32 reads; /* place of the next one in `read`: from there on, round, they are in order */
	__u32 reserved;
	/* Proxies read several requests before they pass them on: the line tells which one goes out. */
	struct read_request read[MAX_READ];
};

/* Key: thread id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct thread);
} threads SEC(".maps");

/*
 * Threads of some programs hand requests to each other (executors, goroutines): there a thread's context says
 * nothing. Such a process shows by answers written by another thread than the one that read the request; it gets
 * a context only while it has exactly one request.
 */
struct process {
	struct gs_trace_context last; /* of the request read last; span_id 0 once it is answered */
	__u32 open;                   /* requests read and not answered yet */
	__u32 answered;               /* recently */
	__u32 handed_over;            /* of these, answered by another thread */
	__u32 reserved;
};

/* Answers after which the past counts half. */
#define PROCESS_MEMORY 64
/* One in so many answers handed over makes a process one that hands over. */
#define HANDS_OVER_SHARE 8

/* Key: process id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct process);
} processes SEC(".maps");

/* Wire id of a request that left this machine's processes -> the trace it belongs to. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct gs_trace_context);
} wire_traces SEC(".maps");

static const struct thread new_thread;
static const struct process new_process;

static __always_inline struct thread *thread_of(__u32 tid, bool create)
{
	struct thread *thread = bpf_map_lookup_elem(&threads, &tid);

	if (thread || !create)
		return thread;
	bpf_map_update_elem(&threads, &tid, &new_thread, BPF_NOEXIST);
	return bpf_map_lookup_elem(&threads, &tid);
}

static __always_inline struct process *process_of(__u32 tgid, bool create)
{
	struct process *process = bpf_map_lookup_elem(&processes, &tgid);

	if (process || !create)
		return process;
	bpf_map_update_elem(&processes, &tgid, &new_process, BPF_NOEXIST);
	return bpf_map_lookup_elem(&processes, &tgid);
}

static __always_inline void context_of_request(struct gs_trace_context *context,
					       const struct gs_pending_request *request)
{
	context->trace_id_high = request->parent.trace_id_high;
	context->trace_id_low = request->parent.trace_id_low;
	context->sampled = request->parent.sampled;
	context->span_id = mix(request->wire_id, SPAN_SERVER);
}

/* The thread works for this inbound request from now on. */
static __always_inline void enter_request(struct thread *thread, const struct gs_pending_request *request)
{
	context_of_request(&thread->current, request);
	thread->resumed = 0;
}

static __always_inline void leave_thread(struct thread *thread, __u64 span)
{
	if (!thread)
		return;
	for (int i = 0; i < MAX_READ; i++) {
		if (thread->read[i].context.span_id == span)
			thread->read[i].context.span_id = 0;
	}
	if (thread->open)
		thread->open--;
	if (thread->current.span_id == span)
		thread->current.span_id = 0;
}

static __always_inline void leave_process(struct process *process, __u64 span, bool handed_over)
{
	if (!process)
		return;
	if (process->open)
		__sync_fetch_and_add(&process->open, -1);
	if (process->last.span_id == span)
		process->last.span_id = 0;
	process->handed_over += handed_over;
	if (++process->answered >= PROCESS_MEMORY) {
		process->answered /= 2;
		process->handed_over /= 2;
	}
}

/* An inbound request is answered by thread `by`, or its connection has ended (by = 0). */
static __always_inline void leave_request(__u32 tgid, const struct gs_pending_request *request, __u32 by)
{
	__u64 span = mix(request->wire_id, SPAN_SERVER);

	leave_thread(thread_of(request->tid, false), span);
	leave_process(process_of(tgid, false), span, by && by != request->tid);
}

static __always_inline void become_root(struct gs_pending_request *request)
{
	request->parent.trace_id_high = mix(request->wire_id, TRACE_HIGH);
	request->parent.trace_id_low = mix(request->wire_id, TRACE_LOW);
	request->parent.span_id = 0;
	request->parent.parent_link = GS_PARENT_NONE;
	request->parent.sampled = sample_root(request->started_ns);
}

static __always_inline void remember_read(struct thread *thread, const struct gs_pending_request *request, __u64 line)
{
	struct read_request *read = &thread->read[thread->reads & (MAX_READ - 1)];

	if (!line)
		return;
	thread->reads++;
	context_of_request(&read->context, request);
	read->line = line;
	read->connects = 0;
}

/*
 * What the sender left for this request, if it is observed too. On a connection where nothing was left many times in a
 * row it is looked for only now and then: a look at a place never seen before costs more than the rest.
 */
static __always_inline struct gs_trace_context *trace_left_for(struct gs_socket *socket, __u64 wire_id)
{
	struct gs_trace_context *trace;

	if (socket->untraced >= UNTRACED_ENOUGH && ++socket->untraced % UNTRACED_LOOK)
		return 0;
	trace = bpf_map_lookup_elem(&wire_traces, &wire_id);
	if (trace)
		socket->untraced = 0;
	else if (socket->untraced < UNTRACED_ENOUGH)
		socket->untraced++;
	return trace;
}

/* line: l7_line() of the request. */
static __always_inline void start_inbound(struct gs_socket *socket, struct gs_pending_request *request, __u64 line)
{
	struct gs_trace_context *trace = trace_left_for(socket, request->wire_id);
	struct thread *thread = thread_of(request->tid, true);
	struct process *process = process_of(socket->tgid, true);

	if (trace) {
		request->parent = *trace;
		request->parent.span_id = mix(request->wire_id, SPAN_CLIENT);
		request->parent.parent_link = GS_PARENT_WIRE;
	} else {
		become_root(request);
	}
	if (process) {
		context_of_request(&process->last, request);
		__sync_fetch_and_add(&process->open, 1);
	}
	if (thread) {
		thread->open++;
		enter_request(thread, request);
		remember_read(thread, request, line);
	}
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

static __always_inline bool hands_over(const struct process *process)
{
	return process && process->handed_over * HANDS_OVER_SHARE > process->answered;
}

/* What the current thread works on: certain with one request on it, inferred with several. False: nothing. */
static __always_inline bool take_context(struct gs_trace_context *context)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct process *process = process_of(pid_tgid >> 32, false);
	struct thread *thread;

	if (hands_over(process)) {
		if (process->open != 1 || !process->last.span_id)
			return false;
		*context = process->last;
		context->parent_link = GS_PARENT_ORDER;
		return true;
	}
	thread = thread_of((__u32)pid_tgid, false);
	if (!thread || !thread->current.span_id)
		return false;
	*context = thread->current;
	context->parent_link = thread->open > 1 ? GS_PARENT_ORDER : GS_PARENT_THREAD;
	resume_next(thread);
	return true;
}

/* The same for a connection that is opened: its first request will belong to what the thread works on. */
static __always_inline bool take_context_for_connect(struct gs_trace_context *context)
{
	struct thread *thread;

	if (!take_context(context))
		return false;
	thread = thread_of((__u32)bpf_get_current_pid_tgid(), false);
	for (int i = 0; thread && i < MAX_READ; i++) {
		if (thread->read[i].context.span_id == context->span_id)
			thread->read[i].connects++;
	}
	return true;
}

/*
 * The request that is passed on with this line: the oldest that no connection was opened for; but the one that
 * `connect` was opened for when nothing older waits. False when nothing that was read bears the line.
 */
static __noinline bool take_read(struct gs_trace_context *context, __u64 line, __u64 connect_span)
{
	struct thread *thread = thread_of((__u32)bpf_get_current_pid_tgid(), false);

	if (!thread || !line)
		return false;
	for (__u32 i = 0; i < MAX_READ; i++) {
		struct read_request *read = &thread->read[(thread->reads + i) & (MAX_READ - 1)];
		__u64 span = read->context.span_id;

		if (!span || read->line != line || (read->connects && span != connect_span))
			continue;
		*context = read->context;
		context->parent_link = thread->open > 1 ? GS_PARENT_ORDER : GS_PARENT_THREAD;
		read->context.span_id = 0;
		if (thread->current.span_id == span)
			resume_next(thread);
		return true;
	}
	return false;
}

/* line: l7_line() of the request. */
static __always_inline void start_outbound(struct gs_socket *socket, struct gs_pending_request *request, __u64 line)
{
	if (take_read(&request->parent, line, socket->connect.span_id)) {
		socket->connect.span_id = 0;
	} else if (socket->connect.span_id) {
		request->parent = socket->connect;
		socket->connect.span_id = 0;
	} else if (!take_context(&request->parent)) {
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
