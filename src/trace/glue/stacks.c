// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/glue/stacks.h"

#include "base/fault.h"
#include "trace/code/displaced.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "walk/walk.h"

#include <stdlib.h>
#include <string.h>

/** First read of a walk when nothing is known of the thread; most stacks of 30 frames fit. */
#define FIRST_READ 2048
/** What a thread needed the last time is read at once, up to so much: copying more costs as much
 *  as a second call. */
#define MAX_FIRST_READ 16384

struct stack_window *stack_window_create(void)
{
	return malloc(sizeof(struct stack_window));
}

static bool window_fill(struct stack_window *w, uint64_t addr)
{
	// Saved registers lie a little below the word that is asked for first.
	uint64_t start = addr > 128 ? (addr - 128) & ~7ull : 0;

	w->size = memory_read_some(w->tid, start, w->bytes, w->want);
	w->start = start;
	if (w->want < sizeof(w->bytes))
		w->want *= 2;
	return addr >= start && addr + 8 <= start + w->size;
}

static bool window_read(void *ctx, uint64_t addr, uint64_t *ret)
{
	struct stack_window *w = ((struct process *)ctx)->window;

	if (addr > UINT64_MAX - 8)
		return false;
	if (addr < w->start && !w->is_behind) {
		// A register that was saved far below: the walk goes on above.
		w->is_behind = true;
		return memory_read(w->tid, addr, ret, sizeof(*ret));
	}
	if ((addr < w->start || addr + 8 > w->start + w->size) && !window_fill(w, addr))
		return false;
	w->is_behind = false;
	memcpy(ret, w->bytes + (addr - w->start), 8);
	if (addr + 8 > w->top)
		w->top = addr + 8;
	return true;
}

/** The outermost frame of a thread stays where it is: from there it is known how much of the stack
 *  a walk will ask for, however deep the thread is this time. */
static size_t first_size(const struct thread *t, uint64_t sp)
{
	uint64_t size = t->stack_top - sp;

	// Another stack, or nothing known.
	if (t->stack_top <= sp || size > (1u << 20))
		return FIRST_READ;
	return size < MAX_FIRST_READ ? size : MAX_FIRST_READ;
}

static bool find_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	const struct process *p = ctx;

	return cfi_rows_get(shared_rows(p->shared), cfi_rows_key(pc, is_call_site), ret);
}

/** Frames interrupted in a slot stand, for everybody else, at the original instruction. */
static bool find_row_displaced(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	struct process *p = ctx;
	uint64_t original = is_call_site ? pc : displaced_original_pc(p, pc);

	p->has_slot_frame |= original != pc;
	return find_row(p, original, is_call_site, ret);
}

/** What the walk has stored of frames that were interrupted in a slot. */
static void map_slot_frames(struct process *p, struct walk_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->num; i++)
		stack->pcs[i] = displaced_original_pc(p, stack->pcs[i]);
}

static struct walk_ops walk_ops_of(struct process *p)
{
	return (struct walk_ops){find_row_displaced, window_read, p, p->arch->unwind};
}

/** The caller of the function at whose first instruction t stands. False: its stack is
 *  unreadable. */
static bool first_frame(struct process *p, struct thread *t, struct walk_frame *ret)
{
	struct walk_ops ops = walk_ops_of(p);
	uint64_t sp = p->arch->sp(&t->regs);

	p->window->tid = t->tid;
	p->window->start = sp;
	p->window->top = 0;
	p->window->want = first_size(t, sp);
	p->window->size = memory_read_some(t->tid, sp, p->window->bytes, p->window->want);
	p->window->want = 2 * FIRST_READ;
	p->window->is_behind = false;
	*ret = (struct walk_frame){0};
	p->arch->walk_regs(&t->regs, ret->regs);
	return walk_leave_entry(ret, &ops);
}

static void send_miss(struct process *p, struct thread *t, const struct walk_frame *frame)
{
	struct event_miss *event = emit_begin(p, EVENT_MISS, sizeof(*event));

	t->hold = HELD_MISS;
	if (!event)
		return;
	event->tid = t->tid;
	event->frame = *frame;
	event->frame.pc = frame->is_call_site ? frame->pc : displaced_original_pc(p, frame->pc);
	emit_end_now(p, event);
	FAULT_POINT("miss");
}

static uint64_t hash_stack(const struct process *p, const struct walk_stack *stack)
{
	uint64_t h = hash_u64(p->epoch + 1) ^ stack->total << 1 ^ (stack->result == WALK_TRUNCATED);
	size_t i;

	for (i = 0; i < stack->num; i++) {
		h = (h ^ stack->pcs[i]) * 0x9fb21c651e98df25ull;
		h ^= h >> 29;
	}
	h = hash_u64(h);
	return h == HMAP_NO_KEY ? 0 : h;
}

static bool read_code(void *ctx, uint64_t addr, void *buf, size_t size)
{
	return memory_read(*(const pid_t *)ctx, addr, buf, size);
}

static void publish_stack(struct process *p, pid_t tid, const struct walk_stack *stack,
			  uint64_t hash)
{
	struct event_stack *event;
	size_t i;

	if (hmap_find(&p->known_stacks, hash))
		return;
	event = emit_begin(p, EVENT_STACK, sizeof(*event));
	if (!event)
		return;
	event->hash = hash;
	event->total = stack->total;
	event->num_pcs = stack->num;
	event->is_truncated = stack->result == WALK_TRUNCATED;
	for (i = 0; i < STACK_CALLEES && i + 1 < stack->num; i++)
		p->arch->callee(read_code, &tid, stack->pcs[i + 1] + 1, event->callees[i]);
	_Static_assert(sizeof(*event) + WALK_MAX_FRAMES * sizeof(uint64_t) <=
			       SHARED_BUFFER_SIZE / 2,
		       "the longest stack is a record");
	emit_end_tail(p, event, stack->pcs, stack->num * sizeof(uint64_t));
	// Without memory to remember it the stack is just sent again next time.
	if (!hmap_set(&p->known_stacks, hash, 1))
		return;
}

bool stacks_capture(struct process *p, struct thread *t, uint64_t *hash_ret, uint64_t *site_ret)
{
	struct walk_ops ops = walk_ops_of(p);
	struct walk_stack stack = {.pcs = p->pcs, .cap = p->nframe};
	struct walk_frame frame;

	*site_ret = 0;
	p->has_slot_frame = false;
	if (first_frame(p, t, &frame)) {
		*site_ret = frame.pc;
		walk_stack(&frame, &ops, &stack);
		t->stack_top = p->window->top;
	} else {
		stack.total = 0;
		stack.result = WALK_TRUNCATED;
	}
	if (stack.result == WALK_MISS) {
		send_miss(p, t, &frame);
		return false;
	}
	if (p->has_slot_frame)
		map_slot_frames(p, &stack);
	p->shared->stats.num_truncated += stack.result == WALK_TRUNCATED;
	p->shared->stats.num_failed += stack.result == WALK_TRUNCATED && stack.total <= 1;
	*hash_ret = hash_stack(p, &stack);
	publish_stack(p, t->tid, &stack, *hash_ret);
	return true;
}

bool stacks_may_return(const struct process *p, const struct thread *t, uint64_t site, uint64_t sp)
{
	uint64_t addr, word;

	if (!arch_return_place(p->arch->unwind, sp, &addr))
		return true;
	// As long as the call is in progress its return address stays where it was pushed.
	return memory_read(t->tid, addr, &word, sizeof(word)) && word == site;
}

enum nesting stacks_nesting(struct process *p, struct thread *t, uint64_t site, uint64_t sp)
{
	struct walk_ops ops = walk_ops_of(p);
	struct walk_frame frame;
	bool is_interrupted, is_handler = false;
	enum walk_result result;
	size_t depth = 0;

	if (!first_frame(p, t, &frame) || !stacks_may_return(p, t, site, sp))
		return NESTING_NONE;
	do {
		if (frame.is_call_site && frame.pc == site && frame.regs[WALK_SP] == sp)
			return is_handler ? NESTING_HANDLER : NESTING_INSIDE;
		result = walk_step(&frame, &ops, &is_interrupted);
		is_handler |= is_interrupted;
	} while (result == WALK_OK && ++depth < WALK_MAX_FRAMES);
	if (result == WALK_MISS) {
		send_miss(p, t, &frame);
		return NESTING_MISS;
	}
	// A walk that broke off proves nothing; the intact return address above us is the better
	// guess.
	if (result == WALK_TRUNCATED && p->arch->sp(&t->regs) < sp)
		return NESTING_INSIDE;
	return NESTING_NONE;
}
