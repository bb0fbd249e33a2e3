// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/fault.h"
#include "base/io.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

bool inject_is_allowed(const struct thread *t)
{
	_cleanup_free_ char *mode = NULL;
	struct err *err = io_proc_status(t->tid, "Seccomp", &mode);

	err_destroy(err);
	return err || *mode == '0';
}

bool inject_step(struct thread *t, int request, bool *has_stop)
{
	int status, sig = 0;
	unsigned i;
	pid_t got;

	for (i = 0; i < 100; i++) {
		if (ptrace(request, t->tid, 0, sig) < 0)
			return false;
		do
			got = waitpid(t->tid, &status, __WALL);
		while (got < 0 && errno == EINTR);
		if (got != t->tid || !WIFSTOPPED(status))
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
	bool has_stop = false;

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
	if (!inject_step(t, PTRACE_SYSCALL, &has_stop) ||
	    !inject_step(t, PTRACE_SYSCALL, &has_stop) ||
	    ptrace(PTRACE_GETREGS, t->tid, 0, &regs) < 0)
		return false;
	inject_stop_again(t, has_stop);
	*result_ret = e->arch->syscall_result(&regs);
	if (t->parked_pc)
		e->arch->set_pc(&saved, t->parked_pc);
	FAULT_POINT("injected");
	return ptrace(PTRACE_SETREGS, t->tid, 0, &saved) == 0 &&
	       ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) == 0;
}
