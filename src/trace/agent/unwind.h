// SPDX-License-Identifier: GPL-3.0-or-later
/** A thread that unwinds its stack (an exception, a backtrace) must not meet the agent's trampoline
 *  there: no unwinder knows it. */
#ifndef TRACE_AGENT_UNWIND_H
#define TRACE_AGENT_UNWIND_H

struct process;
struct thread;

/** Thread t, registers fetched, enters such a function. Its calls in progress have their return
 *  addresses back; return breakpoints tell of their ends. */
void agent_unwind(struct process *p, struct thread *t);

#endif
