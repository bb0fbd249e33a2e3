// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of allocator functions between entry and return. A realloc takes its old block out at the
// entry, since another thread may get that address before the realloc returns.
#include "config.h"

#include "capture/internal.h"
#include "capture/usable.h"

/** Results that stand for an error, as mmap's MAP_FAILED. */
#define MAX_ERRNO 4095

static void emit_take(struct capture *c, const struct capture_pending *p)
{
	struct event_take *event = c->ops->emit_begin(c->owner, EVENT_TAKE, sizeof(*event));

	if (!event)
		return;
	event->tid = c->thread->tid;
	event->probe = p->probe;
	event->call = p->call;
	event->addr = p->ptr;
	c->ops->emit_end(c->owner, event, NULL, 0);
}

/** The taken block is gone, and nothing has come for it. */
static void emit_abandon(struct capture *c, const struct capture_pending *p)
{
	struct event_abandon *event = c->ops->emit_begin(c->owner, EVENT_ABANDON, sizeof(*event));

	if (!event)
		return;
	event->header.flags = p->has_older ? FREE_OLDER : 0;
	event->tid = c->thread->tid;
	event->probe = p->probe;
	event->call = p->call;
	event->old = p->old;
	c->ops->emit_end(c->owner, event, NULL, 0);
}

/** For the estimate of older blocks, or the pool. */
static struct event_size size_of_new(struct capture *c, const struct capture_pending *p,
				     uint64_t addr)
{
	// Of the user's allocators no size is known.
	if (p->pool)
		return (struct event_size){.usable = p->pool};
	return c->process->sample_rate ? (struct event_size){0}
				       : c->ops->size_of_new(c->owner, p, addr);
}

static void emit_alloc(struct capture *c, const struct capture_pending *p, uint64_t addr)
{
	struct event_size usable = size_of_new(c, p, addr);
	struct event_alloc *event = c->ops->emit_begin(c->owner, EVENT_ALLOC, sizeof(*event));

	if (!event)
		return;
	event->header.flags = p->pool ? ALLOC_POOL : 0;
	event->tid = c->thread->tid;
	event->probe = p->probe;
	event->addr = addr;
	event->size = p->size;
	event->stack_hash = p->stack_hash;
	event->usable = usable;
	c->ops->emit_end(c->owner, event, NULL, 0);
}

/** addr 0: the realloc has failed. */
static void emit_realloc(struct capture *c, const struct capture_pending *p, uint64_t addr)
{
	struct event_size usable = {0};
	struct event_realloc *event;

	if (addr)
		usable = size_of_new(c, p, addr);
	event = c->ops->emit_begin(c->owner, EVENT_REALLOC, sizeof(*event));
	if (!event)
		return;
	event->header.flags = (p->has_older ? FREE_OLDER : 0) | (addr && p->pool ? ALLOC_POOL : 0);
	event->tid = c->thread->tid;
	event->probe = p->probe;
	event->call = p->call;
	event->addr = addr;
	event->size = p->size;
	event->stack_hash = p->stack_hash;
	event->usable = usable;
	event->old = p->old;
	c->ops->emit_end(c->owner, event, NULL, 0);
}

static void disarm(struct capture *c, const struct capture_pending *p)
{
	if (!p->is_exchanged)
		c->ops->disarm(c->owner, p->return_addr);
}

void capture_abandon(struct capture *c, uint32_t from)
{
	const struct capture_pending *p;

	while (c->thread->num_pending > from) {
		p = &c->pending[--c->thread->num_pending];
		if (p->has_taken)
			emit_abandon(c, p);
		disarm(c, p);
		c->ops->count(c->owner, CAPTURE_ABANDONED);
	}
}

/** A realloc has returned addr, or NULL. */
static void finish_realloc(struct capture *c, const struct capture_pending *p, uint64_t addr)
{
	// glibc's realloc(p, 0) frees p and returns NULL; any other NULL is a failure that leaves p
	// alone.
	if (addr ? p->is_unsampled : !p->size) {
		emit_abandon(c, p);
		return;
	}
	emit_realloc(c, p, addr);
	if (!addr && p->was_live)
		c->ops->live_add(c->owner, capture_key(p->is_layered, p->ptr));
}

/** The block that a call returns; 0: it has failed. */
static uint64_t result_of(struct capture *c, const struct capture_pending *p, uint64_t result)
{
	uint64_t addr = result;

	if (p->kind == PROBE_ALLOC_OUT) {
		// An int: the upper half of the register is undefined.
		if ((uint32_t)result != 0 || !c->ops->read_word(c->owner, p->ptr, &addr))
			return 0;
	}
	return addr >= -(uint64_t)MAX_ERRNO ? 0 : addr;
}

static void finish_call(struct capture *c, const struct capture_pending *p, uint64_t addr)
{
	// Who sees the record may free the block, and then the stamp must be another one.
	if (addr && !p->is_unsampled)
		c->ops->live_add(c->owner, capture_key(p->is_layered, addr));
	if (p->has_taken)
		finish_realloc(c, p, addr);
	else if (addr)
		emit_alloc(c, p, addr);
}

/** The pending calls that return at that place, of which one may have jumped to the end of its work
 *  for another of the other family: they return together. */
static enum capture_result return_pending(struct capture *c, const struct capture_return *at,
					  struct capture_returned *ret)
{
	uint32_t i = c->thread->num_pending;
	const struct capture_pending *p;
	uint64_t block;

	while (i > 0) {
		i--;
		p = &c->pending[i];
		if (p->sp != at->sp || p->return_addr != at->addr)
			continue;
		block = result_of(c, p, at->result);
		if (c->needs_slow)
			return CAPTURE_SLOW;
		capture_abandon(c, i + 1);
		finish_call(c, p, block);
		c->thread->num_pending = i;
		disarm(c, p);
		ret->num_calls++;
		ret->last = p;
		ret->block = block;
	}
	return CAPTURE_DONE;
}

enum capture_result capture_return(struct capture *c, const struct capture_return *at,
				   struct capture_returned *ret)
{
	ret->is_measured |= capture_measured_return(c, at);
	return return_pending(c, at, ret);
}

uint64_t capture_requested_size(struct capture *c, const struct capture_entry *at)
{
	const struct probe *probe = at->probe;
	uint64_t size = 0;

	if (probe->size_arg != ARG_NONE)
		size = c->ops->arg(c->owner, probe->size_arg);
	if (probe->factor_arg != ARG_NONE)
		size *= c->ops->arg(c->owner, probe->factor_arg);
	return size;
}

/** The call that is entered, in the table's first free place. It is not pending before begin(). It
 *  is made where it stays: a copy would wait for what was just written in smaller pieces. NULL:
 *  there is no room. */
static struct capture_pending *new_call(struct capture *c, const struct capture_entry *at)
{
	const struct probe *probe = at->probe;
	struct capture_pending *p;

	if (c->thread->num_pending == c->pending_cap &&
	    !c->ops->grow(c->owner, CAPTURE_TABLE_PENDING))
		return NULL;
	p = &c->pending[c->thread->num_pending];
	p->call = 0;
	p->sp = capture_sp_after(c, at->regs[WALK_SP]);
	p->return_addr = 0;
	p->probe = at->probe_id;
	p->allocator = at->allocator;
	p->kind = probe->kind;
	p->is_layered = probe_is_layered(probe);
	p->size = capture_requested_size(c, at);
	p->pool = probe->pool ? c->ops->arg(c->owner, probe->pool - 1u) : 0;
	p->ptr = probe->ptr_arg != ARG_NONE ? c->ops->arg(c->owner, probe->ptr_arg) : 0;
	p->has_taken = probe->kind == PROBE_REALLOC && p->ptr;
	p->was_live =
		p->has_taken && c->ops->live_has(c->owner, capture_key(p->is_layered, p->ptr));
	p->has_older = p->has_taken && !p->was_live && capture_has_older(c->process);
	// What was not sampled is nobody's.
	if (c->process->sample_rate && !c->process->is_live_unknown)
		p->has_taken = p->was_live;
	p->is_exchanged = c->is_exchanging;
	p->is_typical = usable_is_typical(probe, p->size);
	p->is_unsampled = false;
	p->old = (struct event_size){0};
	p->stack_hash = 0;
	return p;
}

/** The call of new_call() is pending, and its return arranged. CAPTURE_DONE or _SLOW. */
static enum capture_result begin(struct capture *c, struct capture_pending *p)
{
	if (!c->ops->arm(c->owner, p->return_addr))
		return CAPTURE_SLOW;
	if (p->has_taken) {
		p->call = __atomic_add_fetch(&c->process->num_calls, 1, __ATOMIC_RELAXED);
		c->ops->live_take(c->owner, capture_key(p->is_layered, p->ptr));
		emit_take(c, p);
	}
	c->thread->num_pending++;
	return CAPTURE_DONE;
}

enum capture_result capture_alloc_enter(struct capture *c, const struct capture_entry *at)
{
	struct capture_pending *p;
	enum capture_result result;
	uint64_t hash = 0, return_addr;

	result = capture_stack(c, at, &hash, &return_addr);
	// Without a return address the stack alone is told of.
	if (result != CAPTURE_DONE || !return_addr)
		return result;
	p = new_call(c, at);
	if (!p)
		return CAPTURE_SLOW;
	p->stack_hash = hash;
	p->return_addr = return_addr;
	if (p->has_older) {
		result = c->ops->size_of_older(c->owner, at, p->ptr, NULL, &p->old);
		if (result != CAPTURE_DONE)
			return result;
	}
	return begin(c, p);
}

enum capture_result capture_realloc_unsampled(struct capture *c, const struct capture_entry *at,
					      bool *has_taken_ret)
{
	struct capture_pending *p;

	*has_taken_ret = false;
	if (at->probe->kind != PROBE_REALLOC)
		return CAPTURE_DONE;
	p = new_call(c, at);
	if (!p)
		return CAPTURE_SLOW;
	p->is_unsampled = true;
	if (!p->has_taken)
		return CAPTURE_DONE;
	// Without a return address nobody will know whether the block was freed: it stays.
	if (!capture_return_addr(c, at, &p->return_addr))
		return c->needs_slow ? CAPTURE_SLOW : CAPTURE_DONE;
	*has_taken_ret = true;
	return begin(c, p);
}
