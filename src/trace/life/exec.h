// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef TRACE_LIFE_EXEC_H
#define TRACE_LIFE_EXEC_H

struct process;
struct thread;

/** t has executed a program: its process has a new process image, or it is a child that is a
 *  process of its own from now on. Ends with t held, or gone. */
void exec_stop(struct process *p, struct thread *t);

#endif
