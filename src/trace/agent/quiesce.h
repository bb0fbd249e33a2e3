// SPDX-License-Identifier: GPL-3.0-or-later
/** Moments at which no thread is in the agent: whoever changes something for all threads at once
 *  (clear, stop, a new epoch, a pause, leaving) does it there. */
#ifndef TRACE_AGENT_QUIESCE_H
#define TRACE_AGENT_QUIESCE_H

#include <stdbool.h>

struct process;
struct thread;

/** Let every thread out of the agent: it is outside, or stands at an upcall, whose answer comes
 *  later and makes it begin anew. Who runs is stopped for that, and who sleeps in a system call is
 *  left alone: it cannot come in before agent_resume(). Does nothing without an agent. */
void agent_quiesce(struct process *p);
/** Tell the agent of a new epoch, frame limit and the like, and let it work again, unless tracing
 *  has been stopped or is paused. Threads that were stopped go on when their stops are handled. */
void agent_resume(struct process *p);
/** Thread t, which is new and has not run, may have the thread pointer of another one. */
void agent_new_thread(struct process *p, struct thread *t);

#endif
