// SPDX-License-Identifier: GPL-3.0-or-later
// Debuggers in the target. A forked child is released before its first instruction, and may ask to
// be traced by its parent. A child that shares our memory (vfork, as gdb starts its programs) is
// ours until it executes a program. If it were released before, it would meet our breakpoints as a
// tracee of the debugger; and it can have only one tracer. So it is told that its request was
// granted. Nobody can tell this from the truth, because its parent sleeps until the execve. At the
// entry of that execve it is released into the true request, and then a stub makes the execve. So
// the debugger sees an execve of a process that it traces. A breakpoint at ptrace tells which child
// may ask.
#include "config.h"

#include "trace/life/traceme.h"

#include "base/log.h"
#include "trace/code/xol_areas.h"
#include "trace/glue/probes.h"
#include "trace/life/setid.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "trace/tracer.h"

#include <errno.h>
#include <limits.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool make_stub(struct process *p)
{
	struct xol_area *area;
	uint64_t addr;
	size_t i;

	for (i = 0; i < p->xol_areas.num && !p->redo_stub; i++) {
		area = &p->xol_areas.items[i];
		addr = area->start + area->used;
		if (xol_take_slot(p, area, XOL_NAME_OLD, p->arch->redo_stub,
				  p->arch->redo_stub_size))
			p->redo_stub = addr;
	}
	return p->redo_stub != 0;
}

static bool asks_for_parent(struct process *p, const struct thread *t)
{
	return p->arch->syscall_nr(&t->regs) == SYS_ptrace && p->arch->is_syscall_entry(&t->regs) &&
	       p->arch->syscall_arg(&t->regs, 0) == PTRACE_TRACEME;
}

/** The kernel will find something there to execute? execvp(3) tries many places, and what it does
 *  when all have failed is better done without a debugger that sees our traps. */
static bool is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/** Let t make the request before the execve that it is about to make. */
static bool insert_request(struct process *p, struct thread *t)
{
	uint64_t words[ARCH_REDO_WORDS], sp;
	size_t i;

	p->arch->insert_syscall(&t->regs, SYS_ptrace, PTRACE_TRACEME, p->redo_stub, words);
	sp = p->arch->sp(&t->regs);
	for (i = 0; i < ARCH_REDO_WORDS; i++)
		if (ptrace(PTRACE_POKEDATA, t->tid, sp + i * sizeof(words[i]), words[i]) < 0)
			return false;
	return thread_store(t);
}

bool traceme_let_go(struct process *p, struct thread *t)
{
	char path[PATH_MAX + 64];

	if (asks_for_parent(p, t)) {
		t->wants_parent = make_stub(p);
		if (t->wants_parent) {
			p->arch->skip_syscall(&t->regs, 0);
			t->wants_parent = thread_store(t);
		} else {
			emit_note(p,
				  "process %d cannot be traced by its parent: there is no room for "
				  "code of ours",
				  (int)t->tid);
		}
		return false;
	}
	if (!t->wants_parent || !setid_is_exec(p, t, path, sizeof(path)) || !is_executable(path) ||
	    !insert_request(p, t))
		return false;
	log_debug("process %d is traced by its parent", (int)t->tid);
	if (p->tracer->follow & FOLLOW_FORK)
		emit_note(p, "process %d is traced by its parent: it is left alone", (int)t->tid);
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	probes_remove_thread(p, t);
	return true;
}
