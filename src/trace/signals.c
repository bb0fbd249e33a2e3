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

static bool has_signal(pid_t tid, const char *key, int sig)
{
	_cleanup_free_ char *mask = NULL;
	struct err *err = io_proc_status(tid, key, &mask);

	err_destroy(err);
	return !err && strtoull(mask, NULL, 16) >> (sig - 1) & 1;
}

static enum disposition disposition(pid_t tid, int sig)
{
	if (has_signal(tid, "SigCgt", sig))
		return CAUGHT;
	return has_signal(tid, "SigIgn", sig) ? IGNORED : BY_DEFAULT;
}

/** Without a tracer a signal that is ignored wakes nobody up: the kernel drops it as it is sent. Only
 *  tracees get to see it, and a system call that they sit in is broken off for it. */
static void undo_interruption(struct engine *e, struct thread *t, enum disposition how, int sig)
{
	bool is_ignored = how == IGNORED || (how == BY_DEFAULT &&
					     (sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH));

	if (is_ignored)
		interrupt_undo(e, t);
	else if (how == CAUGHT)
		interrupt_redo(e, t);
}

void signals_deliver(struct engine *e, struct thread *t, int sig)
{
	enum disposition how = BY_DEFAULT;

	if (!thread_fetch(e, t))
		return;
	if (interrupt_is_here(e, t) || t->has_undone_interrupt)
		how = disposition(t->tid, sig);
	undo_interruption(e, t, how, sig);
}
