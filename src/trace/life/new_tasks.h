// SPDX-License-Identifier: GPL-3.0-or-later
/** Pairing of what is told of new tasks. */
#ifndef TRACE_LIFE_NEW_TASKS_H
#define TRACE_LIFE_NEW_TASKS_H

#include <stdbool.h>
#include <sys/types.h>

struct tracer;

/** What is known of a new task. */
enum new_task {
	/** Its parent has reported it, its own first stop is still to come: it must be looked at
	 *  before we may detach. */
	NEW_TASK_EXPECTED,
	/** It has stopped (and may be gone again), its parent has not reported it yet. */
	NEW_TASK_SEEN,
};

/** A parent reports a new task, or that one has stopped for the first time. */
void new_task_note(struct tracer *tracer, pid_t tid, enum new_task what);
/** The task that a clone, fork or vfork event of tid is about. */
void new_task_parent_event(struct tracer *tracer, pid_t tid);
/** Half is known of it. */
bool new_task_is_known(const struct tracer *tracer, pid_t tid);

#endif
