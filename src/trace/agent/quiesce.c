// SPDX-License-Identifier: GPL-3.0-or-later
// First the mode: who is about to begin makes an upcall instead. The stop of each thread is at the
// same time the barrier that makes sure that it has seen the mode.
#include "config.h"

#include "trace/agent/quiesce.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "trace/agent/inside.h"
#include "trace/agent/process_agent.h"
#include "trace/glue/rooms.h"
#include "trace/os/inject.h"
#include "trace/os/process.h"
#include "trace/os/stop.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>

/** Longest wait for the stop of a thread, and after how long it is looked at again: one that sleeps
 *  in the kernel by now, as the parent of a vforked child does, is not in the agent. */
#define STOP_TIMEOUT_NS (NS_PER_S / 4)
#define STOP_LOOK_NS    (NS_PER_MS / 2)

static void put_off(struct process *p, const struct stop *stop)
{
	// Without memory the thread stays where it is until we leave.
	if (!waiter_put_off(p->tracer->waiter, stop))
		log_debug("the stop of thread %d is forgotten", (int)stop->tid);
}

/** At an upcall it may stay. Where else it stops, at breakpoints and system calls say, it is not in
 *  the agent. */
static bool must_leave(struct process *p, struct thread *t, const struct stop *stop)
{
	if (stop->kind != STOP_INTERRUPT && stop->kind != STOP_SIGNAL && stop->kind != STOP_GROUP &&
	    stop->kind != STOP_TRAP)
		return false;
	if (!thread_fetch(t) || !agent_is_inside(p, t))
		return false;
	return stop->kind == STOP_TRAP ? agent_is_putting(p, t) : !agent_may_stay(p, t);
}

/** t has stopped. Let it out, and remember what is to be done when it may go on. A stop outside
 *  stays as it is: nothing may happen to a thread behind a trap before it is parked. */
static void let_out(struct process *p, struct thread *t, const struct stop *stop)
{
	struct stop later = {.tid = t->tid, .kind = STOP_INTERRUPT, .status = stop->status};
	int sig = stop->kind == STOP_SIGNAL ? stop->sig : 0;
	enum inside_end end;

	if (!must_leave(p, t, stop))
		return;
	t->is_stopped = true;
	wait_consume(t->tid);
	end = agent_run_out(p, t, &sig);
	if (end == INSIDE_LOST)
		return;
	later.sig = end == INSIDE_UPCALL ? SIGTRAP : sig;
	if (end == INSIDE_UPCALL)
		later.kind = STOP_TRAP;
	else if (sig)
		later.kind = STOP_SIGNAL;
	put_off(p, &later);
}

/** Stop t, which runs, and let it out. */
static bool stop_outside(struct process *p, struct thread *t)
{
	uint64_t deadline = clock_now_ns() + STOP_TIMEOUT_NS;
	struct stop stop;

	if (!thread_interrupt(t))
		return false;
	while (!wait_look(t->tid, STOP_LOOK_NS, &stop)) {
		if (task_is_in_syscall(t->tid))
			return true;
		if (clock_now_ns() > deadline)
			return false;
	}
	if (!stop_is_end(&stop))
		let_out(p, t, &stop);
	return true;
}

void agent_quiesce(struct process *p)
{
	size_t num = 0, i;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	if (!p->agent || p->agent->mode == AGENT_OFF || p->agent->mode == AGENT_PAUSED ||
	    !agent_set_mode(p, AGENT_PAUSED))
		return;
	FAULT_POINT("agent-paused");
	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t && !t->is_stopped && !task_is_in_syscall(t->tid))
			stop_outside(p, t);
	}
	FAULT_POINT("agent-quiet");
}

/** What has changed since the agent was told last. */
static void tell_changes(struct process *p)
{
	struct capture_process *told = &p->agent->shared->process;

	if (p->agent->epoch != p->capture.epoch)
		capture_known_clear((struct capture_known *)p->agent->shared->known);
	p->agent->epoch = told->epoch = p->capture.epoch;
	told->nframe = p->capture.nframe;
	told->is_heap_known = p->capture.is_heap_known;
}

void agent_resume(struct process *p)
{
	if (!p->agent || p->agent->mode == AGENT_ON || !p->agent->is_ready)
		return;
	tell_changes(p);
	if (p->is_tracing && !p->is_paused)
		agent_set_mode(p, AGENT_ON);
}

void agent_new_thread(struct process *p, struct thread *t)
{
	if (p->rooms && thread_fetch(t))
		rooms_note(p, t);
}
