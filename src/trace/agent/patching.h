// SPDX-License-Identifier: GPL-3.0-or-later
/** Which functions are patched, and which stay breakpoints. */
#ifndef TRACE_AGENT_PATCHING_H
#define TRACE_AGENT_PATCHING_H

#include <stdbool.h>

struct breakpoint;
struct process;
struct thread;

/** Thread t, registers fetched, has met the breakpoint b of an allocator function, and the agent
 *  works. Patch the function, if that is possible and was not tried yet. True: it is patched, and t
 *  runs, to come there again. */
bool patching_try(struct process *p, struct thread *t, struct breakpoint *b);
/** Every function has its breakpoint again. Nobody runs, but for those asleep in system calls, and
 *  nobody is in the agent. */
void patching_undo_all(struct process *p);

#endif
