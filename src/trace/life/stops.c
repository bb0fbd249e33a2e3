// SPDX-License-Identifier: GPL-3.0-or-later
// What each kind of stop demands (os/stop.h). A trap of ours goes to glue/probes.c, everything else
// has to be as if nobody had stopped the thread.
#include "config.h"

#include "trace/life/stops.h"

#include "base/fault.h"
#include "trace/agent/inside.h"
#include "trace/agent/install.h"
#include "trace/agent/quiesce.h"
#include "trace/agent/unwind.h"
#include "trace/agent/upcall.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/orphan.h"
#include "trace/code/orphan_install.h"
#include "trace/glue/probes.h"
#include "trace/life/deliver.h"
#include "trace/life/exec.h"
#include "trace/life/follow.h"
#include "trace/life/new_tasks.h"
#include "trace/life/setid.h"
#include "trace/life/traceme.h"
#include "trace/os/cpu.h"
#include "trace/os/emit.h"
#include "trace/os/process.h"
#include "trace/os/restart.h"
#include "trace/os/stop.h"
#include "trace/os/task.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"
#include "trace/tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/** Looks for the first stop of a child. */
#define SETTLE_ROUNDS 100

/** The first stop of a task that the kernel attached for us. */
static void new_tracee(struct process *p, pid_t tid)
{
	bool is_thread = syscall(SYS_tgkill, p->pid, tid, 0) == 0;
	struct thread *t;

	new_task_note(p->tracer, tid, NEW_TASK_SEEN);
	if (!is_thread && !follow_shares_memory(p, tid)) {
		// A forked child: its copy of the text holds our traps. It has not run an
		// instruction yet.
		FAULT_POINT("child");
		breakpoint_clean_child(p, tid);
		FAULT_POINT("child-cleaned");
		if (!follow_forked(p, tid))
			ptrace(PTRACE_DETACH, tid, 0, 0);
		return;
	}
	t = thread_add(p, tid, is_thread ? p->pid : tid);
	if (!t) {
		// Without a record nobody would know its traps: better no traps.
		emit_note(p, "the tracer is out of memory and leaves");
		breakpoint_unplant_all(p);
		p->tracer->want_detach = true;
		ptrace(PTRACE_DETACH, tid, 0, 0);
		return;
	}
	t->is_watching_exec = !is_thread && setid_must_watch();
	agent_new_thread(p, t);
	if (orphan_is_wanted(p, t) && thread_fetch(t))
		orphan_on_stop(p, t);
	thread_continue(t, 0);
}

/** The new task of tid is looked at first, if its stop comes soon. As long as there is no
 *  orphan-trap handler that it could have inherited, its copy of our traps would be its death
 *  should we be killed. */
static void settle_child(struct process *p, pid_t tid)
{
	const struct timespec pause = {.tv_nsec = 20000};
	unsigned long child;
	unsigned i;
	int status;

	// What has stopped before its parent told of it is not new any more.
	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &child) < 0 ||
	    !new_task_is_known(p->tracer, (pid_t)child))
		return;
	for (i = 0; i < SETTLE_ROUNDS; i++) {
		if (waitpid((pid_t)child, &status, __WALL | WNOHANG) == (pid_t)child) {
			const struct stop stop = stop_classify((pid_t)child, status);

			stops_handle(p, &stop);
			return;
		}
		nanosleep(&pause, NULL);
	}
}

/** The end of the call that has made a task: here, unlike at the event in its middle, t can make
 *  another one. */
static void use_led(struct process *p, struct thread *t)
{
	if (!t->is_led)
		return;
	t->is_led = false;
	if (orphan_is_wanted(p, t) && thread_fetch(t) && !p->arch->is_syscall_entry(&t->regs)) {
		FAULT_POINT("led");
		orphan_on_stop(p, t);
	}
}

/** Launch: code was mapped? */
static void syscall_stop(struct process *p, struct thread *t)
{
	const struct arch *arch = p->arch;

	if (t->is_watching_exec && thread_fetch(t) && (setid_let_go(p, t) || traceme_let_go(p, t)))
		return;
	use_led(p, t);
	t->is_in_syscall = !t->is_in_syscall;
	if (t->is_in_syscall || !t->is_watching_maps || !thread_fetch(t) ||
	    arch->syscall_nr(&t->regs) != SYS_mmap ||
	    !(arch->syscall_arg(&t->regs, 2) & PROT_EXEC) ||
	    (int)arch->syscall_arg(&t->regs, 4) < 0 || arch->syscall_result(&t->regs) < 0) {
		thread_continue(t, 0);
		return;
	}
	t->hold = HELD_STOP;
	emit_thread(p, EVENT_MAPPED, t->tid);
}

/** Our interrupt has brought it to a stop, or it is new. */
static void interrupt_stop(struct process *p, struct thread *t)
{
	if (t->is_interrupted && thread_fetch(t)) {
		restart_syscall(p, t);
		// Its stop may have come before that for a trap it stands in.
		if (orphan_is_wanted(p, t) && !task_has_trap(t->tid))
			orphan_on_stop(p, t);
	}
	t->is_interrupted = false;
	thread_continue(t, 0);
}

static void new_task_stop(struct process *p, struct thread *t)
{
	FAULT_POINT("fork");
	new_task_parent_event(p->tracer, t->tid);
	t->is_led = orphan_is_wanted(p, t);
	if (t->is_led)
		settle_child(p, t->tid);
	thread_continue(t, 0);
}

/** t may be in the agent: there it gets no signal. True: it has none to get now, and goes on. */
static bool spare(struct process *p, struct thread *t, int *sig)
{
	enum inside_end end;

	if (!p->agent || !thread_fetch(t))
		return false;
	if (agent_forgive_fault(p, t, *sig)) {
		thread_continue(t, 0);
		return true;
	}
	if (!agent_is_inside(p, t))
		return false;
	end = agent_run_out(p, t, sig);
	if (end == INSIDE_UPCALL)
		agent_upcall(p, t, false);
	else if (end == INSIDE_LEFT && !*sig)
		thread_continue(t, 0);
	return end == INSIDE_UPCALL || end == INSIDE_LOST || (end == INSIDE_LEFT && !*sig);
}

static void deliver(struct process *p, struct thread *t, int sig)
{
	if (spare(p, t, &sig))
		return;
	deliver_signal(p, t, sig);
	// Behind its delivery, before anything else is executed, t stops once more.
	if (orphan_is_wanted(p, t))
		thread_interrupt(t);
	thread_continue(t, sig);
}

/** The agent works beside the breakpoints. */
static void hit(struct process *p, struct thread *t, struct breakpoint *b)
{
	// The agent calls functions of the allocator, too, which count for nothing.
	if (t->room && agent_is_inside(p, t)) {
		probes_resume_past(p, t, b);
		return;
	}
	if (b->roles & PLANT_PROBE && agent_on_hit(p, t, b))
		return;
	if (b->roles & PLANT_UNWIND)
		agent_unwind(p, t);
	// A pause begins between two events of each thread.
	if (b->roles & PLANT_CALL && p->want_call_pause && p->call_remaining == 1)
		agent_quiesce(p);
	probes_hit(p, t, b, false);
	agent_resume(p);
}

static void trap_stop(struct process *p, struct thread *t)
{
	struct breakpoint *b;

	FAULT_POINT("trapped");
	if (!thread_fetch(t))
		return;
	cpu_on_stop(p->tracer->cpu, t->tid, p->tracer->spin_credit > 1);
	b = breakpoint_of_trap(p, t);
	if (!b) {
		deliver(p, t, SIGTRAP);
		return;
	}
	displaced_shelter(p, b);
	// First of all, whatever else may happen to us: behind the trap it could not go on.
	if (!thread_park(p, t, b->has_relocation ? b->relocation.resume_pc : b->addr))
		return;
	// Nobody catches the signal yet.
	if (!orphan_is_installed(p->orphan))
		wait_consume(t->tid);
	FAULT_POINT("parked");
	orphan_on_stop(p, t);
	// Looking at all system calls of all children would cost each of them milliseconds.
	t->is_watching_exec |= b->roles & PLANT_PTRACE && t->tgid != p->pid;
	if (b->roles & ROLE_UPCALL)
		agent_upcall(p, t, false);
	else if (p->is_paused)
		t->hold = HELD_PAUSE;
	else
		hit(p, t, b);
}

/** No thread of the process is left. All report the status of the process then. */
static bool is_last_thread(const struct process *p)
{
	const struct thread *t;
	size_t i;

	hmap_each (&p->threads, i, t) {
		if (t->tgid == p->pid)
			return false;
	}
	return true;
}

static void tell_end(struct process *p)
{
	struct event_exit *event;

	p->has_untold_end = false;
	p->tracer->num_untold_ends--;
	event = emit_begin(p, EVENT_EXIT, sizeof(*event));
	if (!event)
		return;
	event->status = p->end_status;
	emit_end_now(p, event);
}

void stops_tell_ends(struct tracer *tracer)
{
	size_t i;

	for (i = 0; i < tracer->processes.num && tracer->num_untold_ends; i++)
		if (tracer->processes.items[i]->has_untold_end)
			tell_end(tracer->processes.items[i]);
}

/** A process may end before its child has stopped for the first time (sh -c 'sleep 9 & exit'). Told
 *  at once, its end would be that of the last process, and the supervisor would leave. */
static void tell_ends_in_order(struct tracer *tracer)
{
	if (tracer->num_untold_ends && (!tracer->num_expected || !(tracer->follow & FOLLOW_FORK)))
		stops_tell_ends(tracer);
}

static void ended(struct process *p, pid_t tid, int status)
{
	struct thread *t = thread_find(p, tid);

	if (t)
		probes_remove_thread(p, t);
	if (tid != p->pid && (!p->has_no_leader || !is_last_thread(p)))
		return;
	follow_ended(p);
	p->tracer->num_untold_ends += !p->has_untold_end;
	p->has_untold_end = true;
	p->end_status = status;
}

static void consume_held(struct process *p, pid_t tid)
{
	const struct thread *t = thread_find(p, tid);

	if (t && t->hold != NOT_HELD)
		wait_consume(tid);
}

static void dispatch(struct process *p, struct thread *t, const struct stop *stop)
{
	switch (stop->kind) {
	case STOP_TRAP:
		trap_stop(p, t);
		break;
	case STOP_SIGNAL:
		deliver(p, t, stop->sig);
		break;
	case STOP_SYSCALL:
		syscall_stop(p, t);
		break;
	case STOP_GROUP:
		// It stands for our interrupt, too.
		t->is_interrupted = false;
		ptrace(PTRACE_LISTEN, t->tid, 0, 0);
		break;
	case STOP_INTERRUPT:
		interrupt_stop(p, t);
		break;
	case STOP_NEW_TASK:
		new_task_stop(p, t);
		break;
	case STOP_EXEC:
		exec_stop(p, t);
		break;
	case STOP_OTHER:
	case STOP_EXITED:
	case STOP_KILLED:
		thread_continue(t, 0);
		break;
	}
}

static void handle(struct process *p, const struct stop *stop)
{
	struct thread *t = thread_find(p, stop->tid);

	if (stop_is_end(stop)) {
		// Killed before its first stop.
		if (!t)
			new_task_note(p->tracer, stop->tid, NEW_TASK_SEEN);
		ended(p, stop->tid, stop->status);
		return;
	}
	p->shared->stats.num_stops++;
	if (!t && stop->kind == STOP_EXEC)
		// exec by a thread that was not the leader: it now has the leader's id, whose
		// record may be gone.
		t = thread_add(p, stop->tid, p->pid);
	if (!t) {
		new_tracee(p, stop->tid);
		return;
	}
	t->is_stopped = true;
	dispatch(p, t, stop);
	consume_held(p, stop->tid);
}

void stops_handle(struct process *p, const struct stop *stop)
{
	struct tracer *tracer = p->tracer;

	handle(p, stop);
	tell_ends_in_order(tracer);
}

void stops_resume(struct process *p, struct thread *t, unsigned flags)
{
	enum hold_reason hold = t->hold;
	struct breakpoint *b;

	if (flags & RELEASE_WATCH_MAPS)
		t->is_watching_maps = true;
	if (flags & RELEASE_UNWATCH)
		t->is_watching_maps = false;
	t->hold = NOT_HELD;
	if (hold == NOT_HELD)
		return;
	if (hold == HELD_STOP) {
		// The first stop of a forked child.
		if (!t->is_in_syscall && orphan_is_wanted(p, t) && thread_fetch(t))
			orphan_on_stop(p, t);
		thread_continue(t, 0);
		return;
	}
	if (hold == HELD_AGENT)
		agent_ready(p, t, flags & RELEASE_NO_AGENT);
	b = breakpoint_find(p, arch_trap_addr(p->arch, &t->regs));
	if (!b)
		thread_continue(t, 0);
	else if (b->roles & ROLE_UPCALL)
		agent_upcall(p, t, true);
	else if (hold == HELD_PAUSE || hold == HELD_AGENT)
		hit(p, t, b);
	else if (hold == HELD_MISS || hold == HELD_CALL)
		probes_hit(p, t, b, true);
	else
		probes_resume_past(p, t, b);
}
