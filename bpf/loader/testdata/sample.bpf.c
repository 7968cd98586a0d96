// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/* Counts getpgid() of one process and sends its argument through a ring buffer. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile __u32 watched_tgid = 0;

struct record {
	__u32 tgid;
	__u32 argument;
	__u64 number;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct enter_args {
	__u64 common;
	__s64 id;
	__u64 args[6];
};

SEC("tracepoint/syscalls/sys_enter_getpgid")
int on_getpgid(struct enter_args *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	__u32 argument = ctx->args[0], zero = 0;
	__u64 one = 1, *count;
	struct record *record;

	if (!watched_tgid || tgid != watched_tgid)
		return 0;
	count = bpf_map_lookup_elem(&counts, &argument);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&counts, &argument, &one, BPF_ANY);
	count = bpf_map_lookup_elem(&totals, &zero);
	if (count)
		*count += 1;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record)
		return 0;
	record->tgid = tgid;
	record->argument = argument;
	record->number = count ? *count : 0;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* The verifier refuses this one: the map value may be null. */
SEC("tracepoint/syscalls/sys_enter_getpgid")
int refused(struct enter_args *ctx)
{
	__u32 key = 1;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	*count = 1;
	return 0;
}

/* There is no such hook. */
SEC("tracepoint/syscalls/sys_enter_no_such_call")
int absent_hook(struct enter_args *ctx)
{
	return 0;
}

SEC("perf_event")
int on_clock(void *ctx)
{
	return 0;
}

SEC("uprobe")
int on_call(void *ctx)
{
	__u32 zero = 0;
	__u64 *total = bpf_map_lookup_elem(&totals, &zero);

	if (total)
		*total += 1;
	return 0;
}

struct bpf_iter_meta {
	void *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	void *map;
	__u32 *key;
	__u64 *value;
} __attribute__((preserve_access_index));

/* Writes the keys of the map's entries. */
SEC("iter/bpf_map_elem")
int each_count(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key, copy;

	if (!key)
		return 0;
	copy = *key;
	bpf_seq_write((struct seq_file *)ctx->meta->seq, &copy, sizeof(copy));
	return 0;
}
