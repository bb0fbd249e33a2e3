// SPDX-License-Identifier: GPL-3.0-or-later
/** Make the orphan-trap handler the handler of SIGTRAP, and undo that. */
#ifndef TRACE_CODE_ORPHAN_INSTALL_H
#define TRACE_CODE_ORPHAN_INSTALL_H

#include <stdbool.h>

struct process;
struct thread;

/** It is still to be installed, and t is a thread that can do it. */
bool orphan_is_wanted(const struct process *p, const struct thread *t);
/** t, registers fetched, stands where inject_syscall() can use it: map the areas and install the
 *  handler if that is still to be done. Its registers are as before. */
void orphan_on_stop(struct process *p, struct thread *t);
/** t, registers fetched, stands in user mode at a stop that delivers no signal: if the handler of
 *  SIGTRAP is ours, it becomes the default one. */
void orphan_remove(struct process *p, struct thread *t);

#endif
