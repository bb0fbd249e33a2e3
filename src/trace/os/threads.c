// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/threads.h"

#include "base/clock.h"
#include "base/vec.h"
#include "trace/engine.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

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
	probes_abandon(p, t, 0);
	measure_abandon(p, t, 0);
	if (p->last_thread == t)
		p->last_thread = NULL;
	hmap_remove(&p->threads, t->tid);
	hmap_remove(&p->tracer->owners, t->tid);
	p->shared->stats.num_threads = p->threads.num;
	vec_deinit(&t->pending);
	vec_deinit(&t->measured);
	free(t);
}

void thread_continue(struct process *p, struct thread *t, int sig)
{
	(void)p;
	t->is_stopped = false;
	t->hold = NOT_HELD;
	t->parked_pc = 0;
	// ESRCH: killed meanwhile; its exit is reported by waitpid.
	ptrace(t->is_watching_maps || t->is_watching_exec || t->is_led ? PTRACE_SYSCALL
								       : PTRACE_CONT,
	       t->tid, 0, sig);
}

struct put_off {
	pid_t tid;
	int status;
};

/** Results of waitpid() that have not been acted on, of all processes that we trace. */
static VEC(struct put_off) put_off;

pid_t thread_wait(int *status_ret, int flags)
{
	struct put_off first;

	if (!put_off.num)
		return stops_wait(flags, status_ret);
	first = vec_shift(&put_off);
	*status_ret = first.status;
	return first.tid;
}

bool thread_await(struct thread *t, uint64_t timeout_ns)
{
	uint64_t deadline = clock_now_ns() + timeout_ns;
	const struct timespec pause = {.tv_nsec = 20000};
	struct put_off stop = {.tid = t->tid};
	pid_t got;

	// Room first: a stop that is forgotten would be one for ever.
	if (!vec_reserve_one(&put_off))
		return false;
	for (;;) {
		got = waitpid(t->tid, &stop.status, __WALL | WNOHANG);
		if (got == t->tid)
			break;
		if ((got < 0 && errno != EINTR) || clock_now_ns() > deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	put_off.items[put_off.num++] = stop;
	t->is_stopped = WIFSTOPPED(stop.status);
	return t->is_stopped;
}

bool thread_fetch(struct process *p, struct thread *t)
{
	(void)p;
	t->parked_pc = 0;
	_Static_assert(sizeof(struct arch_regs) == 27 * 8, "layout of PTRACE_GETREGS");
	return ptrace(PTRACE_GETREGS, t->tid, 0, &t->regs) == 0;
}

bool thread_park(struct process *p, struct thread *t, uint64_t pc)
{
	t->parked_pc = pc;
	return ptrace(PTRACE_POKEUSER, t->tid, p->arch->pc_offset, pc) == 0;
}

bool thread_set_pc(struct process *p, struct thread *t, uint64_t pc)
{
	bool is_there = t->parked_pc == pc;

	p->arch->set_pc(&t->regs, pc);
	t->parked_pc = 0;
	return is_there || ptrace(PTRACE_POKEUSER, t->tid, p->arch->pc_offset, pc) == 0;
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
