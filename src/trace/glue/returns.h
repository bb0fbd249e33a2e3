// SPDX-License-Identifier: GPL-3.0-or-later
/** Return breakpoints: the addresses that calls return to. */
#ifndef TRACE_GLUE_RETURNS_H
#define TRACE_GLUE_RETURNS_H

#include <stdint.h>

struct breakpoint;
struct process;

/** Plant a breakpoint at a return address. NULL: impossible. */
struct breakpoint *returns_plant(struct process *p, uint64_t addr);
/** One pending or measured call less will return to addr. */
void returns_release(struct process *p, uint64_t addr);
/** A return breakpoint was hit, and no call of ours returned there. */
void returns_judge(struct process *p, struct breakpoint *b);

#endif
