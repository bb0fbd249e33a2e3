// SPDX-License-Identifier: GPL-3.0-or-later
/** Delivers signals of the target's own. */
#ifndef TRACE_LIFE_DELIVER_H
#define TRACE_LIFE_DELIVER_H

struct process;
struct thread;

/** Thread t stands before the delivery of a signal. It must find, and leave behind, what it would
 *  without us. Its registers are fetched, and changed where needed. */
void deliver_signal(struct process *p, struct thread *t, int sig);

#endif
