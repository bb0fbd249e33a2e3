// SPDX-License-Identifier: GPL-3.0-or-later
/** How the agent ends: with the tracing, or with the memory it is in. */
#ifndef TRACE_AGENT_LEAVE_H
#define TRACE_AGENT_LEAVE_H

struct process;
struct thread;

/** Tracing stops: functions have breakpoints again, calls in progress return to where they were to,
 *  nobody is in the agent, and the mode is AGENT_OFF. It may start again (agent_resume()): then
 *  functions are patched again as they are met. Does nothing without an agent. */
void agent_stop(struct process *p);
/** Thread t, registers fetched, stands where inject_syscall() can use it, after agent_stop(): unmap
 *  the agent's memory in the target, if nobody needs it. */
void agent_unmap(struct process *p, struct thread *t);
/** The same as agent_stop(), for good. Image and pads stay in the target. */
void agent_leave(struct process *p);
/** The memory of p is gone (exec, end): nothing is done there. */
void agent_forget(struct process *p);

#endif
