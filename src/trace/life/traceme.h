// SPDX-License-Identifier: GPL-3.0-or-later
/** Children that ask to be traced by their parent, as programs under a debugger do. */
#ifndef TRACE_LIFE_TRACEME_H
#define TRACE_LIFE_TRACEME_H

#include <stdbool.h>

struct process;
struct thread;

/** Thread t, registers fetched, shares p's memory and is in a stop at a system call. If it is about
 *  to execute a program and to be traced by its parent then, it is released and forgotten: true. */
bool traceme_let_go(struct process *p, struct thread *t);

#endif
