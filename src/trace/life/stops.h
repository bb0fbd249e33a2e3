// SPDX-License-Identifier: GPL-3.0-or-later
/** What the tracer does at each stop of a thread. */
#ifndef TRACE_LIFE_STOPS_H
#define TRACE_LIFE_STOPS_H

struct process;
struct stop;
struct thread;
struct tracer;

/** Act on a stop of a task of p. */
void stops_handle(struct process *p, const struct stop *stop);
/** Let a held thread go on (COMMAND_RELEASE). */
void stops_resume(struct process *p, struct thread *t, unsigned flags);

/** Tell the supervisor of ends that wait for the first stop of a child (EVENT_EXIT). */
void stops_tell_ends(struct tracer *tracer);

#endif
