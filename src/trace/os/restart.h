// SPDX-License-Identifier: GPL-3.0-or-later
/** Makes a thread begin a system call again that our stop has broken off. */
#ifndef TRACE_OS_RESTART_H
#define TRACE_OS_RESTART_H

#include <stdbool.h>

struct process;
struct thread;

/** Thread t, registers fetched, stands in the stop that PTRACE_INTERRUPT caused. It may have
 *  entered a system call between our look at it and the interrupt. If that call is one that the
 *  kernel does not restart by itself (epoll_wait and semop return EINTR), t begins it again. */
void restart_syscall(struct process *p, struct thread *t);
/** A signal with a handler comes before t has begun that call again. So the call was broken off
 *  rightly: take that back. */
void restart_cancel(struct process *p, struct thread *t);
/** Tell whether thread t, registers fetched, comes out of a system call with EINTR. */
bool restart_is_due(struct process *p, const struct thread *t);

#endif
