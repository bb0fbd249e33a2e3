// SPDX-License-Identifier: GPL-3.0-or-later
/** Begin a system call again that our stop has broken off. */
#ifndef TRACE_OS_RESTART_H
#define TRACE_OS_RESTART_H

#include <stdbool.h>

struct process;
struct thread;

/** t, registers fetched, stands in the stop that PTRACE_INTERRUPT brought about. Had it begun,
 *  between our look and the interrupt, a system call that the kernel does not restart by itself
 *  (epoll_wait and semop return EINTR), it begins it again. */
void restart_syscall(struct process *p, struct thread *t);
/** A signal with a handler comes before t has begun that system call again: it was broken off
 *  rightly. */
void restart_cancel(struct process *p, struct thread *t);
/** t, registers fetched, comes out of a system call with EINTR. */
bool restart_is_due(struct process *p, const struct thread *t);

#endif
