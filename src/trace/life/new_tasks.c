// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel tells of a new task twice: its parent's event names it, and it stops itself. Either
// may come first. What has been told by the parent alone must be looked at before we may detach.
#include "config.h"

#include "trace/life/new_tasks.h"

#include "trace/os/process.h"

#include <sys/ptrace.h>

void new_task_note(struct tracer *tracer, pid_t tid, enum new_task what)
{
	const uint64_t *other = hmap_find(&tracer->new_tasks, (uint64_t)tid);

	if (!other) {
		// Without memory to remember it a child may be left with our traps in the one case
		// that we leave right now.
		if (hmap_set(&tracer->new_tasks, (uint64_t)tid, what))
			tracer->num_expected += what == NEW_TASK_EXPECTED;
		return;
	}
	if (*other == what)
		return;
	tracer->num_expected -= *other == NEW_TASK_EXPECTED;
	hmap_remove(&tracer->new_tasks, (uint64_t)tid);
}

void new_task_parent_event(struct tracer *tracer, pid_t tid)
{
	unsigned long child;

	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &child) == 0)
		new_task_note(tracer, (pid_t)child, NEW_TASK_EXPECTED);
}

bool new_task_is_known(const struct tracer *tracer, pid_t tid)
{
	return hmap_find(&tracer->new_tasks, (uint64_t)tid);
}
