// SPDX-License-Identifier: GPL-3.0-or-later
/** Put traps into the text. */
#ifndef TRACE_CODE_PLANT_H
#define TRACE_CODE_PLANT_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;

/** Find or make one and add the roles; plants it when tracing is on. NULL: not plantable
 *  (unmapped, no memory, table full). */
struct breakpoint *breakpoint_add(struct process *p, uint64_t addr, uint32_t roles);
/** Put its trap in place; the way past it is prepared where that can be. False: not plantable, or a
 *  trap of somebody else is there. */
bool breakpoint_plant(struct process *p, struct breakpoint *b);
/** Plant those that somebody wants, but for return breakpoints that are planted for one return at a
 *  time. */
void breakpoint_plant_all(struct process *p);

#endif
