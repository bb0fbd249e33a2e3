// SPDX-License-Identifier: GPL-3.0-or-later
// A thread leaves the agent by itself, in a microsecond or so: it only has to be prevented from
// coming back, and from getting a signal on the way. While it is busy (agent_thread.is_busy) it
// runs to the upcall that it was asked for; before and after that it is stepped.
#include "config.h"

#include "trace/agent/inside.h"

#include "base/fault.h"
#include "base/log.h"
#include "trace/agent/process_agent.h"
#include "trace/code/breakpoints.h"
#include "trace/code/patch.h"
#include "trace/os/emit.h"
#include "trace/os/inject.h"
#include "trace/os/process.h"
#include "trace/os/stop.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"

#include <signal.h>
#include <sys/ptrace.h>

/** Stops that are enough: pad and look-ups are some hundred instructions. */
#define MAX_STOPS 5000

bool agent_is_at_upcall(const struct process *p, const struct thread *t)
{
	return p->agent && p->agent->upcall &&
	       arch_trap_addr(p->arch, &t->regs) == p->agent->upcall->addr;
}

static bool is_busy(const struct thread *t)
{
	return t->room && __atomic_load_n(&t->room->is_busy, __ATOMIC_ACQUIRE);
}

static bool is_in_code(struct process *p, const struct thread *t)
{
	uint64_t pc = p->arch->pc(&t->regs);

	return pc - p->agent->image < p->agent->layout->text_size || patch_is_pad(p, pc);
}

bool agent_is_inside(struct process *p, const struct thread *t)
{
	return p->agent && (is_busy(t) || is_in_code(p, t));
}

bool agent_forgive_fault(struct process *p, struct thread *t, int sig)
{
	const struct process_agent *a = p->agent;
	uint64_t pc = p->arch->pc(&t->regs);

	if (!a || (sig != SIGSEGV && sig != SIGBUS) || pc < agent_at(a, a->layout->load) ||
	    pc >= agent_at(a, a->layout->load_end))
		return false;
	return thread_set_pc(p, t, agent_at(a, a->layout->load_failed));
}

/** Signals that the kernel forces on a thread stay deliverable: blocked, they would reset their
 *  handlers. */
static uint64_t blocked_signals(void)
{
	static const int forced[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
	uint64_t ret = ~0ull;
	size_t i;

	for (i = 0; i < sizeof(forced) / sizeof(forced[0]); i++)
		ret &= ~(1ull << (forced[i] - 1));
	return ret;
}

int agent_wait_room(struct process *p)
{
	if (!p->agent_memory || p->is_agent_ring_spoilt ||
	    __atomic_load_n(&p->tracer->is_supervisor_gone, __ATOMIC_ACQUIRE))
		return AGENT_ORPHANED;
	emit_wait_agent_room(p);
	return AGENT_RETRY;
}

bool agent_is_putting(const struct process *p, const struct thread *t)
{
	return agent_is_at_upcall(p, t) && p->arch->arg(&t->regs, 0) == AGENT_UPCALL_FULL;
}

bool agent_may_stay(const struct process *p, const struct thread *t)
{
	return agent_is_at_upcall(p, t) && !agent_is_putting(p, t);
}

/** Answer that. */
static bool go_on_putting(struct process *p, struct thread *t)
{
	p->arch->set_result(&t->regs, (uint64_t)agent_wait_room(p));
	return thread_store(t);
}

/** A thread on its way out. */
struct way_out {
	/** Its signal mask, if that was changed. */
	uint64_t mask;
	bool is_masked;
	/** It must come into a group-stop. */
	bool has_stop;
	/** No upcall stops it any more. */
	bool is_off;
};

/** The kernel queues a signal again that is blocked when it is to be delivered. Only then: should
 *  we be killed, the mask stays. */
static bool put_back_signal(struct thread *t, struct way_out *way)
{
	uint64_t blocked = blocked_signals();

	if (way->is_masked)
		return true;
	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(way->mask), &way->mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(blocked), &blocked) < 0)
		return false;
	return way->is_masked = true;
}

/** Let t go on to its next stop. *sig goes back to the queue, and becomes what the stop is about to
 *  deliver. */
static enum inside_end go_on(struct process *p, struct thread *t, int *sig, struct way_out *way)
{
	bool is_working = is_busy(t) && !way->is_off;
	struct stop stop;

	if (is_working)
		__atomic_store_n(&t->room->want_exit, 1, __ATOMIC_RELEASE);
	if ((*sig && !put_back_signal(t, way)) ||
	    ptrace(is_working ? PTRACE_CONT : PTRACE_SINGLESTEP, t->tid, 0, *sig) < 0 ||
	    !inject_await(t, &stop) || !thread_fetch(t))
		return INSIDE_LOST;
	*sig = 0;
	way->has_stop |= stop.kind == STOP_GROUP;
	if (stop.kind != STOP_SIGNAL || agent_forgive_fault(p, t, stop.sig))
		return INSIDE_LEFT;
	*sig = stop.sig;
	return blocked_signals() >> (stop.sig - 1) & 1 ? INSIDE_LEFT : INSIDE_FAULT;
}

/** is_off: its code alone counts, which makes no system calls. A function of the allocator that it
 *  calls may wait for a lock whose owner we still hold, and is_busy is what the target says. */
static enum inside_end run_out(struct process *p, struct thread *t, int *sig, bool is_off)
{
	struct way_out way = {.is_off = is_off};
	enum inside_end end = INSIDE_LEFT;
	unsigned i;

	for (i = 0; i < MAX_STOPS && end == INSIDE_LEFT &&
		    (is_off ? is_in_code(p, t) : agent_is_inside(p, t));
	     i++) {
		if (!is_off && agent_is_putting(p, t) && !go_on_putting(p, t))
			end = INSIDE_LOST;
		else
			end = go_on(p, t, sig, &way);
		if (end == INSIDE_LEFT && !is_off && agent_may_stay(p, t))
			end = INSIDE_UPCALL;
	}
	if (i == MAX_STOPS) {
		log_debug("thread %d does not come out of the agent", (int)t->tid);
		end = INSIDE_LOST;
	}
	if (end != INSIDE_LOST)
		inject_stop_again(t, way.has_stop);
	if (way.is_masked && ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(way.mask), &way.mask) < 0)
		return INSIDE_LOST;
	return end;
}

enum inside_end agent_run_out(struct process *p, struct thread *t, int *sig)
{
	FAULT_POINT("agent-inside");
	return run_out(p, t, sig, false);
}

enum inside_end agent_step_out(struct process *p, struct thread *t, int *sig)
{
	if (!p->agent || !is_in_code(p, t))
		return INSIDE_LEFT;
	wait_consume(t->tid);
	return run_out(p, t, sig, true);
}
