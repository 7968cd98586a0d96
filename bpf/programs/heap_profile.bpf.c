// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
/*
 * Allocations of one process that are not freed, by stack: for a bounded time and on demand, since each call of the
 * allocator costs a trap. Probes sit at the functions' first instructions and at their returns; the return address
 * on the stack is never touched (no uretprobe). A block of `size` bytes is remembered with a chance of
 * size / sample_bytes and then stands for sample_bytes, so that memory is found in proportion to its size.
 */
#include "kernel_types.h"
#include "events.h"

/* The kernel asks for a GPL-compatible string; the file may also be used under Apache-2.0. */
char LICENSE[] SEC("license") = "GPL";

#define LIVE_MAX 131072
#define STACKS_MAX 8192
#define THREADS_MAX 8192

const volatile __u32 heap_tgid = 0;
const volatile __u64 sample_bytes = 65536; /* 1: every allocation */

/* realloc of no block goes on in malloc, by a jump. */
const volatile __u8 realloc_enters_malloc = 0;

#include "lib/heap.bpf.h"

SEC("uprobe")
int heap_malloc(struct pt_regs *context)
{
	begin(context, argument(context, 0), 0);
	return 0;
}

SEC("uprobe")
int heap_calloc(struct pt_regs *context)
{
	begin(context, argument(context, 0) * argument(context, 1), 0);
	return 0;
}

/* When it fails the old block stays, and is missed: rare. */
SEC("uprobe")
int heap_realloc(struct pt_regs *context)
{
	__u64 address = argument(context, 0);

	forget(address);
	if (address || !realloc_enters_malloc)
		begin(context, argument(context, 1), 0);
	return 0;
}

/* aligned_alloc, memalign */
SEC("uprobe")
int heap_memalign(struct pt_regs *context)
{
	begin(context, argument(context, 1), 0);
	return 0;
}

SEC("uprobe")
int heap_posix_memalign(struct pt_regs *context)
{
	begin(context, argument(context, 2), argument(context, 0));
	return 0;
}

SEC("uprobe")
int heap_return(struct pt_regs *context)
{
	end(result_of(context));
	return 0;
}

SEC("uprobe")
int heap_free(struct pt_regs *context)
{
	forget(argument(context, 0));
	return 0;
}
