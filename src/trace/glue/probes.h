// SPDX-License-Identifier: GPL-3.0-or-later
/** What it means that a thread hits a breakpoint: calls of allocators, and their returns. */
#ifndef TRACE_GLUE_PROBES_H
#define TRACE_GLUE_PROBES_H

#include <stdbool.h>

struct breakpoint;
struct process;
struct thread;

/** Thread t, registers fetched, stands behind the trap of b. Ends with the thread running or
 *  held. is_retry: its hit was looked at before, a row was missing. */
void probes_hit(struct process *p, struct thread *t, struct breakpoint *b, bool is_retry);
/** Let t, which stands behind b's trap, go on with the instruction under it. */
void probes_resume_past(struct process *p, struct thread *t, struct breakpoint *b);
/** Nothing that t is in the middle of will be finished: the supervisor is told. */
void probes_forget_calls(struct process *p, struct thread *t);
/** t is gone for us: the same, and its record goes. */
void probes_remove_thread(struct process *p, struct thread *t);

#endif
