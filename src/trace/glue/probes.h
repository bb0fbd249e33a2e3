// SPDX-License-Identifier: GPL-3.0-or-later
/** What happens when a thread hits a breakpoint: calls of allocators, their returns, and the other
 *  roles. */
#ifndef TRACE_GLUE_PROBES_H
#define TRACE_GLUE_PROBES_H

#include <stdbool.h>

struct breakpoint;
struct process;
struct thread;

/** Thread t, registers fetched, stands behind the trap of b. When this returns, t runs or is held.
 *  is_retry: the hit was looked at before, and a row was missing. */
void probes_hit(struct process *p, struct thread *t, struct breakpoint *b, bool is_retry);
/** Tell whether the dynamic linker is changing its list of libraries. */
bool probes_is_linking(const struct process *p, const struct thread *t);
/** Let t, which stands behind b's trap, execute the instruction under the trap and go on. */
void probes_resume_past(struct process *p, struct thread *t, struct breakpoint *b);
/** Nothing that t is in the middle of will be finished. The supervisor is told. */
void probes_forget_calls(struct process *p, struct thread *t);
/** We are done with t: the same, and its record is removed. */
void probes_remove_thread(struct process *p, struct thread *t);

#endif
