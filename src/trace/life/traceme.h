// SPDX-License-Identifier: GPL-3.0-or-later
/** Children that ask to be traced by their parent. */
#ifndef TRACE_LIFE_TRACEME_H
#define TRACE_LIFE_TRACEME_H

#include <stdbool.h>

struct process;
struct thread;

/** t, registers fetched, which shares p's memory, is in a system call stop. If it is about to
 *  execute a program and to be traced by its parent then, it is let go and forgotten: true. */
bool traceme_let_go(struct process *p, struct thread *t);

#endif
