// SPDX-License-Identifier: GPL-3.0-or-later
// The orphan-trap handler can be installed by a thread that stands still and can make system calls.
// Before the first trap there is no reason for any to stop: so one that does not sleep is
// interrupted.
#include "config.h"

#include "trace/life/prepare.h"

#include "base/clock.h"
#include "trace/code/orphan_install.h"
#include "trace/life/follow.h"
#include "trace/life/stops.h"
#include "trace/os/process.h"
#include "trace/os/stop.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

/** How many threads are asked for a stop before the first breakpoint is planted, how long they may
 *  take, and how long one that does not sleep is looked for. */
#define PREPARE_THREADS    8
#define PREPARE_TIMEOUT_NS NS_PER_S
#define PREPARE_SLEEP_NS   (20 * NS_PER_MS)
/** Ask those that do not sleep to stop, max of them. Returns their number; *has_free_ret: there are
 *  threads that can come to a stop. */
static size_t interrupt_some(struct process *p, size_t max, bool *has_free_ret)
{
	size_t num = 0, i, num_asked = 0;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	*has_free_ret = false;
	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t->hold != NOT_HELD || !orphan_is_wanted(p, t))
			continue;
		*has_free_ret = true;
		if (num_asked == max || t->is_interrupted || task_is_asleep(t->tid) ||
		    !thread_interrupt(t))
			continue;
		num_asked++;
	}
	return num_asked;
}

void prepare_process(struct process *p)
{
	uint64_t now = clock_now_ns(), sleep_deadline = now + PREPARE_SLEEP_NS;
	uint64_t deadline = now + PREPARE_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 50000};
	size_t num_asked = 0;
	bool has_free;
	struct stop stop;

	// stops_handle() comes to orphan_on_stop(), which ends this. Those that come later are
	// known for what they are.
	for (;;) {
		num_asked += interrupt_some(p, PREPARE_THREADS - num_asked, &has_free);
		while (waiter_next(p->tracer->waiter, WNOHANG, &stop) > 0)
			stops_handle(follow_owner(p->tracer, stop.tid), &stop);
		now = clock_now_ns();
		if (!has_free || now > (num_asked ? deadline : sleep_deadline))
			return;
		nanosleep(&pause, NULL);
	}
}
