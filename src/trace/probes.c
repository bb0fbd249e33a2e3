// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/fault.h"
#include "wire/probe.h"

#include <link.h>

/** A site is judged after this many hits; fewer than a quarter matched: it is planted for one
 *  return at a time. */
#define SITE_TRIAL 256
/** Results that stand for an error, as mmap's MAP_FAILED. */
#define MAX_ERRNO 4095

static const struct probe *probe_of(const struct engine *e, uint32_t index)
{
	return probe_at(e->user_probes, index);
}

static bool is_same_family(const struct engine *e, uint32_t a, uint32_t b)
{
	return probe_is_layered(probe_of(e, a)) == probe_is_layered(probe_of(e, b));
}

void probes_release_site(struct engine *e, uint64_t site)
{
	struct breakpoint *b = breakpoint_find(e, site);

	if (!b || !b->num_pending || --b->num_pending || !b->is_one_shot)
		return;
	if (b->roles == ROLE_SITE)
		breakpoint_unplant(e, b);
}

static void emit_take(struct engine *e, enum event_kind kind, const struct thread *t,
		      const struct pending *p)
{
	struct event_take *event = emit_begin(e, kind, sizeof(*event));

	if (!event)
		return;
	event->tid = t->tid;
	event->probe = p->probe;
	event->call = p->call;
	event->addr = p->ptr;
	emit_end(e, event);
}

void probes_abandon(struct engine *e, struct thread *t, size_t from)
{
	while (t->pending.num > from) {
		const struct pending *p = &t->pending.items[--t->pending.num];

		if (p->has_taken)
			emit_take(e, EVENT_ABANDON, t, p);
		probes_release_site(e, p->site);
		e->shared->stats.num_abandoned++;
	}
}

static void emit_alloc(struct engine *e, struct thread *t, const struct pending *p, uint64_t addr,
		       struct event_size usable)
{
	struct event_alloc *event = emit_begin(e, EVENT_ALLOC, sizeof(*event));

	if (!event)
		return;
	event->tid = t->tid;
	event->probe = p->probe;
	event->addr = addr;
	event->size = p->size;
	event->stack_hash = p->stack_hash;
	event->usable = usable;
	emit_end(e, event);
}

static void emit_realloc(struct engine *e, struct thread *t, const struct pending *p, uint64_t addr,
			 struct event_size usable)
{
	struct event_realloc *event = emit_begin(e, EVENT_REALLOC, sizeof(*event));

	if (!event)
		return;
	event->tid = t->tid;
	event->probe = p->probe;
	event->call = p->call;
	event->addr = addr;
	event->size = p->size;
	event->stack_hash = p->stack_hash;
	event->usable = usable;
	event->header.flags = p->has_older ? FREE_OLDER : 0;
	event->old = p->old;
	emit_end(e, event);
}

/** A realloc has returned addr, or NULL. */
static void finish_realloc(struct engine *e, struct thread *t, const struct pending *p,
			   uint64_t addr)
{
	struct event_size none = {0};

	if (addr) {
		emit_realloc(e, t, p, addr, usable_of_call(e, t, p, addr));
		return;
	}
	// glibc's realloc(p, 0) frees p and returns NULL; any other NULL is a failure that leaves p
	// alone.
	if (!p->size && p->has_older) {
		frees_emit(e, t, p->probe, p->ptr, &p->old);
	} else if (!p->size) {
		emit_take(e, EVENT_ABANDON, t, p);
	} else {
		emit_realloc(e, t, p, 0, none);
		if (p->was_live)
			frees_add_live(e, probe_of(e, p->probe), p->ptr);
	}
}

/** A call returns, at the stop at which t is. The block, or 0. */
static uint64_t finish_call(struct engine *e, struct thread *t, const struct pending *p)
{
	const struct probe *probe = probe_of(e, p->probe);
	uint64_t result = e->arch->result(&t->regs), addr = result;

	if (probe->kind == PROBE_ALLOC_OUT) {
		// The result is an int: the upper half of the register is undefined (psABI 3.2.3).
		if ((uint32_t)result != 0 || !memory_read(t->tid, p->ptr, &addr, sizeof(addr)))
			return 0;
	}
	if (addr >= -(uint64_t)MAX_ERRNO)
		addr = 0;
	if (p->has_taken)
		finish_realloc(e, t, p, addr);
	else if (addr)
		emit_alloc(e, t, p, addr, usable_of_call(e, t, p, addr));
	if (addr)
		frees_add_live(e, probe, addr);
	return addr;
}

/** A site was hit by the way. */
static void judge_site(struct engine *e, struct breakpoint *b)
{
	b->num_other++;
	if (b->num_matched + b->num_other < SITE_TRIAL)
		return;
	if (b->num_matched < b->num_other / 3)
		b->is_one_shot = true;
	b->num_matched /= 2;
	b->num_other /= 2;
	if (b->is_one_shot && !b->num_pending && b->roles == ROLE_SITE)
		breakpoint_unplant(e, b);
}

/** A return site was hit: of a pending call of this thread, or by the way. False: t runs, to come
 *  here again. */
static bool site_hit(struct engine *e, struct thread *t, struct breakpoint *b)
{
	uint64_t sp = e->arch->sp(&t->regs), addr = 0;
	struct pending last = {0};
	size_t i = t->pending.num;
	bool is_measured = measure_return(e, t, b), is_matched = false;

	while (i > 0) {
		i--;
		if (t->pending.items[i].sp != sp || t->pending.items[i].site != b->addr) {
			if (is_matched)
				break;
			continue;
		}
		if (!is_matched)
			probes_abandon(e, t, i + 1);
		b->num_matched++;
		// One of another family may have jumped to the end of its work: they return together.
		is_matched = true;
		last = t->pending.items[i];
		addr = finish_call(e, t, &last);
		t->pending.num--;
		probes_release_site(e, b->addr);
	}
	if (is_matched)
		return !usable_learn(e, t, b, &last, addr);
	if (is_measured) {
		b->num_matched++;
		return true;
	}
	judge_site(e, b);
	return true;
}

static bool is_in_module(const struct engine *e, uint64_t addr)
{
	size_t i;

	for (i = 0; i < e->modules.num; i++)
		if (addr >= e->modules.items[i].start && addr < e->modules.items[i].end)
			return true;
	return false;
}

struct breakpoint *probes_plant_site(struct engine *e, uint64_t addr)
{
	struct breakpoint *b = breakpoint_find(e, addr);

	if (b && b->is_planted && (b->roles & ROLE_SITE))
		return b;
	b = breakpoint_add(e, addr, ROLE_SITE);
	if (b && !b->num_matched && !b->num_other && !is_in_module(e, addr))
		b->is_one_shot = true;
	return b;
}

/** Is the entry of probe, at which t stands, a part of an earlier call of its family? */
static enum nesting nesting_in_pending(struct engine *e, struct thread *t, uint32_t probe)
{
	enum nesting nesting;
	size_t i;

	for (i = t->pending.num; i > 0; i--) {
		const struct pending *p = &t->pending.items[i - 1];

		nesting = stacks_nesting(e, t, p->site, p->sp);
		if (nesting == NESTING_NONE && i == t->pending.num)
			probes_abandon(e, t, i - 1);
		else if (nesting != NESTING_INSIDE || is_same_family(e, p->probe, probe))
			return nesting;
	}
	return NESTING_NONE;
}

static uint64_t requested_size(const struct engine *e, const struct thread *t,
			       const struct probe *probe)
{
	uint64_t size = 0;

	if (probe->size_arg != ARG_NONE)
		size = e->arch->arg(&t->regs, probe->size_arg);
	if (probe->factor_arg != ARG_NONE)
		size *= e->arch->arg(&t->regs, probe->factor_arg);
	return size;
}

/** An allocation begins. False: a row is missing, t is held; or t runs, to come here again. */
static bool alloc_entry(struct engine *e, struct thread *t, const struct breakpoint *b)
{
	const struct probe *probe = probe_of(e, b->probe);
	uint64_t sp = e->arch->sp(&t->regs);
	struct pending p = {
		.probe = b->probe,
		.sp = e->arch->sp_after_return(sp),
		.allocator = b->allocator,
	};
	struct breakpoint *site;

	if (!stacks_capture(e, t, &p.stack_hash, &p.site))
		return false;
	if (!p.site)
		return true;
	if (probe->ptr_arg != ARG_NONE)
		p.ptr = e->arch->arg(&t->regs, probe->ptr_arg);
	p.has_taken = probe->kind == PROBE_REALLOC && p.ptr;
	p.was_live = p.has_taken && addrset_has(&e->live, frees_key(probe, p.ptr));
	p.has_older = p.has_taken && !p.was_live && !e->is_heap_known;
	if (p.has_older && !usable_of_block(e, t, b, p.ptr, NULL, &p.old))
		return false;
	FAULT_POINT("walked");
	site = probes_plant_site(e, p.site);
	FAULT_POINT("site");
	if (!site || !vec_reserve_one(&t->pending)) {
		e->shared->stats.num_lost++;
		return true;
	}
	site->num_pending++;
	p.call = ++e->num_calls;
	p.size = requested_size(e, t, probe);
	if (p.has_taken) {
		addrset_remove(&e->live, frees_key(probe, p.ptr));
		emit_take(e, EVENT_TAKE, t, &p);
	}
	t->pending.items[t->pending.num++] = p;
	return true;
}

/** An allocator function is entered. False: as for alloc_entry(). */
static bool probe_hit(struct engine *e, struct thread *t, const struct breakpoint *b)
{
	if (probe_of(e, b->probe)->kind == PROBE_FREE && frees_live(e, t, b))
		return true;
	if (t->pending.num) {
		switch (nesting_in_pending(e, t, b->probe)) {
		case NESTING_INSIDE:
			return true;
		case NESTING_MISS:
			return false;
		default:
			break;
		}
	}
	if (probe_of(e, b->probe)->kind == PROBE_FREE)
		return frees_unknown(e, t, b);
	return alloc_entry(e, t, b);
}

/** A counted function is entered. True: everything pauses, t here. */
static bool call_hit(struct engine *e, struct thread *t, const struct breakpoint *b)
{
	struct event_call *event;

	if (b->call_id != e->call_id || !e->call_remaining || --e->call_remaining)
		return false;
	event = emit_begin(e, EVENT_CALL, sizeof(*event));
	if (!event)
		return false;
	event->tid = t->tid;
	event->id = b->call_id;
	emit_end_now(e, event);
	if (e->want_call_pause)
		t->hold = HELD_CALL;
	return e->is_paused = e->want_call_pause;
}

/** The instruction under the trap cannot be moved: the breakpoint goes, the thread goes on at
 *  its place. */
static void give_up(struct engine *e, struct thread *t, struct breakpoint *b)
{
	breakpoint_unplant(e, b);
	if (b->roles & ROLE_SITE)
		e->shared->stats.num_lost++;
	if (b->roles & ~ROLE_SITE)
		emit_note(e,
			  "the breakpoint at %#llx was taken out: its instruction cannot be moved",
			  (unsigned long long)b->addr);
	b->roles = 0;
	if (thread_set_pc(e, t, b->addr))
		thread_continue(e, t, 0);
}

void probes_resume_past(struct engine *e, struct thread *t, struct breakpoint *b)
{
	uint64_t pc;

	// The byte may be back already: a one-shot site that has just returned.
	if (!b->is_planted)
		pc = b->addr;
	else
		pc = displaced_resume_pc(e, t, b);
	if (b->roles == ROLE_SITE && FAULT_FAILS("displace"))
		pc = 0;
	if (!pc && b->roles == ROLE_SITE) {
		if (displaced_step_over(e, t, b))
			thread_continue(e, t, 0);
		return;
	}
	if (!pc) {
		give_up(e, t, b);
		return;
	}
	if (thread_set_pc(e, t, pc))
		thread_continue(e, t, 0);
	FAULT_POINT("resumed");
}

/** The dynamic linker comes by before it changes its list, too: a hold there would be for nothing. */
static bool is_linking(const struct engine *e, const struct thread *t)
{
	uint32_t state;

	return e->link_state && memory_read(t->tid, e->link_state, &state, sizeof(state)) &&
	       state != RT_CONSISTENT;
}

void probes_hit(struct engine *e, struct thread *t, struct breakpoint *b, bool is_retry)
{
	// Taken out while this thread was on its way here.
	if (!b->is_planted || !e->is_tracing) {
		if (thread_set_pc(e, t, b->addr))
			thread_continue(e, t, 0);
		return;
	}
	if (!is_retry && displaced_is_undone(e, t, b)) {
		probes_resume_past(e, t, b);
		return;
	}
	if (usable_is_back(e, t, b)) {
		is_retry = true;
		if (b->roles == ROLE_SITE)
			usable_learned(e, t);
	}
	if (!is_retry) {
		if (b->roles & ROLE_SITE && !site_hit(e, t, b))
			return;
		if (b->roles & PLANT_MEASURE)
			measure_enter(e, t, b);
		if (b->roles & PLANT_CALL && call_hit(e, t, b))
			return;
		if (b->roles & PLANT_PROBE && b->hit_slot < SHARED_MAX_HITS)
			e->shared->stats.hits[b->hit_slot]++;
		if (b->roles & PLANT_RENDEZVOUS && !is_linking(e, t)) {
			t->hold = HELD_RENDEZVOUS;
			emit_thread(e, EVENT_MODULES, t->tid);
			return;
		}
	}
	if (b->roles & PLANT_PROBE && !probe_hit(e, t, b))
		return;
	probes_resume_past(e, t, b);
}
