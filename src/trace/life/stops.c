// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/fault.h"

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

struct breakpoint *stops_our_trap(struct process *p, struct thread *t)
{
	struct breakpoint *b = breakpoint_find(p, p->arch->pc(&t->regs) - p->arch->trap_size);
	siginfo_t info;

	if (!b)
		return NULL;
	// Behind an instruction of one byte the pc is where it would be behind the trap: ask who
	// sent the signal.
	if (b->has_relocation && b->relocation.insn_size == 1 &&
	    ptrace(PTRACE_GETSIGINFO, t->tid, 0, &info) == 0 && info.si_code != SI_KERNEL &&
	    info.si_code != TRAP_BRKPT)
		return NULL;
	return b;
}

void stops_birth(struct tracer *tracer, pid_t tid, enum birth birth)
{
	const uint64_t *other = hmap_find(&tracer->births, (uint64_t)tid);

	if (!other) {
		// Without memory to remember it a child may be left with our traps in the one case
		// that we leave right now.
		if (hmap_set(&tracer->births, (uint64_t)tid, birth))
			tracer->num_expected += birth == BIRTH_EXPECTED;
		return;
	}
	if (*other == birth)
		return;
	tracer->num_expected -= *other == BIRTH_EXPECTED;
	hmap_remove(&tracer->births, (uint64_t)tid);
}

void stops_parent_event(struct tracer *tracer, pid_t tid)
{
	unsigned long child;

	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &child) == 0)
		stops_birth(tracer, (pid_t)child, BIRTH_EXPECTED);
}

/** The first stop of a task that the kernel attached for us. */
static void new_tracee(struct process *p, pid_t tid)
{
	bool is_thread = syscall(SYS_tgkill, p->pid, tid, 0) == 0;
	struct thread *t;

	stops_birth(p->tracer, tid, BIRTH_SEEN);
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
		p->tracer->want_leave = true;
		ptrace(PTRACE_DETACH, tid, 0, 0);
		return;
	}
	t->is_watching_exec = !is_thread && setid_must_watch();
	if (rescue_is_wanted(p, t) && thread_fetch(p, t))
		rescue_on_stop(p, t);
	thread_continue(p, t, 0);
}

static void forget_other_threads(struct process *p, pid_t tid)
{
	size_t num = 0, i;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t->tgid == p->pid && t->tid != tid)
			thread_remove(p, t);
		else if (t->tgid != p->pid)
			// A vfork child lives on in the old memory, which mem_fd still names.
			breakpoint_unplant_all(p);
	}
}

/** A program that we may not read; often a setuid one, which the kernel has given no privileges. */
static void cannot_open(struct process *p, struct thread *t)
{
	if (p->has_image) {
		follow_let_go(
			p, t,
			"process %d executes a program whose memory we may not read: it runs on "
			"untraced, without privileges of its file (setuid)",
			(int)p->pid);
		return;
	}
	// A launched one is not to run unseen.
	kill(p->pid, SIGKILL);
	follow_let_go(
		p, t,
		"no permission to trace the program: its file is not readable; run malloscope as "
		"root, or attach as root to what runs");
}

static void exec_stop(struct process *p, struct thread *t)
{
	pid_t tid = t->tid;

	if (t->tgid != p->pid) {
		// A vfork child has its own memory now.
		thread_remove(p, t);
		if (!follow_spawned(p, tid))
			ptrace(PTRACE_DETACH, tid, 0, 0);
		return;
	}
	FAULT_POINT("exec");
	forget_other_threads(p, t->tid);
	probes_abandon(p, t, 0);
	measure_abandon(p, t, 0);
	// Who comes in the middle of an exec may have planted in the new image already, before this
	// stop was reported; what was planted in the old one is written to no more than harmlessly.
	breakpoint_unplant_all(p);
	breakpoint_forget_all(p);
	process_forget_memory(p);
	p->epoch++;
	frees_forget(t);
	usable_forget(t);
	// A launch is not tracing yet at its own, which is the first.
	p->is_heap_known = p->is_tracing || !p->has_image;
	t->is_in_syscall = true;
	t->is_watching_maps = false;
	if (p->has_image && !follow_executed(p)) {
		follow_let_go_image(p, t);
		return;
	}
	if (!start_open_mem(p)) {
		cannot_open(p, t);
		return;
	}
	p->has_image = true;
	emit_ack(p, EVENT_EPOCH, p->epoch, 0);
	t->hold = HELD_STOP;
	emit_thread(p, EVENT_EXEC, t->tid);
}

/** The new task of tid is looked at first, if its stop comes soon. As long as there is no rescue handler that it could have
 *  inherited, its copy of our traps would be its death should we be killed. */
static void settle_child(struct process *p, pid_t tid)
{
	const struct timespec pause = {.tv_nsec = 20000};
	unsigned long child;
	unsigned i;
	int status;

	// What has stopped before its parent told of it is no birth any more.
	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &child) < 0 || !hmap_find(&p->tracer->births, child))
		return;
	for (i = 0; i < SETTLE_ROUNDS; i++) {
		if (waitpid((pid_t)child, &status, __WALL | WNOHANG) == (pid_t)child) {
			stops_handle(p, (pid_t)child, status);
			return;
		}
		nanosleep(&pause, NULL);
	}
}

/** The end of the call that has made a task: here, unlike at the event in its middle, t can make another one. */
static void use_led(struct process *p, struct thread *t)
{
	if (!t->is_led)
		return;
	t->is_led = false;
	if (rescue_is_wanted(p, t) && thread_fetch(p, t) &&
	    p->arch->syscall_result(&t->regs) != -ENOSYS) {
		FAULT_POINT("led");
		rescue_on_stop(p, t);
	}
}

/** Launch: code was mapped? */
static void syscall_stop(struct process *p, struct thread *t)
{
	const struct arch *arch = p->arch;

	if (t->is_watching_exec && thread_fetch(p, t) &&
	    (setid_let_go(p, t) || traceme_let_go(p, t)))
		return;
	use_led(p, t);
	t->is_in_syscall = !t->is_in_syscall;
	if (t->is_in_syscall || !t->is_watching_maps || !thread_fetch(p, t) ||
	    arch->syscall_nr(&t->regs) != SYS_mmap ||
	    !(arch->syscall_arg(&t->regs, 2) & PROT_EXEC) ||
	    (int)arch->syscall_arg(&t->regs, 4) < 0 || arch->syscall_result(&t->regs) < 0) {
		thread_continue(p, t, 0);
		return;
	}
	t->hold = HELD_STOP;
	emit_thread(p, EVENT_MAPPED, t->tid);
}

static bool is_stop_signal(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void event_stop(struct process *p, struct thread *t, int event, int sig)
{
	switch (event) {
	case PTRACE_EVENT_STOP:
		if (is_stop_signal(sig)) {
			// It stands for our interrupt, too.
			t->is_interrupted = false;
			ptrace(PTRACE_LISTEN, t->tid, 0, 0);
			break;
		}
		if (t->is_interrupted && thread_fetch(p, t)) {
			interrupt_undo(p, t);
			// Its stop may have come before that for a trap it stands in.
			if (rescue_is_wanted(p, t) && !interrupt_has_trap(t->tid))
				rescue_on_stop(p, t);
		}
		t->is_interrupted = false;
		thread_continue(p, t, 0);
		break;
	case PTRACE_EVENT_EXEC:
		exec_stop(p, t);
		break;
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		FAULT_POINT("fork");
		stops_parent_event(p->tracer, t->tid);
		t->is_led = rescue_is_wanted(p, t);
		if (t->is_led)
			settle_child(p, t->tid);
		thread_continue(p, t, 0);
		break;
	default:
		thread_continue(p, t, 0);
		break;
	}
}

static void deliver(struct process *p, struct thread *t, int sig)
{
	signals_deliver(p, t, sig);
	// Behind its delivery, before anything else is executed, t stops once more.
	if (rescue_is_wanted(p, t) && ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) == 0)
		t->is_interrupted = true;
	thread_continue(p, t, sig);
}

static void trap_stop(struct process *p, struct thread *t)
{
	struct breakpoint *b;

	FAULT_POINT("trapped");
	if (!thread_fetch(p, t))
		return;
	cpu_on_stop(p->tracer, t, p->tracer->spin_credit > 1);
	b = stops_our_trap(p, t);
	if (!b) {
		deliver(p, t, SIGTRAP);
		return;
	}
	displaced_shelter(p, b);
	// First of all, whatever else may happen to us: behind the trap it could not go on.
	if (!thread_park(p, t, b->has_relocation ? b->relocation.resume_pc : b->addr))
		return;
	// Nobody catches the signal yet.
	if (!p->is_rescue_installed)
		stops_consume(t->tid);
	FAULT_POINT("parked");
	rescue_on_stop(p, t);
	// Looking at all system calls of all children would cost each of them milliseconds.
	t->is_watching_exec |= b->roles & PLANT_PTRACE && t->tgid != p->pid;
	if (p->is_paused)
		t->hold = HELD_PAUSE;
	else
		probes_hit(p, t, b, false);
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

static void ended(struct process *p, pid_t tid, int status)
{
	struct thread *t = thread_find(p, tid);
	struct event_exit *event;

	if (t)
		thread_remove(p, t);
	if (tid != p->pid && (!p->has_no_leader || !is_last_thread(p)))
		return;
	follow_ended(p);
	event = emit_begin(p, EVENT_EXIT, sizeof(*event));
	if (!event)
		return;
	event->status = status;
	emit_end_now(p, event);
}

static void consume_held(struct process *p, pid_t tid)
{
	const struct thread *t = thread_find(p, tid);

	if (t && t->hold != NOT_HELD)
		stops_consume(tid);
}

void stops_handle(struct process *p, pid_t tid, int status)
{
	struct thread *t;
	int sig;

	if (!WIFSTOPPED(status)) {
		// Killed before its first stop.
		if (!thread_find(p, tid))
			stops_birth(p->tracer, tid, BIRTH_SEEN);
		ended(p, tid, status);
		return;
	}
	p->shared->stats.num_stops++;
	t = thread_find(p, tid);
	if (!t && status >> 16 == PTRACE_EVENT_EXEC)
		// exec by a thread that was not the leader: it now has the leader's id, whose
		// record may be gone.
		t = thread_add(p, tid, p->pid);
	if (!t) {
		new_tracee(p, tid);
		return;
	}
	t->is_stopped = true;
	sig = WSTOPSIG(status);
	if (status >> 16)
		event_stop(p, t, status >> 16, sig);
	else if (sig == (SIGTRAP | 0x80))
		syscall_stop(p, t);
	else if (sig == SIGTRAP)
		trap_stop(p, t);
	else
		deliver(p, t, sig);
	consume_held(p, tid);
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
		if (!t->is_in_syscall && rescue_is_wanted(p, t) && thread_fetch(p, t))
			rescue_on_stop(p, t);
		thread_continue(p, t, 0);
		return;
	}
	b = breakpoint_find(p, p->arch->pc(&t->regs) - p->arch->trap_size);
	if (!b)
		thread_continue(p, t, 0);
	else if (hold == HELD_PAUSE)
		probes_hit(p, t, b, false);
	else if (hold == HELD_MISS || hold == HELD_CALL)
		probes_hit(p, t, b, true);
	else
		probes_resume_past(p, t, b);
}
