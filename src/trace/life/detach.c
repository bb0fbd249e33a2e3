// SPDX-License-Identifier: GPL-3.0-or-later
// In this order: all bytes are restored, so no new trap can happen; what is held is let go at its
// original pc; what runs is stopped once and let go; who sleeps in a system call is released by the
// end of the tracing thread, undisturbed. doc/INTERNALS.md, "Attach and leave", has the reasons.
#include "config.h"

#include "trace/life/detach.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "trace/agent/inside.h"
#include "trace/agent/leave.h"
#include "trace/code/breakpoints.h"
#include "trace/code/orphan.h"
#include "trace/code/orphan_install.h"
#include "trace/glue/probes.h"
#include "trace/life/deliver.h"
#include "trace/life/follow.h"
#include "trace/life/new_tasks.h"
#include "trace/life/stops.h"
#include "trace/os/process.h"
#include "trace/os/restart.h"
#include "trace/os/stop.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

/** Longest wait for a thread that was interrupted. One that does not come (it sleeps
 *  uninterruptibly in the kernel) has no trap on its way either. */
#define DETACH_TIMEOUT_NS (2 * NS_PER_S)

/** Keep t, which stands at a stop with no signal to deliver, for the end, if it can then remove the
 *  orphan-trap handler. */
static bool keep(struct process *p, struct thread *t)
{
	// What killed the supervisor may kill us next. So the handler stays for a thread that is
	// then in a trap, and no system call is begun that nobody might see the end of.
	if (!p->tracer->want_detach)
		return false;
	if (p->last_thread || !orphan_is_installed(p->orphan) || t->tgid != p->pid ||
	    p->arch->syscall_nr(&t->regs) >= 0)
		return false;
	wait_consume(t->tid);
	t->is_interrupted = false;
	p->last_thread = t;
	return true;
}

/** No stack can be walked from the agent, or from a pad. A profiler whose signal came while t stood
 *  there would see it end: 2 of 200 samples in 8 rounds of attach and leave. */
static void leave_agent(struct process *p, struct thread *t, int *sig)
{
	if (agent_step_out(p, t, sig) == INSIDE_LOST)
		log_debug("thread %d is left in the agent", (int)t->tid);
}

/** Release a thread from a stop, at the place and with the signal that it would have without us.
 *  Returns whether it is gone. */
static bool release_thread(struct process *p, struct thread *t, const struct stop *stop)
{
	struct breakpoint *b = NULL;
	int sig = 0;

	if (stop->kind == STOP_NEW_TASK)
		new_task_parent_event(p->tracer, t->tid);
	if (!thread_fetch(t))
		return true;
	if (stop->kind == STOP_TRAP)
		b = breakpoint_of_trap(p, t);
	if (b && !thread_set_pc(p, t, b->addr))
		return true;
	if (stop->kind == STOP_SIGNAL || (stop->kind == STOP_TRAP && !b))
		sig = stop->sig;
	leave_agent(p, t, &sig);
	if (sig)
		deliver_signal(p, t, sig);
	if (stop->kind == STOP_INTERRUPT)
		restart_syscall(p, t);
	if ((b || stop->kind == STOP_INTERRUPT) && !sig && keep(p, t))
		return false;
	ptrace(PTRACE_DETACH, t->tid, 0, sig);
	return true;
}

static void release_last(struct process *p)
{
	struct thread *t = p->last_thread;

	if (!t)
		return;
	agent_unmap(p, t);
	orphan_remove(p, t);
	FAULT_POINT("released-last");
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	probes_remove_thread(p, t);
}

/** Returns whether the thread that has stopped is free of us now. */
static bool release(struct process *p, const struct stop *stop)
{
	struct thread *t = thread_find(p, stop->tid);
	struct thread unknown = {.tid = stop->tid};

	// It ran into a trap, and the stop for our interrupt came first: the SIGTRAP is still to
	// come.
	if (t && (stop->kind == STOP_INTERRUPT || stop->kind == STOP_GROUP) &&
	    task_has_trap(t->tid)) {
		ptrace(PTRACE_CONT, t->tid, 0, 0);
		return false;
	}
	if (t) {
		if (release_thread(p, t, stop))
			probes_remove_thread(p, t);
		FAULT_POINT("released");
		return true;
	}
	// New: a thread, or a forked child whose copy of the text may be older than our restoring.
	new_task_note(p->tracer, stop->tid, NEW_TASK_SEEN);
	breakpoint_clean_child(p, stop->tid);
	release_thread(p, &unknown, stop);
	return true;
}

/** A thread that we hold at a breakpoint or an event. */
static void release_held(struct process *p, struct thread *t)
{
	int sig = 0;

	if (t->hold != HELD_STOP) {
		if (!thread_set_pc(p, t, arch_trap_addr(p->arch, &t->regs)))
			return;
		leave_agent(p, t, &sig);
	}
	if (t->hold != HELD_STOP && !sig && keep(p, t))
		return;
	ptrace(PTRACE_DETACH, t->tid, 0, sig);
	probes_remove_thread(p, t);
}

/** A thread asleep in a system call is released by our end, some 40 us after we have last looked.
 *  If an ignored signal comes in between, it still wakes a tracee, and nobody makes the thread
 *  begin a call again that then fails with EINTR: 8 of 1855 detachments, with such a signal every 7
 *  ms. So where such signals come, all threads are stopped and released one by one. */
static bool is_free_to_sleep(const struct process *p, const struct thread *t)
{
	return !p->has_ignored_signals && task_is_asleep(t->tid);
}

/** First round: release what is held, and interrupt what runs. Returns the number of threads to
 *  wait for. */
static size_t begin(struct process *p)
{
	size_t num = 0, i, num_awaited = 0;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		// An earlier interrupt is not counted below.
		t->is_interrupted = false;
		if (t->hold != NOT_HELD) {
			release_held(p, t);
		} else if (!is_free_to_sleep(p, t) && thread_interrupt(t)) {
			num_awaited++;
		}
	}
	return num_awaited;
}

static void forget(struct process *p, pid_t tid)
{
	struct thread *t = thread_find(p, tid);

	if (t)
		probes_remove_thread(p, t);
	else
		new_task_note(p->tracer, tid, NEW_TASK_SEEN);
}

/** Handle what is reported already, and what we wait for. Returns how many of num_awaited threads
 *  have not come. */
static size_t release_reported(struct tracer *tracer, size_t num_awaited)
{
	uint64_t deadline = clock_now_ns() + DETACH_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 100000};
	const struct thread *t;
	struct process *p;
	struct stop stop;
	bool was_awaited;
	pid_t tid;

	for (;;) {
		tid = waiter_next(tracer->waiter, WNOHANG, &stop);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid <= 0) {
			if (tid < 0 || (!num_awaited && !tracer->num_expected) ||
			    clock_now_ns() > deadline)
				return num_awaited;
			nanosleep(&pause, NULL);
			continue;
		}
		p = follow_owner(tracer, tid);
		t = thread_find(p, tid);
		was_awaited = t && t->is_interrupted;
		if (stop_is_end(&stop))
			forget(p, tid);
		else if (!release(p, &stop))
			continue;
		num_awaited -= was_awaited;
	}
}

void detach(struct tracer *tracer)
{
	size_t num_awaited = 0;
	struct process *p;
	uint32_t i;

	FAULT_POINT("leave");
	for (i = 0; (p = follow_get(tracer, i)); i++) {
		agent_stop(p);
		breakpoint_unplant_all(p);
	}
	FAULT_POINT("restored");
	for (i = 0; (p = follow_get(tracer, i)); i++)
		num_awaited += begin(p);
	FAULT_POINT("interrupted");
	num_awaited = release_reported(tracer, num_awaited);
	for (i = 0; (p = follow_get(tracer, i)); i++)
		release_last(p);
	// Not before: the ring may be full, and nobody may wait for that with traps in its code.
	for (i = 0; (p = follow_get(tracer, i)); i++)
		agent_leave(p);
	stops_tell_ends(tracer);
	log_debug("left; %zu threads are released by our end; still awaited: %zu threads, "
		  "%zu children",
		  tracer->owners.num, num_awaited, tracer->num_expected);
}
