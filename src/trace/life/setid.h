// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that give privileges to whoever executes them. */
#ifndef TRACE_LIFE_SETID_H
#define TRACE_LIFE_SETID_H

#include <stdbool.h>
#include <stddef.h>

struct process;
struct thread;

/** Tell whether the execve of children that share our memory must be looked at. A traced process
 *  gets no privileges from a setuid file, unless its tracer has CAP_SYS_PTRACE. */
bool setid_must_watch(void);
/** Thread t, registers fetched, is in a stop at a system call. If it is about to execute a file
 *  that would give it privileges, it is released and forgotten: true. */
bool setid_let_go(struct process *p, struct thread *t);
/** Tell whether thread t, registers fetched, in a stop at a system call, is about to execute a
 *  file. buf then gets our path of the file. */
bool setid_is_exec(struct process *p, const struct thread *t, char *buf, size_t size);

#endif
