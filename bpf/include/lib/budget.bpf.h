/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* A bound on what is looked at in each tenth of a second, by chance: what is looked at stands for the rest. */
#ifndef GUMSHOE_BUDGET_BPF_H
#define GUMSHOE_BUDGET_BPF_H

#include "../kernel_types.h"

#define WINDOW_NS 100000000ull

/* How much of what happens is looked at: 1 of `scale`. */
struct budget {
	__u64 began_ns;
	__u32 seen;
	__u32 scale;
};

/* One more: 0 when it is left out, else how many it stands for. The share follows from the window before. */
static __always_inline __u32 spend(struct budget *budget, __u64 now, __u32 most)
{
	if (now - budget->began_ns >= WINDOW_NS) {
		bool is_next = now - budget->began_ns < 2 * WINDOW_NS;

		budget->scale = is_next && budget->seen > most ? budget->seen / most : 1;
		budget->seen = 0;
		budget->began_ns = now;
	}
	budget->seen++;
	if (budget->scale > 1 && bpf_get_prandom_u32() % budget->scale)
		return 0;
	return budget->scale ? budget->scale : 1;
}

#endif
