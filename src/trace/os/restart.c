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
	char path[48], text[32];
	long nr;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)tid);
	if (!io_read_head(path, text, sizeof(text)))
		return false;
	if (text[0] < '0' || text[0] > '9')
		return false;
	// A child on its way must be cleaned first: wait for the parent to come out.
	nr = strtol(text, NULL, 10);
	return nr != SYS_clone && nr != SYS_fork && nr != SYS_vfork && nr != SYS_clone3;
}

/** A signal waits for this thread, and it will not be ignored. */
static bool has_pending_signal(pid_t tid)
{
	uint64_t by_default = 1ull << (SIGCHLD - 1) | 1ull << (SIGURG - 1) | 1ull << (SIGWINCH - 1);
	uint64_t pending = (signals_set(tid, "SigPnd") | signals_set(tid, "ShdPnd")) &
			   ~signals_set(tid, "SigBlk");

	if (!pending)
		return false;
	by_default &= ~signals_set(tid, "SigCgt");
	return pending & ~(by_default | signals_set(tid, "SigIgn"));
}

bool interrupt_has_trap(pid_t tid)
{
	return signals_set(tid, "SigPnd") & (1ull << (SIGTRAP - 1));
}

bool interrupt_is_here(struct process *p, const struct thread *t)
{
	struct arch_regs regs = t->regs;

	return p->arch->restart_eintr(&regs);
}

void interrupt_undo(struct process *p, struct thread *t)
{
	struct arch_regs interrupted = t->regs;

	if (has_pending_signal(t->tid) || !p->arch->restart_eintr(&t->regs))
		return;
	if (ptrace(PTRACE_SETREGS, t->tid, 0, &t->regs) < 0)
		return;
	t->interrupted = interrupted;
	t->has_undone_interrupt = true;
}

void interrupt_redo(struct process *p, struct thread *t)
{
	struct arch_regs undone = t->interrupted;
	bool is_restarted;

	if (!t->has_undone_interrupt)
		return;
	t->has_undone_interrupt = false;
	// Undone here, or by an injected system call.
	if (!p->arch->restart_eintr(&undone))
		p->arch->finish_syscall(&undone, &is_restarted);
	if (memcmp(&undone, &t->regs, sizeof(undone)) != 0)
		return;
	if (ptrace(PTRACE_SETREGS, t->tid, 0, &t->interrupted) == 0)
		t->regs = t->interrupted;
}
