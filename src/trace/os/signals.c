// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/io.h"

#include <signal.h>

enum disposition {
	BY_DEFAULT,
	IGNORED,
	CAUGHT,
};

uint64_t signals_set(pid_t tid, const char *key)
{
	char text[32];

	return io_proc_field(tid, key, text, sizeof(text)) ? strtoull(text, NULL, 16) : 0;
}

bool signals_has(pid_t tid, const char *key, int sig)
{
	return signals_set(tid, key) >> (sig - 1) & 1;
}

static enum disposition disposition(pid_t tid, int sig)
{
	if (signals_has(tid, "SigCgt", sig))
		return CAUGHT;
	return signals_has(tid, "SigIgn", sig) ? IGNORED : BY_DEFAULT;
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

/** Without a tracer a signal that is ignored wakes nobody up: the kernel drops it as it is sent. Only
 *  tracees get to see it, and a system call that they sit in is broken off for it. */
static void undo_interruption(struct process *p, struct thread *t, enum disposition how, int sig)
{
	bool is_ignored = how == IGNORED || (how == BY_DEFAULT &&
					     (sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH));

	if (is_ignored) {
		p->has_ignored_signals = true;
		interrupt_undo(p, t);
	} else if (how == CAUGHT)
		interrupt_redo(p, t);
}

void signals_deliver(struct process *p, struct thread *t, int sig)
{
	enum disposition how = BY_DEFAULT;

	if (!thread_fetch(p, t))
		return;
	usable_forget(t);
	displaced_undo(p, t, is_fault(sig));
	if (interrupt_is_here(p, t) || t->has_undone_interrupt || has_core(sig))
		how = disposition(t->tid, sig);
	undo_interruption(p, t, how, sig);
	// It ends now: its core shows its own text.
	if (how == BY_DEFAULT && has_core(sig) && t->tgid == p->pid)
		breakpoint_unplant_all(p);
}
