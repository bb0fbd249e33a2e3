// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/threads.h"

#include "base/vec.h"
#include "trace/os/process.h"
#include "trace/os/regs.h"

#include <stdlib.h>
#include <sys/ptrace.h>

struct thread *thread_find(struct process *p, pid_t tid)
{
	uint64_t *found = hmap_find(&p->threads, tid);

	return found ? (struct thread *)*found : NULL;
}

struct thread *thread_add(struct process *p, pid_t tid, pid_t tgid)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tid = tid;
	t->tgid = tgid;
	t->capture.tid = tid;
	if (!vec_grow((void **)&p->tids.items, &p->tids.cap, p->threads.num,
		      sizeof(*p->tids.items)) ||
	    !hmap_set(&p->threads, tid, (uint64_t)t) ||
	    !hmap_set(&p->tracer->owners, tid, (uint64_t)p)) {
		hmap_remove(&p->threads, tid);
		free(t);
		return NULL;
	}
	p->shared->stats.num_threads = p->threads.num;
	return t;
}

void thread_remove(struct process *p, struct thread *t)
{
	if (p->last_thread == t)
		p->last_thread = NULL;
	hmap_remove(&p->threads, t->tid);
	hmap_remove(&p->tracer->owners, t->tid);
	p->shared->stats.num_threads = p->threads.num;
	free(t->pending);
	free(t->measured);
	free(t);
}

void thread_continue(struct thread *t, int sig)
{
	t->is_stopped = false;
	t->hold = NOT_HELD;
	t->parked_pc = 0;
	// ESRCH: killed meanwhile; its exit is reported by waitpid.
	ptrace(t->is_watching_maps || t->is_watching_exec || t->is_led ? PTRACE_SYSCALL
								       : PTRACE_CONT,
	       t->tid, 0, sig);
}

bool thread_fetch(struct thread *t)
{
	t->parked_pc = 0;
	return regs_get(arch_host(), t->tid, &t->regs);
}

bool thread_store(struct thread *t)
{
	return regs_set(arch_host(), t->tid, &t->regs);
}

bool thread_interrupt(struct thread *t)
{
	if (ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) < 0)
		return false;
	return t->is_interrupted = true;
}

bool thread_park(struct process *p, struct thread *t, uint64_t pc)
{
	t->parked_pc = pc;
	return regs_set_pc(p->arch, t->tid, pc);
}

bool thread_set_pc(struct process *p, struct thread *t, uint64_t pc)
{
	bool is_there = t->parked_pc == pc;

	p->arch->set_pc(&t->regs, pc);
	t->parked_pc = 0;
	return is_there || regs_set_pc(p->arch, t->tid, pc);
}

const pid_t *thread_list(struct process *p, size_t *num_ret)
{
	const struct thread *t;
	size_t i, num = 0;

	hmap_each (&p->threads, i, t)
		p->tids.items[num++] = t->tid;
	*num_ret = num;
	return p->tids.items;
}
