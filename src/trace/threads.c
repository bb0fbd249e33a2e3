// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include <sys/ptrace.h>

struct thread *thread_find(struct engine *e, pid_t tid)
{
	uint64_t *found = hmap_find(&e->threads, tid);

	return found ? (struct thread *)*found : NULL;
}

struct thread *thread_add(struct engine *e, pid_t tid, pid_t tgid)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tid = tid;
	t->tgid = tgid;
	if (!vec_grow((void **)&e->tids.items, &e->tids.cap, e->threads.num,
		      sizeof(*e->tids.items)) ||
	    !hmap_set(&e->threads, tid, (uint64_t)t) ||
	    (e->first && !hmap_set(&e->first->owners, tid, (uint64_t)e))) {
		hmap_remove(&e->threads, tid);
		free(t);
		return NULL;
	}
	e->shared->stats.num_threads = e->threads.num;
	return t;
}

void thread_remove(struct engine *e, struct thread *t)
{
	probes_abandon(e, t, 0);
	measure_abandon(e, t, 0);
	hmap_remove(&e->threads, t->tid);
	if (e->first)
		hmap_remove(&e->first->owners, t->tid);
	e->shared->stats.num_threads = e->threads.num;
	vec_deinit(&t->pending);
	vec_deinit(&t->measured);
	free(t);
}

void thread_continue(struct engine *e, struct thread *t, int sig)
{
	(void)e;
	t->is_stopped = false;
	t->hold = NOT_HELD;
	// ESRCH: killed meanwhile; its exit is reported by waitpid.
	ptrace(t->is_watching_maps || t->is_watching_exec ? PTRACE_SYSCALL : PTRACE_CONT, t->tid, 0,
	       sig);
}

bool thread_fetch(struct engine *e, struct thread *t)
{
	(void)e;
	_Static_assert(sizeof(struct arch_regs) == 27 * 8, "layout of PTRACE_GETREGS");
	return ptrace(PTRACE_GETREGS, t->tid, 0, &t->regs) == 0;
}

bool thread_set_pc(struct engine *e, struct thread *t, uint64_t pc)
{
	e->arch->set_pc(&t->regs, pc);
	return ptrace(PTRACE_POKEUSER, t->tid, e->arch->pc_offset, pc) == 0;
}

const pid_t *thread_list(struct engine *e, size_t *num_ret)
{
	size_t i, num = 0;

	for (i = 0; i < e->threads.cap; i++)
		if (e->threads.slots[i].key != HMAP_NO_KEY)
			e->tids.items[num++] = (pid_t)e->threads.slots[i].key;
	*num_ret = num;
	return e->tids.items;
}
