// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_EXEC_H
#define TRACE_LIFE_EXEC_H

struct process;
struct thread;

/** Thread t has executed a program. Either its process has a new process image, or t is a child
 *  that becomes a process of its own. When this returns, t is held or gone. */
void exec_stop(struct process *p, struct thread *t);

#endif
