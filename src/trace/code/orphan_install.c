// SPDX-License-Identifier: GPL-3.0-or-later
// System calls of the target install the orphan-trap handler (code/orphan.c), and remove it in the
// end. For the first of them, a thread must come to a stop at which it can make one.
#include "config.h"

#include "trace/code/orphan_install.h"

#include "base/log.h"
#include "trace/code/orphan_internal.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/os/emit.h"
#include "trace/os/filter.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/** How many stops until the next check that the handler is still installed. A trap in a thread that
 *  blocks SIGTRAP makes the kernel remove it (force_sig_info_to_task(), Linux kernel/signal.c). */
#define CHECK_INTERVAL 4096

/** Size of a signal set for rt_sigaction(2). */
#define SIGSET_SIZE 8

/** How often it is tried: a thread may vanish in the middle of it. */
#define INSTALL_TRIES 3

/** Enough for what a function keeps below its stack pointer: no ABI gives it more than 288
 *  bytes. */
#define BELOW_STACK 512

/** Note that nothing protects the target from our death, and never will. */
static void refuse(struct process *p, const char *why)
{
	p->orphan->is_refused = true;
	emit_note(p, "should malloscope be killed, the target may die with it: %s", why);
}

/** False: it was not done; perhaps t has vanished. */
static bool install(struct process *p, struct thread *t)
{
	const uint64_t args[6] = {SIGTRAP,
				  p->orphan->data + offsetof(struct arch_orphan_data, action), 0,
				  SIGSET_SIZE};
	static const uint64_t none[6];
	int64_t result;

	// The handler itself ends with this call.
	if (!filter_allows(p, t, SYS_rt_sigreturn, none, p->syscall_insn))
		return false;
	if (!xol_syscall(p, t, SYS_rt_sigaction, args, &result) || result < 0)
		return false;
	p->orphan->is_installed = true;
	p->orphan->stops_to_check = CHECK_INTERVAL;
	if (!orphan_write_data(p, offsetof(struct arch_orphan_data, is_installed), 1))
		log_debug("the orphan-trap handler cannot be marked as installed");
	return true;
}

/** If the program has a handler of its own, it stays: a program that traps on purpose must notice
 *  nothing of us. */
static bool is_trap_used(const struct thread *t)
{
	return task_has_signal(t->tid, "SigCgt", SIGTRAP) ||
	       task_has_signal(t->tid, "SigIgn", SIGTRAP);
}

static void install_first(struct process *p, struct thread *t)
{
	if (is_trap_used(t)) {
		refuse(p, "it handles or ignores SIGTRAP itself");
		return;
	}
	xol_map_all(p, t);
	if ((p->orphan->data && install(p, t)) || ++p->orphan->num_tries < INSTALL_TRIES)
		return;
	if (filter_exists(t))
		refuse(p, "its seccomp filter forbids what would save it");
	else
		refuse(p, "no memory can be mapped in it");
}

bool orphan_is_wanted(const struct process *p, const struct thread *t)
{
	return p->is_tracing && p->syscall_insn && !p->orphan->is_installed &&
	       !p->orphan->is_refused && t->tgid == p->pid;
}

void orphan_on_stop(struct process *p, struct thread *t)
{
	if (orphan_is_wanted(p, t)) {
		install_first(p, t);
		return;
	}
	if (!p->orphan->is_installed || --p->orphan->stops_to_check)
		return;
	p->orphan->stops_to_check = CHECK_INTERVAL;
	if (!task_has_signal(t->tid, "SigCgt", SIGTRAP) && t->tgid == p->pid && !install(p, t))
		log_debug("the orphan-trap handler is gone");
}

void orphan_remove(struct process *p, struct thread *t)
{
	uint64_t old = (p->arch->sp(&t->regs) - BELOW_STACK) & ~15ull, handler = 0;
	const uint64_t ask[6] = {SIGTRAP, 0, old, SIGSET_SIZE};
	uint64_t set[6] = {SIGTRAP, old, 0, SIGSET_SIZE};
	const uint64_t none[4] = {0};
	int64_t result;

	if (!p->orphan->is_installed)
		return;
	p->orphan->is_installed = false;
	if (!xol_syscall(p, t, SYS_rt_sigaction, ask, &result) || result < 0 ||
	    !memory_read(t->tid, old, &handler, sizeof(handler)) || handler != p->orphan->addr)
		return;
	// The old action is not needed any more, so the new one takes its place.
	if (pwrite(p->mem_fd, none, sizeof(none), (off_t)old) != sizeof(none) ||
	    !xol_syscall(p, t, SYS_rt_sigaction, set, &result))
		return;
	if (!orphan_write_data(p, offsetof(struct arch_orphan_data, is_installed), 0))
		log_debug("the orphan-trap handler cannot be marked as removed");
}
