// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/io.h"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/** /proc/TID/syscall begins with a number when the thread sleeps in a system call. */
bool interrupt_is_needless(pid_t tid)
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

bool interrupt_has_trap(pid_t tid)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = io_proc_status(tid, "SigPnd", &text);

	err_destroy(err);
	return !err && strtoull(text, NULL, 16) & (1ull << (SIGTRAP - 1));
}

void interrupt_undo(struct engine *e, struct thread *t)
{
	if (has_pending_signal(t->tid) || !e->arch->restart_eintr(&t->regs))
		return;
	ptrace(PTRACE_SETREGS, t->tid, 0, &t->regs);
}
