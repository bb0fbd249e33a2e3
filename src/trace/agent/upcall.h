// SPDX-License-Identifier: GPL-3.0-or-later
/** What the agent cannot do itself it leaves to the tracer: it comes to its one breakpoint, with a
 *  reason and what it has on its stack, and gets an answer. */
#ifndef TRACE_AGENT_UPCALL_H
#define TRACE_AGENT_UPCALL_H

#include <stdbool.h>

struct process;
struct thread;

/** Thread t, registers fetched, has met the breakpoint of upcalls. It goes on with the answer, or
 *  is held. is_retry: it was held, and may go on. */
void agent_upcall(struct process *p, struct thread *t, bool is_retry);

#endif
