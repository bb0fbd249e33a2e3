// SPDX-License-Identifier: GPL-3.0-or-later
/** The orphan-trap handler: code in the target that lets its threads go on from our traps when we
 *  are dead. */
#ifndef TRACE_CODE_ORPHAN_H
#define TRACE_CODE_ORPHAN_H

#include <stdbool.h>
#include <stdint.h>

struct orphan_handler;
struct process;
struct xol_area;

/** Create the record of a process's handler; nothing is known yet. NULL: out of memory. */
struct orphan_handler *orphan_create(void);
void orphan_destroy(struct orphan_handler *o);
/** The process has another memory, so it has no handler any more. */
void orphan_forget(struct orphan_handler *o);
/** Tell whether its code is in the target. */
bool orphan_is_placed(const struct orphan_handler *o);
/** Tell whether it is installed as the handler of SIGTRAP. */
bool orphan_is_installed(const struct orphan_handler *o);
/** An earlier tracer has put its handler at addr. The first one that is found counts. */
void orphan_found(struct orphan_handler *o, uint64_t addr);
/** A new area was mapped. The handler is put into the first area, and is told of the others.
 *  Breakpoints get slots that the handler finds. */
void orphan_add_area(struct process *p, struct xol_area *area);

#endif
