// SPDX-License-Identifier: GPL-3.0-or-later
// The usable size of a block: what the allocator gave it. Of a block that was allocated before we
// came, nothing else can be known. It is looked up at the entry of the function that frees the
// block, while the block is still whole. glibc and musl keep the size beside the block. Other
// allocators are asked: the thread is outside of the allocator there, so it runs through a stub
// that calls the allocator's own malloc_usable_size(), and then meets the same breakpoint again.
// That costs one more stop. If we die meanwhile, nothing must be undone.
//
// The sizes of traced allocations are needed, too, because those of older blocks are estimated from
// them. They come from a formula, or are learned in the same way, once for each size: from a new
// block, or from nallocx().
#include "config.h"

#include "trace/glue/usable.h"

#include "base/addr.h"
#include "base/fault.h"
#include "capture/state.h"
#include "trace/code/breakpoints.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/regs.h"
#include "trace/os/threads.h"

#include <string.h>
#include <sys/ptrace.h>

/** Sizes that are learned at most. */
#define MAX_LEARNED 4096
/** glibc may map larger requests, then the header tells. The threshold is never set below this by
 *  itself (malloc.c, DEFAULT_MMAP_THRESHOLD_MIN). */
#define GLIBC_FORMULA_MAX (64u << 10)
/** What mi_good_size() says of larger requests is less than they get (mimalloc 2.0.9). */
#define REQUEST_MAX (128u << 10)
/** Larger ones are nonsense. */
#define USABLE_MAX (1ull << ADDR_BITS)

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

/** glibc's malloc.c, "Chunk representation": the word before the block is the size of the chunk,
 *  its lowest bits are PREV_INUSE, IS_MMAPPED and NON_MAIN_ARENA. A chunk lends the first word of
 *  the next one, but not when it is mapped. */
/** before: that word, NULL: not read yet. */
static struct event_size glibc_size(pid_t tid, uint64_t ptr, const uint64_t *before)
{
	struct event_size none = {0}, ret;
	uint64_t word, chunk;

	if (ptr % 16 || (!before && !memory_peek(tid, ptr - 8, &word)))
		return none;
	if (before)
		word = *before;
	chunk = word & ~7ull;
	if (chunk < 32 || chunk % 16 || chunk > USABLE_MAX)
		return none;
	ret.usable = chunk - (word & 2 ? 16 : 8);
	if (word & 2)
		ret.low = ret.usable > 4095 ? ret.usable - 4095 : 0;
	else
		ret.low = ret.usable == 24 ? 0 : ret.usable - 15;
	return ret;
}

/** request2size() of malloc.c. */
static struct event_size glibc_request(uint64_t size)
{
	uint64_t chunk = (size + 8 + 15) & ~15ull;
	struct event_size ret = {24, 0};

	if (chunk > 32) {
		ret.usable = chunk - 8;
		ret.low = ret.usable - 15;
	}
	return ret;
}

/** Of src/malloc/mallocng/meta.h of musl: get_meta() and get_nominal_size(). */
static struct event_size musl_size(pid_t tid, uint64_t ptr)
{
	static const uint16_t classes[] = {
		1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   12,   15,
		18,   20,   25,   31,   36,   42,   50,   63,   72,   84,   102,  127,
		146,  170,  204,  255,  292,  340,  409,  511,  584,  682,  818,  1023,
		1169, 1364, 1637, 2047, 2340, 2730, 3276, 4095, 4680, 5460, 6552, 8191,
	};
	struct event_size none = {0};
	uint64_t group, meta, info[5], stride, end, nominal;
	uint32_t reserved, offset;
	uint8_t head[8];

	if (ptr % 16 || !memory_read(tid, ptr - 8, head, sizeof(head)))
		return none;
	offset = head[6] | head[7] << 8;
	if (head[4])
		memcpy(&offset, head, sizeof(offset));
	group = ptr - 16 * (uint64_t)offset - 16;
	// prev, next, mem, two masks, and the word of last_idx:5, freeable:1, sizeclass:6,
	// maplen:52.
	if (!memory_read(tid, group, &meta, sizeof(meta)) ||
	    !memory_read(tid, meta, info, sizeof(info)) || info[2] != group)
		return none;
	if (!(info[4] & 31) && info[4] >> 12)
		stride = (info[4] >> 12) * 4096 - 16;
	else if ((info[4] >> 6 & 63) < sizeof(classes) / sizeof(classes[0]))
		stride = 16ull * classes[info[4] >> 6 & 63];
	else
		return none;
	end = group + 16 + stride * (head[5] & 31) + stride - 4;
	reserved = head[5] >> 5;
	if (reserved >= 5 && !memory_read(tid, end - 4, &reserved, sizeof(reserved)))
		return none;
	nominal = end - reserved - ptr;
	// An empty block: the smallest size that is one.
	return nominal > USABLE_MAX ? none : (struct event_size){nominal ? nominal : 1, nominal};
}

/** jemalloc and mimalloc have four classes for each power of two. */
static struct event_size class_of(uint64_t usable)
{
	uint64_t width = 8;

	if (!usable || usable > USABLE_MAX)
		return (struct event_size){0};
	while (width * 8 < usable)
		width *= 2;
	return (struct event_size){usable, usable > width ? usable - width + 1 : 0};
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
	return class_of(usable);
}

bool usable_of_block(struct process *p, struct thread *t, const struct breakpoint *b, uint64_t ptr,
		     const uint64_t *before, struct event_size *ret)
{
	struct size_query q = {true, b->addr, p->arch->sp(&t->regs), ptr, 0, b->allocator};
	struct allocator *a;

	*ret = (struct event_size){0};
	switch (kind_of(p, b->allocator)) {
	case USABLE_GLIBC:
		*ret = glibc_size(t->tid, ptr, before);
		return true;
	case USABLE_NONE:
		return true;
	case USABLE_MUSL:
		*ret = musl_size(t->tid, ptr);
		break;
	case USABLE_CALL:
		break;
	}
	a = &p->allocators.items[b->allocator];
	// An allocator of musl's that is older than mallocng has other headers.
	if (ret->usable || !a->usable.block_function)
		return true;
	if (usable_is_back(p, t, b) && t->query.ptr == ptr) {
		*ret = answer(p, t);
		return true;
	}
	return !make_stub(p, t, a->usable.block_function, &a->block_stub) ||
	       !ask(p, t, &q, a->block_stub, ptr);
}

/** Blocks with an alignment of their own are of other classes. */
static bool is_aligned(const struct process *p, const struct capture_pending *call)
{
	const struct probe *probe = probe_at(p->user_probes, call->probe);

	return probe->kind == PROBE_ALLOC_OUT ||
	       (probe->kind == PROBE_ALLOC && probe->size_arg && probe->factor_arg == ARG_NONE);
}

static uint64_t size_key(const struct capture_pending *call)
{
	return call->size | (uint64_t)call->allocator << USABLE_SHIFT;
}

struct event_size usable_of_call(struct process *p, struct thread *t,
				 const struct capture_pending *call, uint64_t addr)
{
	struct event_size none = {0};
	const uint64_t *found;

	if (!capture_has_older(&p->capture) || is_aligned(p, call) || call->size >> USABLE_SHIFT)
		return none;
	switch (kind_of(p, call->allocator)) {
	case USABLE_GLIBC:
		return call->size < GLIBC_FORMULA_MAX ? glibc_request(call->size)
						      : glibc_size(t->tid, addr, NULL);
	case USABLE_MUSL:
		return (struct event_size){call->size ? call->size : 1, call->size};
	case USABLE_CALL:
		found = hmap_find(&p->usable_sizes, size_key(call));
		return found ? class_of(*found) : none;
	default:
		return none;
	}
}

/** Can it be learned at return breakpoint b what call's size gets? Only at a site that is nothing
 *  else, and still there when the thread comes back. */
static bool can_learn(const struct process *p, const struct breakpoint *b,
		      const struct capture_pending *call)
{
	return capture_has_older(&p->capture) && kind_of(p, call->allocator) == USABLE_CALL &&
	       !is_aligned(p, call) && !(call->size >> USABLE_SHIFT) && b->roles == ROLE_RETURN &&
	       b->is_planted && p->usable_sizes.num < MAX_LEARNED &&
	       !hmap_find(&p->usable_sizes, size_key(call));
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
	return a->usable.request_function && call->size && call->size < REQUEST_MAX &&
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
