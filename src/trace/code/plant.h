// SPDX-License-Identifier: GPL-3.0-or-later
/** Puts traps into the text. */
#ifndef TRACE_CODE_PLANT_H
#define TRACE_CODE_PLANT_H

#include <stdbool.h>
#include <stdint.h>

struct breakpoint;
struct process;

/** Find or make the breakpoint at addr, and add roles. It is planted if tracing is on. If its
 *  function was patched, and roles has more than PLANT_PROBE, the jump is taken out. NULL: it
 *  cannot be planted (unmapped, no memory, table full). */
struct breakpoint *breakpoint_add(struct process *p, uint64_t addr, uint32_t roles);
/** Plant a breakpoint, and prepare the way past it where that is possible. False: it cannot be
 *  planted, or somebody else's trap is there. */
bool breakpoint_plant(struct process *p, struct breakpoint *b);
/** Plant all breakpoints that somebody needs, except return breakpoints that are planted for one
 *  return at a time. */
void breakpoint_plant_all(struct process *p);

#endif
