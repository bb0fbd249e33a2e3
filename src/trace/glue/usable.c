// SPDX-License-Identifier: GPL-3.0-or-later
// The usable size of a block: what the allocator gave it. Of a block that was allocated before we
// came, nothing else can be known. It is looked up at the entry of the function that frees the
// block, while the block is still whole. glibc and musl keep the size beside the block
// (capture/usable.c). Other allocators are asked: the thread is outside of the allocator there, so
// it runs through a stub that calls the allocator's own malloc_usable_size(), and then meets the
// same breakpoint again. That costs one more stop. If we die meanwhile, nothing must be undone.
//
// The sizes of traced allocations are needed, too, because those of older blocks are estimated from
// them. They come from a formula, or are learned in the same way, once for each size: from a new
// block, or from nallocx().
#include "config.h"

#include "trace/glue/usable.h"

#include "base/fault.h"
#include "capture/usable.h"
#include "trace/code/breakpoints.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/glue/rooms.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/regs.h"
#include "trace/os/threads.h"

#include <string.h>
#include <sys/ptrace.h>

/** Sizes that are learned at most. */
#define MAX_LEARNED 4096
uint32_t usable_allocator(struct process *p, const struct command *c)
{
	struct allocator new = {
		.usable = c->usable,
		.start = c->start,
		.end = c->end,
	};
	const struct allocator *a;
	uint32_t i;

	for (i = 0; i < p->allocators.num; i++) {
		a = &p->allocators.items[i];
		if (memcmp(&a->usable, &new.usable, sizeof(new.usable)) == 0 &&
		    a->start == new.start && a->end == new.end)
			return i;
	}
	// An index that does not exist is that of an allocator of which nothing is known.
	return vec_push(&p->allocators, new) ? i : UINT32_MAX;
}

static enum usable_kind kind_of(const struct process *p, uint32_t allocator)
{
	return allocator < p->allocators.num ? p->allocators.items[allocator].usable.kind
					     : USABLE_NONE;
}

static bool read_memory(void *ctx, uint64_t addr, void *buf, size_t size)
{
	return memory_read(((const struct thread *)ctx)->tid, addr, buf, size);
}

/** What t can read. */
static struct usable_memory memory_of(struct thread *t)
{
	return (struct usable_memory){read_memory, t};
}

/** The stub that calls function, made when it is wanted first. */
static bool make_stub(struct process *p, struct thread *t, uint64_t function, uint64_t *stub)
{
	uint8_t code[ARCH_CALL_SIZE];
	size_t size = p->arch->call(function, code);

	if (!*stub)
		*stub = xol_place(p, code, size);
	if (!*stub) {
		xol_map_all(p, t);
		*stub = xol_place(p, code, size);
	}
	return *stub;
}

/** Send t through the stub with that argument, and on to q->entry. */
static bool ask(struct process *p, struct thread *t, const struct size_query *q, uint64_t stub,
		uint64_t arg)
{
	struct arch_regs regs = t->regs;
	uint64_t words[2] = {arg, q->entry};
	uint64_t frame = p->arch->enter_call(&regs, stub);

	if (!memory_write_code(p, frame, words, sizeof(words)))
		return false;
	FAULT_POINT("ask");
	if (!regs_set(p->arch, t->tid, &regs))
		return false;
	t->query = *q;
	thread_continue(t, 0);
	FAULT_POINT("asked");
	return true;
}

bool usable_is_back(struct process *p, const struct thread *t, const struct breakpoint *b)
{
	return t->query.is_asked && t->query.entry == b->addr &&
	       t->query.sp == p->arch->sp(&t->regs);
}

/** What t brings from the stub. */
static struct event_size answer(struct process *p, struct thread *t)
{
	uint64_t usable;

	t->query.is_asked = false;
	if (!memory_peek(t->tid, p->arch->call_frame(t->query.sp), &usable))
		return (struct event_size){0};
	return usable_of_class(usable);
}

/** From an upcall there is no way to the function and back, so the agent asks. For tasks that share
 *  their thread pointer it has no place to put the answer: such blocks count without size. */
static bool usable_at_upcall(struct thread *t, uint64_t ptr, struct event_size *ret)
{
	uint64_t usable;

	if (!t->may_ask)
		return true;
	if (!rooms_take_asked(t, ptr, &usable))
		return false;
	*ret = usable_of_class(usable);
	return true;
}

bool usable_of_block(struct process *p, struct thread *t, const struct breakpoint *b, uint64_t ptr,
		     const uint64_t *before, struct event_size *ret)
{
	struct size_query q = {true, b->addr, p->arch->sp(&t->regs), ptr, 0, b->allocator};
	struct usable_memory memory = memory_of(t);
	struct allocator *a;

	*ret = (struct event_size){0};
	switch (kind_of(p, b->allocator)) {
	case USABLE_GLIBC:
		*ret = usable_of_glibc(&memory, ptr, before);
		return true;
	case USABLE_NONE:
		return true;
	case USABLE_MUSL:
		*ret = usable_of_musl(&memory, ptr);
		break;
	case USABLE_CALL:
		break;
	}
	a = &p->allocators.items[b->allocator];
	// An allocator of musl's that is older than mallocng has other headers.
	if (ret->usable || !a->usable.block_function)
		return true;
	if (t->is_at_upcall)
		return usable_at_upcall(t, ptr, ret);
	if (usable_is_back(p, t, b) && t->query.ptr == ptr) {
		*ret = answer(p, t);
		return true;
	}
	return !make_stub(p, t, a->usable.block_function, &a->block_stub) ||
	       !ask(p, t, &q, a->block_stub, ptr);
}

static uint64_t size_key(const struct capture_pending *call)
{
	return call->size | (uint64_t)call->allocator << USABLE_SHIFT;
}

struct event_size usable_of_call(struct process *p, struct thread *t,
				 const struct capture_pending *call, uint64_t addr)
{
	enum usable_kind kind = kind_of(p, call->allocator);
	struct usable_memory memory = memory_of(t);
	struct event_size none = {0};
	const uint64_t *found;

	if (!capture_has_older(&p->capture) || !call->is_typical)
		return none;
	if (kind != USABLE_CALL)
		return usable_of_request(&memory, kind, call->size, addr);
	found = hmap_find(&p->usable_sizes, size_key(call));
	return found ? usable_of_class(*found) : none;
}

/** Can it be learned at return breakpoint b what call's size gets? Only at a site that is nothing
 *  else, and still there when the thread comes back. */
static bool can_learn(const struct process *p, const struct breakpoint *b,
		      const struct capture_pending *call)
{
	return capture_has_older(&p->capture) && kind_of(p, call->allocator) == USABLE_CALL &&
	       call->is_typical && b->roles == ROLE_RETURN && b->is_planted &&
	       p->usable_sizes.num < MAX_LEARNED && !hmap_find(&p->usable_sizes, size_key(call));
}

bool usable_learn(struct process *p, struct thread *t, const struct breakpoint *b,
		  const struct capture_pending *call, uint64_t addr)
{
	struct size_query q = {true, b->addr,    p->arch->sp(&t->regs),
			       0,    call->size, call->allocator};
	struct allocator *a;

	if (!addr || !can_learn(p, b, call))
		return false;
	a = &p->allocators.items[call->allocator];
	if (!call->has_taken || call->ptr != addr)
		return make_stub(p, t, a->usable.block_function, &a->block_stub) &&
		       ask(p, t, &q, a->block_stub, addr);
	// A block that was resized in its place may have kept more than a new one gets.
	return a->usable.request_function && call->size && call->size < USABLE_REQUEST_MAX &&
	       make_stub(p, t, a->usable.request_function, &a->request_stub) &&
	       ask(p, t, &q, a->request_stub, call->size);
}

void usable_learned(struct process *p, struct thread *t)
{
	struct size_query q = t->query;
	struct event_size size = answer(p, t);
	struct event_usable *event;

	// Without memory it is learned again.
	if (!size.usable ||
	    !hmap_set(&p->usable_sizes, q.requested | (uint64_t)q.allocator << USABLE_SHIFT,
		      size.usable))
		return;
	event = emit_begin(p, EVENT_USABLE, sizeof(*event));
	if (!event)
		return;
	event->requested = q.requested;
	event->usable = size;
	emit_end(p, event);
}

void usable_forget(struct thread *t)
{
	t->query.is_asked = false;
}
