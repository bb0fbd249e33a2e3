// SPDX-License-Identifier: GPL-3.0-or-later
/** Calls of measured functions. */
#ifndef TRACE_GLUE_MEASURE_H
#define TRACE_GLUE_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

struct breakpoint;
struct process;
struct thread;

/** Thread t, registers fetched, enters a measured function. */
void measure_enter(struct process *p, struct thread *t, const struct breakpoint *b);
/** t stands at return breakpoint b. Returns whether a measured call ended there. */
bool measure_return(struct process *p, struct thread *t, const struct breakpoint *b);
/** The measured calls of t from index on were left by other ways. */
void measure_abandon(struct process *p, struct thread *t, size_t from);

#endif
