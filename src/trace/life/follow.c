// SPDX-License-Identifier: GPL-3.0-or-later
// Several processes under one tracer. A followed child is never let run unseen: it stands in its
// first stop, with clean text, until the supervisor has planted its breakpoints. If this process
// ends, that child is released like all others.
#include "config.h"

#include "trace/life/follow.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "trace/code/breakpoints.h"
#include "trace/code/patch.h"
#include "trace/glue/capturer.h"
#include "trace/glue/probes.h"
#include "trace/life/create.h"
#include "trace/life/engine.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"
#include "trace/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kcmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

/** How many breakpoints of a process are looked for in a child whose parent is gone. */
#define SAMPLE_SIZE 64
/** How long a process that has ended keeps its place, if there is another place. A child of it that
 *  has not stopped yet may have its breakpoints, and only this process knows them. */
#define KEEP_NS NS_PER_S

struct process *follow_get(struct tracer *tracer, uint32_t i)
{
	return i < tracer->processes.num ? tracer->processes.items[i] : NULL;
}

bool follow_executed(const struct process *p)
{
	// A user who follows children wants to see the program that has them.
	return p->tracer->follow & (p->number ? FOLLOW_EXEC : FOLLOW_EXEC | FOLLOW_FORK);
}

/** A breakpoint that is hit rarely. NULL: none is planted. */
static const struct breakpoint *quietest_breakpoint(const struct process *p)
{
	const struct breakpoint *best = NULL, *b;
	size_t i;

	hmap_each (&p->breakpoints, i, b) {
		if (b->is_planted && !(b->roles & ROLE_INSIDE) && !patch_stands(p, b) &&
		    (!best || b->roles == PLANT_RENDEZVOUS))
			best = b;
	}
	return best;
}

/** The same without kcmp, which the filters of containers refuse. Take a trap of ours out of one
 *  process, and look whether the other one changes. It is planted again at once. Without any trap
 *  nothing can be told. */
static bool shares_trap(struct process *p, pid_t tid)
{
	const struct breakpoint *b = quietest_breakpoint(p);
	struct memory_code code = {p, p->mem_fd, 0}, its_code = {p, -1, tid};
	struct code_ops here = memory_code_ops(&code), there = memory_code_ops(&its_code);
	const struct planted *planted;
	_cleanup_close_ int fd = -1;
	char path[32];
	bool ret;

	if (!b)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	its_code.fd = fd = open(path, O_RDWR | O_CLOEXEC);
	planted = &p->shared->planted[b->planted_index];
	if (fd < 0 || !planted_stands(planted, p->arch, &there) ||
	    !planted_restore(planted, p->arch, &there))
		return false;
	ret = !planted_stands(planted, p->arch, &here);
	if (!there.write(there.ctx, b->addr, p->arch->trap, p->arch->trap_size))
		log_debug("cannot put the trap back at %#llx", (unsigned long long)b->addr);
	return ret;
}

bool follow_shares_memory(struct process *p, pid_t tid)
{
	unsigned num_asked = 0;
	bool is_refused = false;
	const struct thread *t;
	size_t i;

	// A leader that has ended has no memory to compare with, so one thread is not enough to
	// ask; two would be.
	hmap_each (&p->threads, i, t) {
		if (num_asked >= 4)
			break;
		errno = 0;
		if (syscall(SYS_kcmp, t->tid, tid, KCMP_VM, 0, 0) == 0)
			return true;
		is_refused |= errno == EPERM || errno == ENOSYS;
		num_asked++;
	}
	return is_refused && shares_trap(p, tid);
}

static pid_t parent_of(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	struct err *err = io_proc_status(pid, "PPid", &text);

	err_destroy(err);
	return err ? 0 : atoi(text);
}

/** How many of p's breakpoints are in the memory of pid, too. */
static unsigned count_copies(struct process *p, pid_t pid)
{
	const struct planted *planted = p->shared->planted;
	uint8_t code[ARCH_MAX_TRAP];
	unsigned num = 0;
	uint32_t i;

	for (i = 0; i < shared_num_planted(p->shared) && i < SAMPLE_SIZE; i++)
		num += planted[i].has_original &&
		       memory_read(pid, planted[i].addr, code, p->arch->trap_size) &&
		       arch_is_trap(p->arch, code);
	return num;
}

/** The process whose memory a forked child has copied: its parent. If that has ended, or is another
 *  one (CLONE_PARENT), it is the process with which the child has most breakpoints in common. */
static struct process *origin(struct tracer *tracer, pid_t tid)
{
	struct process *p, *best = follow_get(tracer, 0);
	unsigned num, most = 0;
	pid_t parent = parent_of(tid);
	uint32_t i;

	for (i = 0; (p = follow_get(tracer, i)); i++)
		if (p->pid == parent && !p->is_ended)
			return p;
	for (i = 0; (p = follow_get(tracer, i)); i++) {
		num = count_copies(p, tid);
		if (num <= most)
			continue;
		most = num;
		best = p;
	}
	return best;
}

static struct process *owner_of_new(struct tracer *tracer, pid_t tid)
{
	struct process *p;
	uint32_t i;

	for (i = 0; (p = follow_get(tracer, i)); i++)
		if (!p->is_ended && (p->pid == tid || syscall(SYS_tgkill, p->pid, tid, 0) == 0))
			return p;
	for (i = 0; (p = follow_get(tracer, i)); i++)
		if (!p->is_ended && follow_shares_memory(p, tid))
			return p;
	return origin(tracer, tid);
}

struct process *follow_owner(struct tracer *tracer, pid_t tid)
{
	const uint64_t *found;

	if (tracer->processes.num == 1)
		return follow_get(tracer, 0);
	found = hmap_find(&tracer->owners, (uint64_t)tid);
	return found ? (struct process *)*found : owner_of_new(tracer, tid);
}

/** The place that has been free for the longest time, except that of p. NULL: there is none. */
static struct process **oldest_place(struct tracer *tracer, const struct process *p)
{
	struct process **best = NULL, **place;
	size_t i;

	for (i = 0; i < tracer->processes.num; i++) {
		place = &tracer->processes.items[i];
		// A child that shared its memory may have outlived it.
		if (*place != p && (*place)->is_released && !(*place)->threads.num &&
		    (!best || (*place)->ended_ns < (*best)->ended_ns))
			best = place;
	}
	return best;
}

/** Tell whether there is a place that was never used. */
static bool has_new_place(struct tracer *tracer)
{
	return tracer->processes.num <= tracer->num_channels && vec_reserve_one(&tracer->processes);
}

/** An empty process, at the place of the one that ended longest ago, or at a new place, but not at
 *  that of p. NULL: as many as possible are live already, or no memory. */
static struct process *new_process(struct process *p)
{
	struct tracer *tracer = p->tracer;
	struct process **place = oldest_place(tracer, p), *new;
	uint32_t number = (uint32_t)tracer->processes.num;

	if (place &&
	    (number > tracer->num_channels || clock_now_ns() - (*place)->ended_ns >= KEEP_NS)) {
		new = process_create(tracer, (*place)->number, (*place)->shared, p->capture.nframe);
		if (!new)
			return NULL;
		shared_renew(new->shared);
		process_destroy(*place);
		return *place = new;
	}
	if (!has_new_place(tracer))
		return NULL;
	new = process_create(tracer, number, tracer->channels[number - 1], p->capture.nframe);
	if (!new)
		return NULL;
	shared_init(new->shared);
	return tracer->processes.items[tracer->processes.num++] = new;
}

/** Process pid, a child of p. NULL: as new_process(). */
static struct process *add_child(struct process *p, pid_t pid)
{
	struct process *child = new_process(p);

	if (!child)
		return NULL;
	child->shared->pid = child->pid = pid;
	child->has_process_image = true;
	child->is_tracing = p->is_tracing;
	if (memory_open_process(child))
		return child;
	// The place is that of a process that has ended.
	follow_ended(child);
	child->is_released = true;
	return NULL;
}

/** Make pid, which stands in a stop, a process of its own. NULL: it cannot be followed. */
static struct thread *adopt(struct process *p, pid_t pid, unsigned flags, struct process **ret)
{
	struct process *child = add_child(p, pid);
	struct thread *t = child ? thread_add(child, pid, pid) : NULL;
	struct event_child *event;

	// Of a process that has ended nobody reads any more.
	if (p->is_ended)
		p = p->tracer->processes.items[0];
	if (!t) {
		if (!p->tracer->is_limit_noted)
			emit_note(p,
				  "%" PRIu32 " followed processes live at once, the limit; others "
				  "are left alone",
				  p->tracer->num_channels + 1);
		p->tracer->is_limit_noted = true;
		// Without memory for its thread it is a process that has ended.
		if (child)
			follow_ended(child);
		if (child)
			child->is_released = true;
		return NULL;
	}
	t->is_stopped = true;
	t->hold = HELD_STOP;
	wait_consume(pid);
	event = emit_begin(p, EVENT_CHILD, sizeof(*event));
	if (event) {
		event->pid = pid;
		event->process = child->number;
		event->flags = flags | (child->is_tracing ? CHILD_TRACING : 0);
		emit_end_now(p, event);
	}
	engine_choose(child);
	emit_ack(child, EVENT_EPOCH, capturer_new_epoch(child), 0);
	*ret = child;
	return t;
}

bool follow_forked(struct process *p, pid_t tid)
{
	struct process *child;

	return p->tracer->follow & FOLLOW_FORK && adopt(p, tid, 0, &child);
}

bool follow_spawned(struct process *p, pid_t tid)
{
	struct process *child;
	struct thread *t;

	if (!(p->tracer->follow & FOLLOW_FORK) || !(p->tracer->follow & FOLLOW_EXEC))
		return false;
	t = adopt(p, tid, CHILD_SPAWNED, &child);
	if (!t)
		return false;
	t->is_in_syscall = true;
	child->capture.is_heap_known = child->is_tracing;
	emit_thread(child, EVENT_EXEC, tid);
	return true;
}

void follow_ended(struct process *p)
{
	p->is_ended = true;
	p->ended_ns = clock_now_ns();
	// A child that shared its memory may have outlived it.
	if (p->threads.num)
		return;
	process_forget_memory(p);
	if (p->mem_fd >= 0)
		close(p->mem_fd);
	p->mem_fd = -1;
}

void follow_release(struct process *p)
{
	struct thread *t = thread_find(p, p->pid);

	if (!p->is_ended && (!t || t->hold != HELD_STOP))
		return;
	if (!p->is_ended) {
		ptrace(PTRACE_DETACH, t->tid, 0, 0);
		probes_remove_thread(p, t);
		follow_ended(p);
	}
	p->is_released = true;
}

void follow_let_go_executed(struct process *p, struct thread *t)
{
	struct tracer *tracer = p->tracer;

	if (!p->number)
		follow_let_go(p, t, "process %d executes another program: tracing ends here",
			      (int)p->pid);
	// Of children, which do so all the time, it is said once.
	else if (!tracer->is_exec_noted)
		follow_let_go(p, t,
			      "process %d executes another program, and is left there as all "
			      "children without --follow fork,exec",
			      (int)p->pid);
	else
		follow_let_go(p, t, "%s", "");
	tracer->is_exec_noted |= p->number != 0;
}

void follow_let_go(struct process *p, struct thread *t, const char *format, ...)
{
	struct event_text *event;
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	ptrace(PTRACE_DETACH, t->tid, 0, 0);
	probes_remove_thread(p, t);
	follow_ended(p);
	event = emit_begin(p, EVENT_RELEASED, sizeof(*event) + strlen(text) + 1);
	if (!event)
		return;
	strcpy(event->text, text);
	emit_end_now(p, event);
}
