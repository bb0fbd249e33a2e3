// SPDX-License-Identifier: GPL-3.0-or-later
/** Installs the orphan-trap handler as the handler of SIGTRAP, and removes it. */
#ifndef TRACE_CODE_ORPHAN_INSTALL_H
#define TRACE_CODE_ORPHAN_INSTALL_H

#include <stdbool.h>

struct process;
struct thread;

/** Tell whether it must still be installed, and t can do it. */
bool orphan_is_wanted(const struct process *p, const struct thread *t);
/** Thread t, registers fetched, stands where inject_syscall() can use it. Map the areas and install
 *  the handler, if that must still be done. The registers of t are as before. */
void orphan_on_stop(struct process *p, struct thread *t);
/** Thread t, registers fetched, stands in user mode at a stop that delivers no signal. If the
 *  handler of SIGTRAP is ours, set the default action. */
void orphan_remove(struct process *p, struct thread *t);

#endif
