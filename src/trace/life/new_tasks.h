// SPDX-License-Identifier: GPL-3.0-or-later
/** New-task pairing: a new task is reported twice, by its parent and by its own first stop, in any
 *  order. */
#ifndef TRACE_LIFE_NEW_TASKS_H
#define TRACE_LIFE_NEW_TASKS_H

#include <stdbool.h>
#include <sys/types.h>

struct tracer;

/** What is known of a new task. */
enum new_task {
	/** Its parent has reported it, and its first stop has not come. We must look at that before
	 *  we detach. */
	NEW_TASK_EXPECTED,
	/** It has stopped (and may be gone again), and its parent has not reported it yet. */
	NEW_TASK_SEEN,
};

/** Note one of the two reports. */
void new_task_note(struct tracer *tracer, pid_t tid, enum new_task what);
/** Note the task that a clone, fork or vfork event of tid reports. */
void new_task_parent_event(struct tracer *tracer, pid_t tid);
/** Tell whether one of the two reports has come. */
bool new_task_is_known(const struct tracer *tracer, pid_t tid);

#endif
