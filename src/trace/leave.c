// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/** Longest wait for a thread that was interrupted. One that does not come (it sleeps uninterruptibly in the kernel) has no trap on
 *  its way either. */
#define LEAVE_TIMEOUT_NS (2 * NS_PER_S)

/** /proc/TID/syscall begins with a number when the thread sleeps in a system call: no trap of ours can be on its way
 *  then, and the end of the tracer releases it without a stop. Everything else must be looked at. */
static bool sleeps_in_syscall(pid_t tid)
{
	_cleanup_free_ char *text = NULL;
	char path[48];
	struct err *err;
	long nr;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)tid);
	err = io_read_file(path, 4096, &text, NULL);
	if (err) {
		err_destroy(err);
		return false;
	}
	if (text[0] < '0' || text[0] > '9')
		return false;
	// A child on its way must be cleaned first: wait for the parent to come out.
	nr = strtol(text, NULL, 10);
	return nr != SYS_clone && nr != SYS_fork && nr != SYS_vfork && nr != SYS_clone3;
}

/** A signal of the target's own waits for this thread. */
static bool has_pending_signal(pid_t tid)
{
	static const char *const keys[] = {"SigPnd", "ShdPnd"};
	bool has_one = false;
	unsigned i;

	for (i = 0; i < 2; i++) {
		_cleanup_free_ char *text = NULL;
		struct err *err = io_proc_status(tid, keys[i], &text);

		err_destroy(err);
		has_one |= !err && strspn(text, "0") != strlen(text);
	}
	return has_one;
}

/** Let a thread go from a stop, at the place and with the signal it would have without us. */
static void release_thread(struct engine *e, struct thread *t, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status), out_sig = 0;
	struct breakpoint *b = NULL;

	if (!thread_fetch(e, t))
		return;
	if (!event && sig == SIGTRAP)
		b = stops_our_trap(e, t);
	if (b && !thread_set_pc(e, t, b->addr))
		return;
	if (!event && !b && sig != (SIGTRAP | 0x80))
		out_sig = sig;
	// Between our look and PTRACE_INTERRUPT it began a system call that is not restarted by itself (epoll_wait, semop):
	// begin it again.
	if (event == PTRACE_EVENT_STOP && sig == SIGTRAP && !has_pending_signal(t->tid) &&
	    e->arch->restart_eintr(&t->regs))
		ptrace(PTRACE_SETREGS, t->tid, 0, &t->regs);
	ptrace(PTRACE_DETACH, t->tid, 0, out_sig);
}

static void release(struct engine *e, pid_t tid, int status)
{
	struct thread *t = thread_find(e, tid);
	struct thread unknown = {.tid = tid};

	if (t) {
		release_thread(e, t, status);
		thread_remove(e, t);
		return;
	}
	// New: a thread, or a forked child whose copy of the text may be older than our restoring.
	breakpoint_clean_child(e, tid);
	release_thread(e, &unknown, status);
}

/** A thread that we hold at a breakpoint or an event. */
static void release_held(struct engine *e, struct thread *t)
{
	if (t->hold != HELD_STOP)
		if (!thread_set_pc(e, t, e->arch->pc(&t->regs) - e->arch->trap_size))
			return;
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	thread_remove(e, t);
}

/** First round: let go what is held, interrupt what runs. Returns the number of threads to wait for. */
static size_t begin(struct engine *e)
{
	size_t num = 0, i, num_awaited = 0;
	pid_t *tids = thread_list(e, &num);
	struct thread *t;

	for (i = 0; tids && i < num; i++) {
		t = thread_find(e, tids[i]);
		if (t->hold != NOT_HELD) {
			release_held(e, t);
		} else if (!sleeps_in_syscall(t->tid) &&
			   ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) == 0) {
			t->is_interrupted = true;
			num_awaited++;
		}
	}
	free(tids);
	return num_awaited;
}

void leave(struct engine *e)
{
	uint64_t deadline = clock_now_ns() + LEAVE_TIMEOUT_NS;
	const struct timespec pause = {.tv_nsec = 100000};
	struct thread *t;
	size_t num_awaited;
	int status;
	pid_t tid;

	breakpoint_unplant_all(e);
	num_awaited = begin(e);
	// To the end of what is reported already, and of what we wait for.
	for (;;) {
		tid = waitpid(-1, &status, __WALL | WNOHANG);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid <= 0) {
			if (tid < 0 || !num_awaited || clock_now_ns() > deadline)
				break;
			nanosleep(&pause, NULL);
			continue;
		}
		t = thread_find(e, tid);
		num_awaited -= t && t->is_interrupted;
		if (WIFSTOPPED(status))
			release(e, tid, status);
		else if (t)
			thread_remove(e, t);
	}
	log_debug("left; %zu threads are released by our end", e->threads.num);
}
