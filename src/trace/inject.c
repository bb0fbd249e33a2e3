// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/fault.h"
#include "base/io.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

/** So many stops that are not the awaited one, a flood of SIGSTOP, are enough. */
#define MAX_STOPS 100
/** Looks for a stop, each after letting others run, between two that also see whether the thread
 *  lives, after a moment of sleep. */
#define AWAIT_YIELDS 64

bool inject_is_allowed(const struct thread *t)
{
	_cleanup_free_ char *mode = NULL;
	struct err *err = io_proc_status(t->tid, "Seccomp", &mode);

	err_destroy(err);
	return err || *mode == '0';
}

/** Has the thread come to its end? Its /proc entry is gone, or it is a zombie. */
static bool is_dead(pid_t tid)
{
	char state[32];

	return !io_proc_field(tid, "State", state, sizeof(state)) || *state == 'Z' || *state == 'X';
}

/** The next stop of t, which is on its way. False: t has died; whoever waits for all threads is
 *  told of it. Never blocks on t alone: a leader that is killed because another thread executes a
 *  program is not reported before all others are waited for, and the exec does not end before. */
static bool await_stop(struct thread *t, int *status_ret)
{
	const struct timespec pause = {.tv_nsec = 20000};
	siginfo_t info;
	unsigned i;

	for (i = 1;; i++) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)t->tid, &info,
			   WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL) < 0 &&
		    errno != EINTR)
			return false;
		if (info.si_pid && info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
			return false;
		if (info.si_pid && waitpid(t->tid, status_ret, __WALL | WNOHANG) == t->tid)
			return WIFSTOPPED(*status_ret);
		if (i % AWAIT_YIELDS) {
			sched_yield();
			continue;
		}
		if (is_dead(t->tid))
			return false;
		nanosleep(&pause, NULL);
	}
}

bool inject_step(struct thread *t, int request, bool *has_stop)
{
	int status, sig = 0;
	unsigned i;

	for (i = 0; i < MAX_STOPS; i++) {
		if (ptrace(request, t->tid, 0, sig) < 0 || !await_stop(t, &status))
			return false;
		if (!(status >> 16) && (WSTOPSIG(status) & 0x7f) == SIGTRAP)
			return true;
		// Nothing blocks SIGSTOP: it is delivered, and the group-stop comes next.
		sig = status >> 16 ? 0 : WSTOPSIG(status);
		*has_stop |= status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP;
	}
	return false;
}

void inject_stop_again(struct thread *t, bool has_stop)
{
	if (has_stop)
		ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
}

bool inject_syscall(struct engine *e, struct thread *t, long nr, const uint64_t args[6],
		    int64_t *result_ret)
{
	struct arch_regs saved = t->regs, regs = t->regs;
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	bool has_stop = false, is_done;

	// Signals wait until it is over; a trap must not (a blocked forced signal resets its
	// handler).
	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	e->arch->set_syscall(&regs, e->syscall_insn, nr, args);
	if (ptrace(PTRACE_SETREGS, t->tid, 0, &regs) < 0)
		return false;
	FAULT_POINT("inject");
	// To its entry and its exit. Not one single step: the trap flag would outlive us.
	is_done = inject_step(t, PTRACE_SYSCALL, &has_stop) &&
		  inject_step(t, PTRACE_SYSCALL, &has_stop) &&
		  ptrace(PTRACE_GETREGS, t->tid, 0, &regs) == 0;
	inject_stop_again(t, has_stop);
	if (t->parked_pc)
		e->arch->set_pc(&saved, t->parked_pc);
	FAULT_POINT("injected");
	// Even when it never got there; at its entry that takes the call back (orig_rax of user
	// mode is -1).
	if (ptrace(PTRACE_SETREGS, t->tid, 0, &saved) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) < 0 || !is_done)
		return false;
	*result_ret = e->arch->syscall_result(&regs);
	return true;
}
