// SPDX-License-Identifier: GPL-3.0-or-later
// A new process image: nothing of what was known of the memory holds any more.
#include "config.h"

#include "trace/life/exec.h"

#include "base/fault.h"
#include "trace/code/breakpoints.h"
#include "trace/glue/capturer.h"
#include "trace/glue/probes.h"
#include "trace/life/create.h"
#include "trace/life/follow.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <signal.h>
#include <sys/ptrace.h>

static void forget_other_threads(struct process *p, pid_t tid)
{
	size_t num = 0, i;
	const pid_t *tids = thread_list(p, &num);
	struct thread *t;

	for (i = 0; i < num; i++) {
		t = thread_find(p, tids[i]);
		if (t->tgid == p->pid && t->tid != tid)
			probes_remove_thread(p, t);
		else if (t->tgid != p->pid)
			// A vfork child lives on in the old memory, which mem_fd still names.
			breakpoint_unplant_all(p);
	}
}

/** A program that we may not read; often a setuid one, which the kernel has given no privileges. */
static void cannot_open(struct process *p, struct thread *t)
{
	if (p->has_process_image) {
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

void exec_stop(struct process *p, struct thread *t)
{
	pid_t tid = t->tid;
	uint64_t epoch;

	if (t->tgid != p->pid) {
		// A vfork child has its own memory now.
		probes_remove_thread(p, t);
		if (!follow_spawned(p, tid))
			ptrace(PTRACE_DETACH, tid, 0, 0);
		return;
	}
	FAULT_POINT("exec");
	forget_other_threads(p, t->tid);
	probes_forget_calls(p, t);
	// Who comes in the middle of an exec may have planted in the new process image already,
	// before this stop was reported; what was planted in the old one is written to no more than
	// harmlessly.
	breakpoint_unplant_all(p);
	breakpoint_forget_all(p);
	process_forget_memory(p);
	epoch = capturer_new_epoch(p);
	// A launch is not tracing yet at its own, which is the first.
	p->capture.is_heap_known = p->is_tracing || !p->has_process_image;
	t->is_in_syscall = true;
	t->is_watching_maps = false;
	if (p->has_process_image && !follow_executed(p)) {
		follow_let_go_executed(p, t);
		return;
	}
	if (!memory_open_process(p)) {
		cannot_open(p, t);
		return;
	}
	p->has_process_image = true;
	emit_ack(p, EVENT_EPOCH, epoch, 0);
	t->hold = HELD_STOP;
	emit_thread(p, EVENT_EXEC, t->tid);
}
