// SPDX-License-Identifier: GPL-3.0-or-later
// Allocations that are not sampled. They get no pending call, since nothing must be known of their
// returns. But what they call is a part of them: operator new calls malloc, and if both could be
// sampled, a block of new would have two chances. So they are remembered by the place of their
// return address, which tells at the next entry whether it is inside.
//
// A jump from function to function (new[] -> new) looks like a second call from the same place:
// both find the same return address at the same stack pointer. Another function that asks for as
// much, or little more, is taken for a jump. A program that calls two allocators by turns through
// one pointer, with equal sizes, is misjudged: of two calls one has a chance.
#include "config.h"

#include "capture/internal.h"

/** A function that jumps to another one asks it for so much more at most (pvalloc() for whole
 *  pages). */
#define JUMP_MORE 4096

static bool is_same_allocation(const struct capture_passed *p, uint64_t entry, uint64_t size)
{
	uint32_t i;

	if (size - p->size > JUMP_MORE || p->num_entries == CAPTURE_PASSED_ENTRIES)
		return false;
	for (i = 0; i < p->num_entries; i++)
		if (p->entries[i] == entry)
			return false;
	return true;
}

/** Does the entry at the place of that call come from it by a jump? Otherwise the call is over. */
static enum capture_nesting nesting_at_place(struct capture *c, const struct capture_entry *at,
					     struct capture_passed *p, uint64_t size)
{
	uint64_t return_addr;

	if (!capture_return_addr(c, at, &return_addr))
		return c->needs_slow ? NESTING_SLOW : NESTING_NONE;
	if (return_addr != p->return_addr)
		return NESTING_NONE;
	// It may go on, if it has jumped to an allocator below it.
	if (p->is_layered != probe_is_layered(at->probe))
		return NESTING_INSIDE;
	if (!is_same_allocation(p, at->addr, size))
		return NESTING_NONE;
	p->entries[p->num_entries++] = at->addr;
	return NESTING_INSIDE;
}

/** Is the entry a part of a call that was not sampled? Calls that are over are forgotten. */
static enum capture_nesting nesting_in_passed(struct capture *c, const struct capture_entry *at,
					      uint64_t size)
{
	uint64_t sp = capture_sp_after(c, at->regs[WALK_SP]);
	enum capture_nesting nesting;
	struct capture_passed *p;
	size_t i;

	for (i = 0; i < CAPTURE_PASSED; i++) {
		p = &c->thread->passed[i];
		// Above it is no call of it, though it may go on, below a handler with a stack of
		// its own.
		if (!p->sp || sp > p->sp)
			continue;
		nesting = sp == p->sp ? nesting_at_place(c, at, p, size)
				      : capture_nesting(c, at, p->return_addr, p->sp);
		if (nesting == NESTING_NONE)
			p->sp = 0;
		else if (nesting != NESTING_HANDLER &&
			 (nesting != NESTING_INSIDE ||
			  p->is_layered == probe_is_layered(at->probe)))
			return nesting;
	}
	return NESTING_NONE;
}

/** Where a call with stack pointer sp is remembered: best in the place of one that is over. */
static struct capture_passed *place_for(struct capture_thread *t, uint64_t sp)
{
	struct capture_passed *returned = NULL;
	size_t i;

	for (i = 0; i < CAPTURE_PASSED; i++) {
		if (!t->passed[i].sp)
			return &t->passed[i];
		if (t->passed[i].sp < sp)
			returned = &t->passed[i];
	}
	return returned ? returned : &t->passed[t->next_passed++ % CAPTURE_PASSED];
}

static enum capture_result pass(struct capture *c, const struct capture_entry *at, uint64_t size)
{
	uint64_t sp = capture_sp_after(c, at->regs[WALK_SP]), return_addr;
	struct capture_thread *t = c->thread;
	enum capture_result result;
	bool has_taken;

	// A pending call is found by itself.
	result = capture_realloc_unsampled(c, at, &has_taken);
	if (result != CAPTURE_DONE)
		return result;
	if (!has_taken && capture_return_addr(c, at, &return_addr))
		*place_for(t, sp) = (struct capture_passed){
			.sp = sp,
			.return_addr = return_addr,
			.size = size,
			.entries = {at->addr},
			.num_entries = 1,
			.is_layered = probe_is_layered(at->probe),
		};
	if (c->needs_slow)
		return CAPTURE_SLOW;
	capture_sampler_pass(&t->sampler, size);
	return CAPTURE_DONE;
}

enum capture_result capture_alloc_sample(struct capture *c, const struct capture_entry *at)
{
	uint64_t size = capture_requested_size(c, at), rate = c->process->sample_rate;
	struct capture_sampler *sampler = &c->thread->sampler;
	enum capture_result result;

	switch (nesting_in_passed(c, at, size)) {
	case NESTING_INSIDE:
		return CAPTURE_DONE;
	case NESTING_MISS:
		return CAPTURE_MISS;
	case NESTING_SLOW:
		return CAPTURE_SLOW;
	default:
		break;
	}
	if (!sampler->distance)
		capture_sampler_begin(
			sampler, rate,
			c->process->sample_seed +
				__atomic_add_fetch(&c->process->num_samplers, 1, __ATOMIC_RELAXED));
	if (!capture_sampler_hits(sampler, size))
		return pass(c, at, size);
	// Whoever comes again because of a miss finds the same point.
	result = capture_alloc_enter(c, at);
	if (result == CAPTURE_DONE)
		capture_sampler_draw(sampler, rate);
	return result;
}

/** Is that call over, as far as a look at its return address tells? */
static bool is_over(const struct capture_passed *p, const struct capture_passed *now,
		    bool (*read)(uint64_t addr, uint64_t *ret), uint64_t return_place)
{
	uint64_t word;

	if (p->sp == now->sp)
		return p->return_addr != now->return_addr ||
		       (p->is_layered == now->is_layered &&
			!is_same_allocation(p, now->entries[0], now->size));
	return read(return_place, &word) && word != p->return_addr;
}

bool capture_pass_at_once(struct capture_thread *t, const struct arch_unwind *arch,
			  const struct capture_passed *now,
			  bool (*read)(uint64_t addr, uint64_t *ret))
{
	struct capture_passed *p, *place = NULL;
	uint64_t return_place;

	if (capture_sampler_hits(&t->sampler, now->size))
		return false;
	for (p = t->passed; p < t->passed + CAPTURE_PASSED; p++) {
		if (p->sp && now->sp <= p->sp) {
			if (!arch_return_place(arch, p->sp, &return_place) ||
			    !is_over(p, now, read, return_place))
				return false;
			p->sp = 0;
		}
		if (p->sp < now->sp && (!place || !p->sp))
			place = p;
	}
	if (!place)
		return false;
	place->sp = now->sp;
	place->return_addr = now->return_addr;
	place->size = now->size;
	place->entries[0] = now->entries[0];
	place->num_entries = 1;
	place->is_layered = now->is_layered;
	capture_sampler_pass(&t->sampler, now->size);
	return true;
}
