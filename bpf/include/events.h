/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Every struct that leaves the kernel: map keys and values, and ring-buffer records. The only contract
 * between kernel and user space; user space decodes through a layout generated from this file's BTF.
 * All integers are host order, except addresses (network order bytes). Times are bpf_ktime_get_ns()
 * (CLOCK_MONOTONIC) nanoseconds. IPv4 addresses are v4-mapped IPv6.
 */
#ifndef GUMSHOE_EVENTS_H
#define GUMSHOE_EVENTS_H

#include <linux/types.h>

#define GS_COMM_LENGTH 16
#define GS_PAYLOAD_LENGTH 1024         /* bytes of request kept */
#define GS_PAYLOAD_SHORT 256           /* records of shorter requests end after so many of them */
#define GS_RESPONSE_LENGTH 128         /* bytes of response kept, for status and error text */
#define GS_HELD_LENGTH 16              /* bytes of a message's header kept until the rest of it comes */
#define GS_CGROUP_PATH_LENGTH 384      /* of longer paths nothing is kept */
#define GS_LATENCY_BUCKETS 16

/* Status of a request whose connection ended before the first byte of a response: no code was ever sent. */
#define GS_STATUS_NO_RESPONSE 0xFFFF

/*
 * Upper bounds of the latency buckets in ns; the last bucket is +Inf. Seconds:
 * .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 30 60 +Inf
 */
#define GS_LATENCY_BOUNDS_NS                                                                          \
	{                                                                                              \
		1000000ull, 2500000ull, 5000000ull, 10000000ull, 25000000ull, 50000000ull,             \
			100000000ull, 250000000ull, 500000000ull, 1000000000ull, 2500000000ull,        \
			5000000000ull, 10000000000ull, 30000000000ull, 60000000000ull                  \
	}

enum gs_event_type {
	GS_EVENT_PROCESS_START = 1,
	GS_EVENT_PROCESS_EXEC = 2,
	GS_EVENT_PROCESS_EXIT = 3,
	GS_EVENT_OOM_KILL = 4,
	GS_EVENT_TCP_LISTEN = 5,
	GS_EVENT_TCP_LISTEN_CLOSE = 6,
	GS_EVENT_TCP_OPEN = 7,
	GS_EVENT_TCP_CONNECT_FAILED = 8,
	GS_EVENT_TCP_CLOSE = 9,
	GS_EVENT_REQUEST = 10,
	GS_EVENT_HTTP2 = 11,
	GS_EVENT_DNS = 12,
};

enum gs_direction {
	GS_OUTBOUND = 1, /* the process dialled, or sends the requests */
	GS_INBOUND = 2,
};

/* Protocol numbers are never reused; 1..16 as in the reference. */
enum gs_protocol {
	GS_PROTOCOL_UNKNOWN = 0,
	GS_PROTOCOL_HTTP = 1,
	GS_PROTOCOL_POSTGRES = 2,
	GS_PROTOCOL_REDIS = 3,
	GS_PROTOCOL_MEMCACHED = 4,
	GS_PROTOCOL_MYSQL = 5,
	GS_PROTOCOL_MONGODB = 6,
	GS_PROTOCOL_KAFKA = 7,
	GS_PROTOCOL_CASSANDRA = 8,
	GS_PROTOCOL_AMQP = 9,
	GS_PROTOCOL_NATS = 10,
	GS_PROTOCOL_HTTP2 = 11,
	GS_PROTOCOL_DUBBO2 = 12,
	GS_PROTOCOL_DNS = 13,
	GS_PROTOCOL_CLICKHOUSE = 14,
	GS_PROTOCOL_ZOOKEEPER = 15,
	GS_PROTOCOL_FOUNDATIONDB = 16,
	GS_PROTOCOL_TLS = 254,     /* ciphertext: what it carries has an entry of its own; stays inside the kernel */
	GS_PROTOCOL_IGNORED = 255, /* looked at and given up; stays inside the kernel */
};

/* How the parent of a request's span was found. */
enum gs_parent_link {
	GS_PARENT_NONE = 0,     /* root, or unknown */
	GS_PARENT_WIRE = 1,     /* inbound: parent is the client span of the same bytes on the wire */
	GS_PARENT_THREAD = 2,   /* outbound: sent by the thread while it served exactly one request */
	GS_PARENT_ORDER = 3,    /* outbound: inferred from order on a thread that serves many requests */
};

/* Why a request crossed the ring buffer (bit set). */
#define GS_REASON_SAMPLED 1
#define GS_REASON_FAILED 2
#define GS_REASON_SLOW 4
#define GS_REASON_PREPARES 8 /* no span: its statement tells later executions */

struct gs_tuple {
	__u8 local_address[16];
	__u8 remote_address[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 netns; /* inode number of the network namespace */
};

struct gs_header {
	__u32 type; /* enum gs_event_type */
	__u32 size; /* of the whole record, header included */
	__u64 time_ns;
	__u32 tgid; /* in the initial pid namespace */
	__u32 tid;
	__u64 cgroup_id; /* cgroup v2 id; 0 when unknown */
};

struct gs_process_event {
	struct gs_header header;
	__u32 parent_tgid;
	__s32 exit_code; /* as in wait(2): code << 8 | signal; exit only */
	__u8 comm[GS_COMM_LENGTH];
};

struct gs_tcp_event {
	struct gs_header header;
	struct gs_tuple tuple;
	__u32 direction; /* enum gs_direction */
	__s32 error;     /* errno of a failed connect, else 0 */
	__u64 duration_ns; /* connect time (open, failed), life time (close) */
	__u64 bytes_sent;
	__u64 bytes_received;
};

/*
 * One request whose response was seen. Span identity (decision 4): wire_id hashes the connection's two
 * endpoints and the TCP sequence number of the request's first byte, so both ends compute the same.
 * client span id = mix(wire_id, 1), server span id = mix(wire_id, 2); see lib/span_identity.bpf.h.
 */
struct gs_request_event {
	struct gs_header header; /* time_ns = when the first request byte was sent (client) or read (server) */
	struct gs_tuple tuple;
	__u64 duration_ns;
	__u64 wire_id;
	__u64 trace_id_high;
	__u64 trace_id_low;
	__u64 span_id;
	__u64 parent_span_id; /* 0 for a root */
	__u32 direction;
	__u16 protocol;    /* enum gs_protocol */
	__u16 status;      /* HTTP status code; else 0 ok, 1 failed, or GS_METHOD_*; GS_STATUS_NO_RESPONSE */
	__u32 parent_link; /* enum gs_parent_link */
	__u32 reason;      /* GS_REASON_* */
	__u32 request_size;  /* bytes of the first request segment(s) seen */
	__u32 response_size; /* bytes of the first response segment */
	__u32 payload_length;
	__u32 response_length;
	__u32 keep_ppm; /* share of all traces that was sampled when this one began, in millionths */
	__u32 reserved;
	__u8 response[GS_RESPONSE_LENGTH];
	__u8 payload[GS_PAYLOAD_LENGTH]; /* the record ends after GS_PAYLOAD_SHORT when that is enough */
};

#define GS_HTTP2_BYTES 4096

#define GS_HTTP2_LOST 1   /* bytes of this direction were missed before this record: HPACK state is unknown */
#define GS_HTTP2_CLOSED 2 /* the connection has ended; the record holds no frames */

/*
 * Frames of one direction of an HTTP/2 connection that went through one call, or a part of them. Whole frames with
 * their headers, one behind the other: HEADERS, RST_STREAM, PUSH_PROMISE, GOAWAY, CONTINUATION. Of DATA frames
 * only the 9-byte header, and only with END_STREAM. All others are left out. Before the HEADERS of a request that
 * begins stands a frame of ours, of type GS_HTTP2_IDENTITY.
 * A frame may be cut at the end of a record; the next record of the direction goes on with it. The connection preface
 * is left out.
 */
struct gs_http2_event {
	struct gs_header header; /* time_ns = when the bytes were sent or read; the record ends after `length` bytes */
	struct gs_tuple tuple;
	__u64 connection;  /* the kernel's name of it, reused after GS_HTTP2_CLOSED */
	__u32 direction;   /* enum gs_direction: outbound, when this process is the client */
	__u32 from_client; /* 1: bytes of the client */
	__u32 flags;       /* GS_HTTP2_* */
	__u32 length;
	__u8 bytes[GS_HTTP2_BYTES];
};

/* No type of HTTP/2, and none that the kernel takes for one (l7/http2.h). */
#define GS_HTTP2_IDENTITY 0xF1

/* What such a frame holds. It ends after wire_id for a root that was not chosen: the rest follows from that. */
struct gs_http2_identity {
	__u64 wire_id;
	__u64 trace_id_high;
	__u64 trace_id_low;
	__u64 span_id;
	__u64 parent_span_id; /* 0 for a root */
	__u32 parent_link;    /* enum gs_parent_link */
	__u32 sampled;        /* share of all traces that was kept when this one began, in millionths; 0: not chosen */
};

#define GS_DNS_QUERY_LENGTH 272
#define GS_DNS_ANSWER_LENGTH 512

/* Value of map dns_queries (its key is opaque): a query without an answer yet. */
struct gs_dns_query {
	__u64 started_ns;
	__u64 cgroup_id;
	__u32 tgid;
	__u32 direction; /* enum gs_direction */
	__u32 length;
	__u32 reserved;
	__u8 bytes[GS_DNS_QUERY_LENGTH]; /* the message without the length that precedes it over TCP */
};

/* A query and its answer. */
struct gs_dns_event {
	struct gs_header header; /* time_ns = when the query was sent (client) or read (server) */
	__u64 duration_ns;
	__u32 direction;
	__u32 length;
	__u8 bytes[GS_DNS_ANSWER_LENGTH]; /* of the answer, as above */
};

/* Messages that are never answered (AMQP, NATS): in place of a status. */
#define GS_METHOD_PRODUCE 1
#define GS_METHOD_CONSUME 2

/* Key of map tcp_stats. Outbound: remote endpoint dialled. Inbound: local address and listening port. */
struct gs_peer_key {
	__u32 tgid;
	__u32 netns;
	__u8 address[16];
	__u16 port;
	__u16 direction;
	__u32 reserved;
};

/* Value of map tcp_stats. All monotonic but active. */
struct gs_tcp_stats {
	__u64 connects;        /* successful; inbound: accepted */
	__u64 connect_time_ns; /* sum over successful; inbound: 0 */
	__u64 failed_connects; /* for whatever reason, and of these: */
	__u64 refused;         /* ECONNREFUSED */
	__u64 timed_out;       /* ETIMEDOUT */
	__u64 unreachable;     /* ENETUNREACH, EHOSTUNREACH */
	__u64 cancelled;       /* closed by its owner before an answer came */
	__u64 closed; /* active = connects + adopted - closed */
	__u64 adopted; /* connections that existed before the collector */
	__u64 bytes_sent;
	__u64 bytes_received;
	__u64 retransmits;
	__u64 rtt_sum_us; /* of the samples taken from tcp_sock.srtt_us */
	__u64 rtt_samples;
	__u64 resets_received;
	__u64 resets_sent;
	__u64 zero_windows;      /* connections found with the peer's receive window closed ... */
	__u64 zero_windows_over; /* ... and found open again, or closed */
};

/* Key of map request_stats. Inbound: address and port are the local listening ones. */
struct gs_request_key {
	__u32 tgid;
	__u32 netns;
	__u8 address[16];
	__u16 port;
	__u16 direction;
	__u16 protocol;
	__u16 status;
};

struct gs_request_stats {
	__u64 count;
	__u64 duration_sum_ns;
	__u64 buckets[GS_LATENCY_BUCKETS]; /* not cumulative */
};

/* What a thread is working on: the server span of the request it read, or the root it started. */
struct gs_trace_context {
	__u64 trace_id_high;
	__u64 trace_id_low;
	__u64 span_id;
	__u32 parent_link; /* enum gs_parent_link that a child made from it would have */
	__u32 sampled;     /* the root's decision for the whole trace: 0 no, else the share then kept in millionths */
};

/* One request that waits for the first byte of its response. */
struct gs_pending_request {
	__u64 started_ns; /* 0: none */
	__u64 wire_id;
	struct gs_trace_context parent; /* span_id 0 for a root */
	__u32 sequence; /* TCP sequence number of the first byte */
	__u32 request_size;
	__u32 payload_length;
	__u32 tid;
};

/* Key of map pipelines. */
struct gs_waiting_key {
	__u64 id;  /* as in sockets */
	__u64 key; /* what request and answer have in common; else the place in the row */
};

/* Value of map pipelines: requests that wait behind the first, or for the answer that bears their key. */
struct gs_waiting {
	struct gs_pending_request request;
	__u8 payload[GS_PAYLOAD_LENGTH];
};

/* Where one direction of a connection stands between two calls. */
struct gs_stream {
	__u32 boundary;      /* sequence number at which the next message begins */
	__u32 held_sequence; /* of the first byte held */
	__u8 has_boundary;
	__u8 held_length;
	__u8 capturing; /* HTTP/2: the frame that goes on is one that user space wants */
	__u8 flags;     /* HTTP/2: GS_HTTP2_LOST for the next record */
	__u32 expected; /* HTTP/2: sequence number of the byte behind the last one looked at */
	__u8 is_expected;
	__u8 reserved[3];
	__u8 held[GS_HELD_LENGTH]; /* beginning of a message that was cut short */
};

/*
 * Value of map sockets (key: __u64 id, opaque). User space may iterate it for requests in flight, stuck ones
 * included: first.started_ns is not 0 while a request waits for the first byte of its response, and `pending`
 * tells how many wait behind it on the same connection (pipelining).
 */
struct gs_socket {
	/* First what every call asks: a connection's entry is rarely in the caches when its next request comes. */
	__u64 file_private;   /* kernel address of struct socket, to recognise the descriptor's file */
	__u64 endpoints_hash; /* same at both ends */
	__u64 cgroup_id;
	__u32 tgid;      /* who did the last request-side call */
	__u16 protocol;  /* enum gs_protocol, learnt once */
	__u16 direction; /* enum gs_direction; 0 until known */
	__u8 attempts;   /* messages looked at without learning the protocol */
	__u8 encrypted;  /* 1: what TLS carries; the ciphertext has an entry of its own */
	__u16 pending;   /* requests in map pipelines, behind `first` */
	__u32 pipeline_head; /* place in map pipelines of the next one */
	__u32 keyed; /* requests in map pipelines that wait for an answer with their key */
	__u32 untraced; /* requests in a row that no sender had left a trace for */
	struct gs_pending_request first;
	struct gs_stream read;
	struct gs_stream written;
	__u8 payload[GS_PAYLOAD_SHORT]; /* of `first`, when it has no more; else it is in map payloads */
	struct gs_tuple tuple;
	struct gs_trace_context connect; /* left by connect() for the first request; span_id 0 when none */
};

/* Value of map tls_processes (key: __u32 tgid), the processes that speak TLS. */
struct gs_tls_process {
	__u64 hits; /* of probes at calls of its TLS library; 0: none was hit yet */
};

/* Per-CPU losses and totals, map counters (array, index = enum). */
enum gs_counter {
	GS_COUNTER_EVENTS = 0,
	GS_COUNTER_RING_FULL = 1,
	GS_COUNTER_MAP_FULL = 2,
	GS_COUNTER_REQUESTS = 3,
	GS_COUNTER_REQUESTS_UNPAIRED = 4,
	GS_COUNTER_SPANS_SAMPLED_OUT = 5,
	GS_COUNTER_TLS_UNBOUND = 6, /* messages out of TLS whose connection could not be told */
	GS_COUNTER_MAX = 7,
};

/* Counts of map profile_counters (per-CPU array). */
enum gs_profile_counter {
	GS_PROFILE_SAMPLES = 0,
	GS_PROFILE_SAMPLES_LOST = 1, /* the sample's map was full */
	GS_PROFILE_STACKS_LOST = 2,  /* counted without this stack */
	GS_PROFILE_SHORT = 3,        /* waits shorter than what is kept */
	GS_PROFILE_SHORT_NS = 4,     /* their time */
	GS_PROFILE_SKIPPED = 5,      /* not looked at to stay within budget; the others stand for them */
	GS_PROFILE_COUNTER_MAX = 6,
};

#define GS_STACK_DEPTH 127
#define GS_PYTHON_DEPTH 96

#define GS_WAIT_SYSCALL 0xFFFF    /* mask */
#define GS_WAIT_IO 0x10000        /* the kernel counts it as a wait for a device */
#define GS_WAIT_RUNQUEUE 0x20000  /* able to run, but no CPU was free */

/*
 * Key of maps profile_samples_{0,1}; the value is a __u64: samples, ns off CPU, or bytes. Stacks are keys of
 * profile_stacks_{0,1}, 0: none.
 */
struct gs_profile_key {
	__u64 cgroup_id;
	__u64 user_stack;
	__u64 kernel_stack;
	__u64 python_stack;
	__u32 tgid;
	__u32 detail; /* off CPU: GS_WAIT_*, and the number of the system call + 1; else 0 */
};

/* Value of map heap_live (key: __u64 address): a sampled allocation that was not freed. */
struct gs_heap_block {
	__u64 size;
	__u64 weight; /* bytes that it stands for, itself included */
	__u64 time_ns;
	__u64 user_stack;
};

/* Counts of map heap_counters (per-CPU array). */
enum gs_heap_counter {
	GS_HEAP_ALLOCATIONS = 0, /* calls */
	GS_HEAP_SAMPLED = 1,
	GS_HEAP_BYTES = 2, /* of all calls */
	GS_HEAP_FREES = 3,
	GS_HEAP_LOST = 4, /* the map was full */
	GS_HEAP_COUNTER_MAX = 5,
};

/*
 * Innermost frame first. User and kernel: instruction addresses. Python: addresses of code objects with
 * GS_PYTHON_MARK_*; a frame entered from C is the last of the frames that share a C frame.
 */
struct gs_profile_stack {
	__u64 length;
	__u64 frames[GS_STACK_DEPTH];
};

#define GS_PYTHON_NONE 0xFFFF

/* Lowest 3 bits of a Python frame in a stack: mark_style | (byte & mark_mask). */
#define GS_PYTHON_MARK_ENTRY 1 /* the interpreter was entered for it from C */
#define GS_PYTHON_MARK_OWNER 4 /* the others are the frame's owner (3.12 and later) */
#define GS_PYTHON_MARK_SHIM 7  /* no function: the frame before it was entered from C */

/* Value of map python_processes (key: __u32 tgid), from user space: where this interpreter keeps what. */
struct gs_python_process {
	__u64 runtime; /* address of _PyRuntime */
	__u16 runtime_current_thread; /* GS_PYTHON_NONE: it does not say */
	__u16 runtime_interpreter;
	__u16 interpreter_thread;
	__u16 thread_next;
	__u16 thread_id;
	__u16 thread_cframe;
	__u16 cframe_frame; /* GS_PYTHON_NONE: the frame is at thread_cframe itself */
	__u16 frame_code;
	__u16 frame_previous;
	__u16 frame_mark; /* a byte that tells of entries from C */
	__u8 mark_mask;   /* its bits that matter */
	__u8 mark_style;  /* GS_PYTHON_MARK_*, added to them */
	__u16 reserved;
};

/* What was asked of a block device; as /proc/diskstats tells them apart. */
enum gs_disk_operation {
	GS_DISK_READ = 0,
	GS_DISK_WRITE = 1,
	GS_DISK_DISCARD = 2,
	GS_DISK_FLUSH = 3,
};

#define GS_DISK_LATENCY_BUCKETS 16 /* upper bounds: .rodata disk_latency_bounds_ns; the last is +Inf */

/* Key of map disk_stats. */
struct gs_disk_key {
	__u64 cgroup_id; /* whom the kernel charges: in the hierarchy that the io or blkio controller is in; 0 unknown */
	__u32 device;    /* major << 20 | minor of the whole device */
	__u32 operation; /* enum gs_disk_operation */
};

/* Value of map disk_stats. All monotonic. */
struct gs_disk_stats {
	__u64 count;
	__u64 bytes;
	__u64 errors;
	__u64 duration_sum_ns; /* from submission to completion, waiting in queues included */
	__u64 buckets[GS_DISK_LATENCY_BUCKETS]; /* not cumulative */
};

/* Key of map nat_connections: a connection as the client dialled it. */
struct gs_nat_key {
	__u8 client_address[16];
	__u8 destination_address[16];
	__u16 client_port;
	__u16 destination_port;
};

/* Value of map nat_connections: who answers. */
struct gs_nat_value {
	__u64 seen_ns;
	__u8 address[16];
	__u16 port;
	__u16 reserved[3];
};

/* Value of map cgroup_paths, by cgroup v2 id: the path below the hierarchy's root, ending with 0. */
struct gs_cgroup_path {
	char path[GS_CGROUP_PATH_LENGTH];
};

/* Target filter, set before load (.rodata target_mode) and through maps target_cgroups, target_pids, target_netns. */
enum gs_target_mode {
	GS_TARGET_ALL = 0,
	GS_TARGET_CGROUP = 1, /* cgroup v2 ids of the roots; the whole subtree counts */
	GS_TARGET_PID = 2,    /* tgids of the roots; children inherit on fork */
	GS_TARGET_NETNS = 3,
};

#endif
