// SPDX-License-Identifier: GPL-3.0-or-later
/** The code in the target that saves its threads from our traps when we are killed. */
#ifndef TRACE_CODE_ORPHAN_H
#define TRACE_CODE_ORPHAN_H

#include <stdbool.h>
#include <stdint.h>

struct orphan_handler;
struct process;
struct xol_area;

/** What is known of the handler of one process: nothing yet. NULL: out of memory. */
struct orphan_handler *orphan_create(void);
void orphan_destroy(struct orphan_handler *o);
/** There is none any more: the process has another memory. */
void orphan_forget(struct orphan_handler *o);
/** Its code is in the target. */
bool orphan_is_placed(const struct orphan_handler *o);
/** It is the handler of SIGTRAP. */
bool orphan_is_installed(const struct orphan_handler *o);
/** An earlier tracer has put its own at addr; the first one counts. */
void orphan_found(struct orphan_handler *o, uint64_t addr);
/** An area has come: the handler is put into the first one and told of the others. Breakpoints get
 *  slots that it finds. */
void orphan_add_area(struct process *p, struct xol_area *area);

#endif
