// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel does not restart some system calls that a stop has broken off: epoll_wait and semop
// return EINTR to their caller. Without us they would have slept on. So the thread begins them
// again, with the registers that it had at their entry.
#include "config.h"

#include "trace/os/restart.h"

#include "trace/os/process.h"
#include "trace/os/regs.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"

#include <string.h>
#include <sys/ptrace.h>

bool restart_is_due(struct process *p, const struct thread *t)
{
	struct arch_regs regs = t->regs;

	return p->arch->restart_eintr(&regs);
}

void restart_syscall(struct process *p, struct thread *t)
{
	struct arch_regs interrupted = t->regs;

	if (task_has_pending_signal(t->tid) || !p->arch->restart_eintr(&t->regs))
		return;
	if (!thread_store(t))
		return;
	t->interrupted = interrupted;
	t->has_restarted = true;
}

void restart_cancel(struct process *p, struct thread *t)
{
	struct arch_regs restarted = t->interrupted;
	bool is_restarted;

	if (!t->has_restarted)
		return;
	t->has_restarted = false;
	// By restart_syscall(), or by an injected system call.
	if (!p->arch->restart_eintr(&restarted))
		p->arch->finish_syscall(&restarted, &is_restarted);
	if (memcmp(&restarted, &t->regs, sizeof(restarted)) != 0)
		return;
	if (regs_set(p->arch, t->tid, &t->interrupted))
		t->regs = t->interrupted;
}
