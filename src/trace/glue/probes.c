// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/probes.h"

#include "base/fault.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/resume.h"
#include "trace/glue/frees.h"
#include "trace/glue/measure.h"
#include "trace/glue/returns.h"
#include "trace/glue/stacks.h"
#include "trace/glue/usable.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/probe.h"

#include <link.h>

/** Results that stand for an error, as mmap's MAP_FAILED. */
#define MAX_ERRNO 4095

static const struct probe *probe_of(const struct process *p, uint32_t index)
{
	return probe_at(p->user_probes, index);
}

static bool is_same_family(const struct process *p, uint32_t a, uint32_t b)
{
	return probe_is_layered(probe_of(p, a)) == probe_is_layered(probe_of(p, b));
}

static void emit_take(struct process *p, const struct thread *t, const struct pending *call)
{
	struct event_take *event = emit_begin(p, EVENT_TAKE, sizeof(*event));

	if (!event)
		return;
	event->tid = t->tid;
	event->probe = call->probe;
	event->call = call->call;
	event->addr = call->ptr;
	emit_end(p, event);
}

/** The taken block is gone, and nothing has come for it. */
static void emit_abandon(struct process *p, const struct thread *t, const struct pending *call)
{
	struct event_abandon *event = emit_begin(p, EVENT_ABANDON, sizeof(*event));

	if (!event)
		return;
	event->header.flags = call->has_older ? FREE_OLDER : 0;
	event->tid = t->tid;
	event->probe = call->probe;
	event->call = call->call;
	event->old = call->old;
	emit_end(p, event);
}

/** Drop pending calls from index on: their threads have left them. */
static void abandon(struct process *p, struct thread *t, size_t from)
{
	while (t->pending.num > from) {
		const struct pending *call = &t->pending.items[--t->pending.num];

		if (call->has_taken)
			emit_abandon(p, t, call);
		returns_release(p, call->site);
		p->shared->stats.num_abandoned++;
	}
}

static void emit_alloc(struct process *p, struct thread *t, const struct pending *call,
		       uint64_t addr, struct event_size usable)
{
	struct event_alloc *event = emit_begin(p, EVENT_ALLOC, sizeof(*event));

	if (!event)
		return;
	event->tid = t->tid;
	event->probe = call->probe;
	event->addr = addr;
	event->size = call->size;
	event->stack_hash = call->stack_hash;
	event->usable = usable;
	emit_end(p, event);
}

static void emit_realloc(struct process *p, struct thread *t, const struct pending *call,
			 uint64_t addr, struct event_size usable)
{
	struct event_realloc *event = emit_begin(p, EVENT_REALLOC, sizeof(*event));

	if (!event)
		return;
	event->tid = t->tid;
	event->probe = call->probe;
	event->call = call->call;
	event->addr = addr;
	event->size = call->size;
	event->stack_hash = call->stack_hash;
	event->usable = usable;
	event->header.flags = call->has_older ? FREE_OLDER : 0;
	event->old = call->old;
	emit_end(p, event);
}

/** A realloc has returned addr, or NULL. */
static void finish_realloc(struct process *p, struct thread *t, const struct pending *call,
			   uint64_t addr)
{
	struct event_size none = {0};

	if (addr) {
		emit_realloc(p, t, call, addr, usable_of_call(p, t, call, addr));
		return;
	}
	// glibc's realloc(p, 0) frees p and returns NULL; any other NULL is a failure that leaves p
	// alone.
	if (!call->size) {
		emit_abandon(p, t, call);
	} else {
		emit_realloc(p, t, call, 0, none);
		if (call->was_live)
			frees_add_live(p, probe_of(p, call->probe), call->ptr);
	}
}

/** A call returns, at the stop at which t is. The block, or 0. */
static uint64_t finish_call(struct process *p, struct thread *t, const struct pending *call)
{
	const struct probe *probe = probe_of(p, call->probe);
	uint64_t result = p->arch->result(&t->regs), addr = result;

	if (probe->kind == PROBE_ALLOC_OUT) {
		// The result is an int: the upper half of the register is undefined (psABI 3.2.3).
		if ((uint32_t)result != 0 || !memory_read(t->tid, call->ptr, &addr, sizeof(addr)))
			return 0;
	}
	if (addr >= -(uint64_t)MAX_ERRNO)
		addr = 0;
	if (call->has_taken)
		finish_realloc(p, t, call, addr);
	else if (addr)
		emit_alloc(p, t, call, addr, usable_of_call(p, t, call, addr));
	if (addr)
		frees_add_live(p, probe, addr);
	return addr;
}

/** A return breakpoint was hit: of a pending call of this thread, or by the way. False: t runs, to come
 *  here again. */
static bool return_hit(struct process *p, struct thread *t, struct breakpoint *b)
{
	uint64_t sp = p->arch->sp(&t->regs), addr = 0;
	struct pending last = {0};
	size_t i = t->pending.num;
	bool is_measured = measure_return(p, t, b), is_matched = false;

	while (i > 0) {
		i--;
		if (t->pending.items[i].sp != sp || t->pending.items[i].site != b->addr) {
			if (is_matched)
				break;
			continue;
		}
		if (!is_matched)
			abandon(p, t, i + 1);
		b->num_matched++;
		// One of another family may have jumped to the end of its work: they return together.
		is_matched = true;
		last = t->pending.items[i];
		addr = finish_call(p, t, &last);
		t->pending.num--;
		returns_release(p, b->addr);
	}
	if (is_matched)
		return !usable_learn(p, t, b, &last, addr);
	if (is_measured) {
		b->num_matched++;
		return true;
	}
	returns_judge(p, b);
	return true;
}

/** Is the entry of probe, at which t stands, a part of an earlier call of its family? */
static enum nesting nesting_in_pending(struct process *p, struct thread *t, uint32_t probe)
{
	enum nesting nesting;
	size_t i;

	for (i = t->pending.num; i > 0; i--) {
		const struct pending *call = &t->pending.items[i - 1];

		nesting = stacks_nesting(p, t, call->site, call->sp);
		if (nesting == NESTING_NONE && i == t->pending.num)
			abandon(p, t, i - 1);
		else if (nesting != NESTING_INSIDE || is_same_family(p, call->probe, probe))
			return nesting;
	}
	return NESTING_NONE;
}

static uint64_t requested_size(const struct process *p, const struct thread *t,
			       const struct probe *probe)
{
	uint64_t size = 0;

	if (probe->size_arg != ARG_NONE)
		size = p->arch->arg(&t->regs, probe->size_arg);
	if (probe->factor_arg != ARG_NONE)
		size *= p->arch->arg(&t->regs, probe->factor_arg);
	return size;
}

/** An allocation begins. False: a row is missing, t is held; or t runs, to come here again. */
static bool alloc_entry(struct process *p, struct thread *t, const struct breakpoint *b)
{
	const struct probe *probe = probe_of(p, b->probe);
	uint64_t sp = p->arch->sp(&t->regs);
	struct pending call = {
		.probe = b->probe,
		.sp = sp + p->arch->unwind->call_size,
		.allocator = b->allocator,
	};
	struct breakpoint *site;

	if (!stacks_capture(p, t, &call.stack_hash, &call.site))
		return false;
	if (!call.site)
		return true;
	if (probe->ptr_arg != ARG_NONE)
		call.ptr = p->arch->arg(&t->regs, probe->ptr_arg);
	call.has_taken = probe->kind == PROBE_REALLOC && call.ptr;
	call.was_live = call.has_taken && addrset_has(&p->live, frees_key(probe, call.ptr));
	call.has_older = call.has_taken && !call.was_live && !p->is_heap_known;
	if (call.has_older && !usable_of_block(p, t, b, call.ptr, NULL, &call.old))
		return false;
	FAULT_POINT("walked");
	site = returns_plant(p, call.site);
	FAULT_POINT("site");
	if (!site || !vec_reserve_one(&t->pending)) {
		p->shared->stats.num_lost++;
		return true;
	}
	site->num_pending++;
	call.call = ++p->num_calls;
	call.size = requested_size(p, t, probe);
	if (call.has_taken) {
		addrset_remove(&p->live, frees_key(probe, call.ptr));
		emit_take(p, t, &call);
	}
	t->pending.items[t->pending.num++] = call;
	return true;
}

/** An allocator function is entered. False: as for alloc_entry(). */
static bool probe_hit(struct process *p, struct thread *t, const struct breakpoint *b)
{
	if (probe_of(p, b->probe)->kind == PROBE_FREE && frees_live(p, t, b))
		return true;
	if (t->pending.num) {
		switch (nesting_in_pending(p, t, b->probe)) {
		case NESTING_INSIDE:
			return true;
		case NESTING_MISS:
			return false;
		default:
			break;
		}
	}
	if (probe_of(p, b->probe)->kind == PROBE_FREE)
		return frees_unknown(p, t, b);
	return alloc_entry(p, t, b);
}

/** A counted function is entered. True: everything pauses, t here. */
static bool call_hit(struct process *p, struct thread *t, const struct breakpoint *b)
{
	struct event_call *event;

	if (b->call_id != p->call_id || !p->call_remaining || --p->call_remaining)
		return false;
	event = emit_begin(p, EVENT_CALL, sizeof(*event));
	if (!event)
		return false;
	event->tid = t->tid;
	event->id = b->call_id;
	emit_end_now(p, event);
	if (p->want_call_pause)
		t->hold = HELD_CALL;
	return p->is_paused = p->want_call_pause;
}

/** The instruction under the trap cannot be moved: the breakpoint goes, the thread goes on at
 *  its place. */
static void give_up(struct process *p, struct thread *t, struct breakpoint *b)
{
	breakpoint_unplant(p, b);
	if (b->roles & ROLE_RETURN)
		p->shared->stats.num_lost++;
	if (b->roles & ~ROLE_RETURN)
		emit_note(p,
			  "the breakpoint at %#llx was taken out: its instruction cannot be moved",
			  (unsigned long long)b->addr);
	b->roles = 0;
	if (thread_set_pc(p, t, b->addr))
		thread_continue(t, 0);
}

void probes_resume_past(struct process *p, struct thread *t, struct breakpoint *b)
{
	uint64_t pc;

	// The byte may be back already: a one-shot return breakpoint that has just returned.
	if (!b->is_planted)
		pc = b->addr;
	else
		pc = resume_pc(p, t, b);
	if (b->roles == ROLE_RETURN && FAULT_FAILS("displace"))
		pc = 0;
	if (!pc && b->roles == ROLE_RETURN) {
		if (resume_step_over(p, t, b))
			thread_continue(t, 0);
		return;
	}
	if (!pc) {
		give_up(p, t, b);
		return;
	}
	if (thread_set_pc(p, t, pc))
		thread_continue(t, 0);
	FAULT_POINT("resumed");
}

/** The dynamic linker comes by before it changes its list, too: a hold there would be for nothing. */
static bool is_linking(const struct process *p, const struct thread *t)
{
	uint32_t state;

	return p->link_state && memory_read(t->tid, p->link_state, &state, sizeof(state)) &&
	       state != RT_CONSISTENT;
}

void probes_hit(struct process *p, struct thread *t, struct breakpoint *b, bool is_retry)
{
	// Taken out while this thread was on its way here.
	if (!b->is_planted || !p->is_tracing) {
		if (thread_set_pc(p, t, b->addr))
			thread_continue(t, 0);
		return;
	}
	if (!is_retry && displaced_is_rewound(p, t, b)) {
		probes_resume_past(p, t, b);
		return;
	}
	if (usable_is_back(p, t, b)) {
		is_retry = true;
		if (b->roles == ROLE_RETURN)
			usable_learned(p, t);
	}
	if (!is_retry) {
		if (b->roles & ROLE_RETURN && !return_hit(p, t, b))
			return;
		if (b->roles & PLANT_MEASURE)
			measure_enter(p, t, b);
		if (b->roles & PLANT_CALL && call_hit(p, t, b))
			return;
		if (b->roles & PLANT_PROBE && b->hit_slot < SHARED_MAX_HITS)
			p->shared->stats.hits[b->hit_slot]++;
		if (b->roles & PLANT_RENDEZVOUS && !is_linking(p, t)) {
			t->hold = HELD_RENDEZVOUS;
			emit_thread(p, EVENT_MODULES, t->tid);
			return;
		}
	}
	if (b->roles & PLANT_PROBE && !probe_hit(p, t, b))
		return;
	probes_resume_past(p, t, b);
}

void probes_forget_calls(struct process *p, struct thread *t)
{
	abandon(p, t, 0);
	measure_abandon(p, t, 0);
	frees_forget(t);
	usable_forget(t);
}

void probes_remove_thread(struct process *p, struct thread *t)
{
	probes_forget_calls(p, t);
	thread_remove(p, t);
}
