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
static bool keep(struct engine *e, struct thread *t)
{
	// What has killed the supervisor may kill us next: the handler stays for whoever then stands in a
	// trap, and no system call is begun that nobody might see the end of.
	if (!engine_first(e)->want_leave)
		return false;
	if (e->last_thread || !e->is_rescue_installed || t->tgid != e->pid ||
	    e->arch->syscall_nr(&t->regs) >= 0)
		return false;
	stops_consume(t->tid);
	t->is_interrupted = false;
	e->last_thread = t;
	return true;
}

/** Let a thread go from a stop, at the place and with the signal it would have without us. Returns
 *  whether it is gone. */
static bool release_thread(struct engine *e, struct thread *t, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status), out_sig = 0;
	struct breakpoint *b = NULL;

	if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
	    event == PTRACE_EVENT_VFORK)
		stops_parent_event(e, t->tid);
	if (!thread_fetch(e, t))
		return true;
	if (!event && sig == SIGTRAP)
		b = stops_our_trap(e, t);
	if (b && !thread_set_pc(e, t, b->addr))
		return true;
	if (!event && !b && sig != (SIGTRAP | 0x80)) {
		signals_deliver(e, t, sig);
		out_sig = sig;
	}
	if (event == PTRACE_EVENT_STOP && sig == SIGTRAP)
		interrupt_undo(e, t);
	if ((b || (event == PTRACE_EVENT_STOP && sig == SIGTRAP)) && keep(e, t))
		return false;
	ptrace(PTRACE_DETACH, t->tid, 0, out_sig);
	return true;
}

static void release_last(struct engine *e)
{
	struct thread *t = e->last_thread;

	if (!t)
		return;
	rescue_remove(e, t);
	FAULT_POINT("released-last");
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	thread_remove(e, t);
}

/** Returns whether tid is free of us now. */
static bool release(struct engine *e, pid_t tid, int status)
{
	struct thread *t = thread_find(e, tid);
	struct thread unknown = {.tid = tid};

	// It ran into a trap, and the stop for our interrupt came first: the SIGTRAP is still to
	// come.
	if (t && status >> 16 == PTRACE_EVENT_STOP && interrupt_has_trap(tid)) {
		ptrace(PTRACE_CONT, tid, 0, 0);
		return false;
	}
	if (t) {
		if (release_thread(e, t, status))
			thread_remove(e, t);
		FAULT_POINT("released");
		return true;
	}
	// New: a thread, or a forked child whose copy of the text may be older than our restoring.
	stops_birth(e, tid, BIRTH_SEEN);
	breakpoint_clean_child(e, tid);
	release_thread(e, &unknown, status);
	return true;
}

/** A thread that we hold at a breakpoint or an event. */
static void release_held(struct engine *e, struct thread *t)
{
	if (t->hold != HELD_STOP)
		if (!thread_set_pc(e, t, e->arch->pc(&t->regs) - e->arch->trap_size))
			return;
	if (t->hold != HELD_STOP && keep(e, t))
		return;
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	thread_remove(e, t);
}

/** A thread asleep in a system call is released by our end, some 40 us after we have looked for the last
 *  time. An ignored signal that comes in between still wakes a tracee, and nobody makes it begin a call again that
 *  fails with EINTR then: 8 of 1855 detachments, with such a signal every 7 ms. So where they come, all
 *  threads are stopped and let go one by one. */
static bool is_free_to_sleep(const struct engine *e, const struct thread *t)
{
	return !e->has_ignored_signals && interrupt_is_needless(t->tid);
}

/** First round: let go what is held, interrupt what runs. Returns the number of threads to wait
 *  for. */
static size_t begin(struct engine *e)
{
	size_t num = 0, i, num_awaited = 0;
	const pid_t *tids = thread_list(e, &num);
	struct thread *t;

	for (i = 0; i < num; i++) {
		t = thread_find(e, tids[i]);
		// An earlier interrupt is not counted below.
		t->is_interrupted = false;
		if (t->hold != NOT_HELD) {
			release_held(e, t);
		} else if (!is_free_to_sleep(e, t) && ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) == 0) {
			t->is_interrupted = true;
			num_awaited++;
		}
	}
	return num_awaited;
}

void leave(struct engine *first)
{
	uint64_t deadline = clock_now_ns() + LEAVE_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 100000};
	size_t num_awaited = 0;
	struct engine *e;
	struct thread *t;
	bool was_awaited;
	uint32_t i;
	int status;
	pid_t tid;

	FAULT_POINT("leave");
	for (i = 0; (e = follow_get(first, i)); i++)
		breakpoint_unplant_all(e);
	FAULT_POINT("restored");
	for (i = 0; (e = follow_get(first, i)); i++)
		num_awaited += begin(e);
	FAULT_POINT("interrupted");
	// To the end of what is reported already, and of what we wait for.
	for (;;) {
		tid = thread_wait(&status, WNOHANG);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid <= 0) {
			if (tid < 0 || (!num_awaited && !first->num_expected) ||
			    clock_now_ns() > deadline)
				break;
			nanosleep(&pause, NULL);
			continue;
		}
		e = follow_owner(first, tid);
		t = thread_find(e, tid);
		was_awaited = t && t->is_interrupted;
		if (WIFSTOPPED(status) && !release(e, tid, status))
			continue;
		num_awaited -= was_awaited;
		if (WIFSTOPPED(status))
			continue;
		if (t)
			thread_remove(e, t);
		else
			stops_birth(e, tid, BIRTH_SEEN);
	}
	for (i = 0; (e = follow_get(first, i)); i++)
		release_last(e);
	log_debug(
		"left; %zu threads are released by our end; still awaited: %zu threads, %zu children",
		first->threads.num, num_awaited, first->num_expected);
}
