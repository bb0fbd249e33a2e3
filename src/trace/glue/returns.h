// SPDX-License-Identifier: GPL-3.0-or-later
/** Return breakpoints: where calls come back. */
#ifndef TRACE_GLUE_RETURNS_H
#define TRACE_GLUE_RETURNS_H

#include <stdint.h>

struct breakpoint;
struct process;

/** The breakpoint at a return address, planted. NULL: cannot be. */
struct breakpoint *returns_plant(struct process *p, uint64_t addr);
/** One pending or measured call less returns to addr. */
void returns_release(struct process *p, uint64_t addr);
/** A return breakpoint was hit by the way: no call of ours returned. */
void returns_judge(struct process *p, struct breakpoint *b);

#endif
