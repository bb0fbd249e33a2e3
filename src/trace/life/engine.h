// SPDX-License-Identifier: GPL-3.0-or-later
/** Which engine captures the calls of a process. */
#ifndef TRACE_LIFE_ENGINE_H
#define TRACE_LIFE_ENGINE_H

struct process;

/** Decide on p's engine by what the user wants and what can be had here, and tell the supervisor
 *  (EVENT_ENGINE). For a process whose tracing begins. */
void engine_choose(struct process *p);

#endif
