// SPDX-License-Identifier: GPL-3.0-or-later
// A tracee sees more of its signals than a process without a tracer: it is stopped in slots, its
// system calls are broken off for signals that it ignores. Both are undone before each delivery.
#include "config.h"

#include "trace/life/deliver.h"

#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/patch.h"
#include "trace/glue/usable.h"
#include "trace/os/process.h"
#include "trace/os/restart.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"

#include <signal.h>

enum disposition {
	BY_DEFAULT,
	IGNORED,
	CAUGHT,
};

static enum disposition disposition(pid_t tid, int sig)
{
	if (task_has_signal(tid, "SigCgt", sig))
		return CAUGHT;
	return task_has_signal(tid, "SigIgn", sig) ? IGNORED : BY_DEFAULT;
}

static bool is_fault(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL;
}

/** By default a core is dumped (signal(7)). */
static bool has_core(int sig)
{
	return is_fault(sig) || sig == SIGABRT || sig == SIGQUIT || sig == SIGSYS ||
	       sig == SIGTRAP || sig == SIGXCPU || sig == SIGXFSZ;
}

/** Without a tracer a signal that is ignored wakes nobody up: the kernel drops it as it is sent.
 *  Only tracees get to see it, and a system call that they sit in is broken off for it. */
static void undo_interruption(struct process *p, struct thread *t, enum disposition how, int sig)
{
	bool is_ignored = how == IGNORED || (how == BY_DEFAULT &&
					     (sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH));

	if (is_ignored) {
		p->has_ignored_signals = true;
		restart_syscall(p, t);
	} else if (how == CAUGHT)
		restart_cancel(p, t);
}

void deliver_signal(struct process *p, struct thread *t, int sig)
{
	enum disposition how = BY_DEFAULT;

	if (!thread_fetch(t))
		return;
	usable_forget(t);
	displaced_rewind_pc(p, t, is_fault(sig));
	patch_rewind_pc(p, t);
	if (restart_is_due(p, t) || t->has_restarted || has_core(sig))
		how = disposition(t->tid, sig);
	undo_interruption(p, t, how, sig);
	// It ends now: its core shows its own text.
	if (how == BY_DEFAULT && has_core(sig) && t->tgid == p->pid)
		breakpoint_unplant_all(p);
}
