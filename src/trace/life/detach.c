// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/** Longest wait for a thread that was interrupted. One that does not come (it sleeps
 *  uninterruptibly in the kernel) has no trap on its way either. */
#define LEAVE_TIMEOUT_NS (2 * NS_PER_S)

/** Keep t, which stands at a stop with no signal to deliver, for the end, if it can take the rescue
 *  handler out then. */
static bool keep(struct process *p, struct thread *t)
{
	// What has killed the supervisor may kill us next: the handler stays for whoever then stands in a
	// trap, and no system call is begun that nobody might see the end of.
	if (!p->tracer->want_leave)
		return false;
	if (p->last_thread || !p->is_rescue_installed || t->tgid != p->pid ||
	    p->arch->syscall_nr(&t->regs) >= 0)
		return false;
	stops_consume(t->tid);
	t->is_interrupted = false;
	p->last_thread = t;
	return true;
}

/** Let a thread go from a stop, at the place and with the signal it would have without us. Returns
 *  whether it is gone. */
static bool release_thread(struct process *p, struct thread *t, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status), out_sig = 0;
	struct breakpoint *b = NULL;

	if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
	    event == PTRACE_EVENT_VFORK)
		stops_parent_event(p->tracer, t->tid);
	if (!thread_fetch(p, t))
		return true;
	if (!event && sig == SIGTRAP)
		b = stops_our_trap(p, t);
	if (b && !thread_set_pc(p, t, b->addr))
		return true;
	if (!event && !b && sig != (SIGTRAP | 0x80)) {
		signals_deliver(p, t, sig);
		out_sig = sig;
	}
	if (event == PTRACE_EVENT_STOP && sig == SIGTRAP)
		interrupt_undo(p, t);
	if ((b || (event == PTRACE_EVENT_STOP && sig == SIGTRAP)) && keep(p, t))
		return false;
	ptrace(PTRACE_DETACH, t->tid, 0, out_sig);
	return true;
}

static void release_last(struct process *p)
{
	struct thread *t = p->last_thread;

	if (!t)
		return;
	rescue_remove(p, t);
	FAULT_POINT("released-last");
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	thread_remove(p, t);
}

/** Returns whether tid is free of us now. */
static bool release(struct process *p, pid_t tid, int status)
{
	struct thread *t = thread_find(p, tid);
	struct thread unknown = {.tid = tid};

	// It ran into a trap, and the stop for our interrupt came first: the SIGTRAP is still to
	// come.
	if (t && status >> 16 == PTRACE_EVENT_STOP && interrupt_has_trap(tid)) {
		ptrace(PTRACE_CONT, tid, 0, 0);
		return false;
	}
	if (t) {
		if (release_thread(p, t, status))
			thread_remove(p, t);
		FAULT_POINT("released");
		return true;
	}
	// New: a thread, or a forked child whose copy of the text may be older than our restoring.
	stops_birth(p->tracer, tid, BIRTH_SEEN);
	breakpoint_clean_child(p, tid);
	release_thread(p, &unknown, status);
	return true;
}

/** A thread that we hold at a breakpoint or an event. */
static void release_held(struct process *p, struct thread *t)
{
	if (t->hold != HELD_STOP)
		if (!thread_set_pc(p, t, p->arch->pc(&t->regs) - p->arch->trap_size))
			return;
	if (t->hold != HELD_STOP && keep(p, t))
		return;
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	thread_remove(p, t);
}

/** A thread asleep in a system call is released by our end, some 40 us after we have looked for the last
 *  time. An ignored signal that comes in between still wakes a tracee, and nobody makes it begin a call again that
 *  fails with EINTR then: 8 of 1855 detachments, with such a signal every 7 ms. So where they come, all
 *  threads are stopped and let go one by one. */
static bool is_free_to_sleep(const struct process *p, const struct thread *t)
{
	return !p->has_ignored_signals && interrupt_is_needless(t->tid);
}

/** First round: let go what is held, interrupt what runs. Returns the number of threads to wait
 *  for. */
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
		} else if (!is_free_to_sleep(p, t) && ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) == 0) {
			t->is_interrupted = true;
			num_awaited++;
		}
	}
	return num_awaited;
}

void leave(struct tracer *tracer)
{
	uint64_t deadline = clock_now_ns() + LEAVE_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 100000};
	size_t num_awaited = 0;
	struct process *p;
	struct thread *t;
	bool was_awaited;
	uint32_t i;
	int status;
	pid_t tid;

	FAULT_POINT("leave");
	for (i = 0; (p = follow_get(tracer, i)); i++)
		breakpoint_unplant_all(p);
	FAULT_POINT("restored");
	for (i = 0; (p = follow_get(tracer, i)); i++)
		num_awaited += begin(p);
	FAULT_POINT("interrupted");
	// To the end of what is reported already, and of what we wait for.
	for (;;) {
		tid = thread_wait(&status, WNOHANG);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid <= 0) {
			if (tid < 0 || (!num_awaited && !tracer->num_expected) ||
			    clock_now_ns() > deadline)
				break;
			nanosleep(&pause, NULL);
			continue;
		}
		p = follow_owner(tracer, tid);
		t = thread_find(p, tid);
		was_awaited = t && t->is_interrupted;
		if (WIFSTOPPED(status) && !release(p, tid, status))
			continue;
		num_awaited -= was_awaited;
		if (WIFSTOPPED(status))
			continue;
		if (t)
			thread_remove(p, t);
		else
			stops_birth(p->tracer, tid, BIRTH_SEEN);
	}
	for (i = 0; (p = follow_get(tracer, i)); i++)
		release_last(p);
	log_debug(
		"left; %zu threads are released by our end; still awaited: %zu threads, %zu children",
		tracer->owners.num, num_awaited, tracer->num_expected);
}
