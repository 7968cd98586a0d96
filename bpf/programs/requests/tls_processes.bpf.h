/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Which processes speak TLS: user space looks for their libraries, and watches how often its probes are hit. */
#ifndef GUMSHOE_REQUESTS_TLS_PROCESSES_BPF_H
#define GUMSHOE_REQUESTS_TLS_PROCESSES_BPF_H

#include "events.h"
#include "kernel_types.h"

/* Key: process id. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct gs_tls_process);
} tls_processes SEC(".maps");

static const struct gs_tls_process new_tls_process;

static __always_inline struct gs_tls_process *tls_process_of(__u32 tgid)
{
	struct gs_tls_process *process = bpf_map_lookup_elem(&tls_processes, &tgid);

	if (process)
		return process;
	bpf_map_update_elem(&tls_processes, &tgid, &new_tls_process, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tls_processes, &tgid);
}

static __always_inline void tls_count_hit(__u32 tgid)
{
	struct gs_tls_process *process = tls_process_of(tgid);

	if (process)
		__sync_fetch_and_add(&process->hits, 1);
}

/* Has a probe of this process been hit? */
static __always_inline bool tls_is_probed(__u32 tgid)
{
	struct gs_tls_process *process = bpf_map_lookup_elem(&tls_processes, &tgid);

	return process && process->hits;
}

#endif
