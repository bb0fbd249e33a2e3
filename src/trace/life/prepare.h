// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_PREPARE_H
#define TRACE_LIFE_PREPARE_H

struct process;

/** Called before the first breakpoint is planted. If a thread does not sleep, stop it for a moment
 *  to map the areas and install the orphan-trap handler. */
void prepare_process(struct process *p);

#endif
