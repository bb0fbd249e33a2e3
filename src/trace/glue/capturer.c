// SPDX-License-Identifier: GPL-3.0-or-later
// Answers the questions of the capture core with ptrace and the tracer's own tables. A context
// holds what an event is about: the core hands it back with every question.
#include "config.h"

#include "trace/glue/capturer.h"

#include "base/clock.h"
#include "base/fault.h"
#include "capture/capture.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/glue/exchanged.h"
#include "trace/glue/known_stacks.h"
#include "trace/glue/live_set.h"
#include "trace/glue/returns.h"
#include "trace/glue/rooms.h"
#include "trace/glue/usable.h"
#include "trace/glue/window.h"
#include "trace/os/emit.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "wire/agent_memory.h"

struct capturer {
	struct process *process;
	struct capture core;
	/** Blocks that we have told the supervisor of and that are not freed, by capture_key(). */
	struct live_set live;
	/** Of the present event. */
	struct thread *thread;
	const struct breakpoint *breakpoint;
	struct stack_window window;
};

static bool op_read_stack(void *ctx, uint64_t addr, uint64_t *ret)
{
	struct capturer *o = ctx;

	if (!window_read(&o->window, addr, ret))
		return false;
	exchanged_original(o->process, addr, ret);
	return true;
}

static bool op_read_word(void *ctx, uint64_t addr, uint64_t *ret)
{
	const struct capturer *o = ctx;

	if (!window_read_word(&o->window, addr, ret))
		return false;
	exchanged_original(o->process, addr, ret);
	return true;
}

static bool op_read_two(void *ctx, const uint64_t addrs[2], uint64_t ret[2])
{
	const struct capturer *o = ctx;

	if (!memory_read_two(o->thread->tid, addrs, ret))
		return false;
	exchanged_original(o->process, addrs[0], &ret[0]);
	return true;
}

static uint64_t op_arg(void *ctx, unsigned i)
{
	const struct capturer *o = ctx;

	return o->process->arch->arg(&o->thread->regs, i);
}

static uint64_t op_original_pc(void *ctx, uint64_t pc)
{
	return displaced_original_pc(((const struct capturer *)ctx)->process, pc);
}

static bool read_code(void *ctx, uint64_t addr, void *buf, size_t size)
{
	return memory_read(*(const pid_t *)ctx, addr, buf, size);
}

static void op_callee(void *ctx, uint64_t return_addr, uint64_t targets_ret[2])
{
	const struct capturer *o = ctx;

	o->process->arch->callee(read_code, &o->thread->tid, return_addr, targets_ret);
}

static bool op_arm(void *ctx, uint64_t return_addr)
{
	struct breakpoint *b;

	FAULT_POINT("walked");
	b = returns_plant(((struct capturer *)ctx)->process, return_addr);
	FAULT_POINT("site");
	if (b)
		b->num_pending++;
	return b;
}

static void op_disarm(void *ctx, uint64_t return_addr)
{
	returns_release(((struct capturer *)ctx)->process, return_addr);
}

static void *op_emit_begin(void *ctx, enum event_kind kind, size_t size)
{
	return emit_begin(((struct capturer *)ctx)->process, kind, size);
}

static void op_emit_end(void *ctx, void *record, const void *tail, size_t tail_size)
{
	_Static_assert(sizeof(struct event_stack) + WALK_MAX_FRAMES * sizeof(uint64_t) <=
			       SHARED_BUFFER_SIZE / 2,
		       "the longest stack is a record");
	emit_end_tail(((struct capturer *)ctx)->process, record, tail, tail_size);
}

static uint64_t op_now_ns(void *ctx)
{
	(void)ctx;
	return clock_now_ns();
}

static bool op_live_has(void *ctx, uint64_t key)
{
	const struct capturer *o = ctx;

	return live_set_has(&o->live, o->process, key);
}

static bool op_live_take(void *ctx, uint64_t key)
{
	struct capturer *o = ctx;

	return live_set_take(&o->live, o->process, key);
}

static void op_live_add(void *ctx, uint64_t key)
{
	struct capturer *o = ctx;

	live_set_add(&o->live, o->process, key);
}

static uint64_t op_live_stamp(void *ctx, uint64_t key)
{
	return rooms_stamp(((const struct capturer *)ctx)->process, key);
}

static enum capture_result op_size_of_older(void *ctx, const struct capture_entry *at, uint64_t ptr,
					    const uint64_t *before, struct event_size *ret)
{
	struct capturer *o = ctx;

	(void)at;
	return usable_of_block(o->process, o->thread, o->breakpoint, ptr, before, ret)
		       ? CAPTURE_DONE
		       : CAPTURE_AGAIN;
}

static struct event_size op_size_of_new(void *ctx, const struct capture_pending *call,
					uint64_t addr)
{
	struct capturer *o = ctx;

	return usable_of_call(o->process, o->thread, call, addr);
}

static void use_tables(struct capturer *o)
{
	o->core.pending = o->thread->pending;
	o->core.pending_cap = o->thread->pending_cap;
	o->core.measured = o->thread->measured;
	o->core.measured_cap = o->thread->measured_cap;
}

/** Room for one item more in a table that is full. */
static bool grow_table(void **items, uint32_t *cap, size_t item_size)
{
	size_t new_cap = *cap;

	if (!vec_grow(items, &new_cap, new_cap, item_size))
		return false;
	*cap = (uint32_t)new_cap;
	return true;
}

static bool op_grow(void *ctx, enum capture_table table)
{
	struct capturer *o = ctx;
	struct thread *t = o->thread;
	bool has_grown = false;

	switch (table) {
	case CAPTURE_TABLE_PENDING:
		has_grown = !rooms_is_full(t) &&
			    grow_table((void **)&t->pending, &t->pending_cap, sizeof(*t->pending));
		break;
	case CAPTURE_TABLE_MEASURED:
		has_grown =
			grow_table((void **)&t->measured, &t->measured_cap, sizeof(*t->measured));
		break;
	case CAPTURE_TABLE_KNOWN:
		return known_stacks_grow(&o->core.known);
	}
	use_tables(o);
	return has_grown;
}

static void op_count(void *ctx, enum capture_count what)
{
	struct shared_stats *stats = &((struct capturer *)ctx)->process->shared->stats;

	switch (what) {
	case CAPTURE_ABANDONED:
		stats->num_abandoned++;
		break;
	case CAPTURE_TRUNCATED:
		stats->num_truncated++;
		break;
	case CAPTURE_FAILED:
		stats->num_failed++;
		break;
	case CAPTURE_MEMO_WRONG:
		// We remember no walks: to verify one would take a system call more.
		break;
	}
}

static const struct capture_ops ops = {
	.read_stack = op_read_stack,
	.read_word = op_read_word,
	.read_two = op_read_two,
	.arg = op_arg,
	.original_pc = op_original_pc,
	.callee = op_callee,
	.arm = op_arm,
	.disarm = op_disarm,
	.emit_begin = op_emit_begin,
	.emit_end = op_emit_end,
	.now_ns = op_now_ns,
	.live_has = op_live_has,
	.live_take = op_live_take,
	.live_add = op_live_add,
	.live_stamp = op_live_stamp,
	.size_of_older = op_size_of_older,
	.size_of_new = op_size_of_new,
	.grow = op_grow,
	.count = op_count,
};

bool capturer_create(struct process *p)
{
	struct capturer *o = calloc(1, sizeof(*o));

	if (!o)
		return false;
	o->process = p;
	o->core = (struct capture){
		.ops = &ops,
		.owner = o,
		.arch = p->arch->unwind,
		.process = &p->capture,
		.known = known_stacks_create(),
		.pcs = malloc(p->capture.nframe * sizeof(*o->core.pcs)),
	};
	p->capturer = o;
	if (o->core.known && o->core.pcs)
		return true;
	capturer_destroy(p);
	return false;
}

void capturer_destroy(struct process *p)
{
	struct capturer *o = p->capturer;

	if (!o)
		return;
	addrset_deinit(&o->live.own);
	free(o->core.known);
	free(o->core.pcs);
	free(o);
	p->capturer = NULL;
}

void capturer_forget_memory(struct process *p)
{
	addrset_deinit(&p->capturer->live.own);
	capture_known_clear(p->capturer->core.known);
}

/** What comes next is about t, which stands at b; NULL: at none. */
static struct capture *core_for(struct process *p, struct thread *t, const struct breakpoint *b)
{
	struct capturer *o = p->capturer;

	o->thread = t;
	o->breakpoint = b;
	o->core.rows =
		p->agent_memory ? agent_memory_rows(p->agent_memory) : shared_rows(p->shared);
	o->core.thread = &t->capture;
	o->core.needs_slow = false;
	rooms_load(p, t);
	use_tables(o);
	window_reset(&o->window, t->tid, p->arch->sp(&t->regs), t->stack_top);
	return &o->core;
}

static struct capture_entry entry_of(const struct process *p, const struct thread *t,
				     const struct breakpoint *b)
{
	struct capture_entry at = {.addr = b->addr};

	p->arch->walk_regs(&t->regs, at.regs);
	return at;
}

void capturer_miss(struct process *p, struct thread *t, const struct walk_frame *frame)
{
	struct event_miss *event = emit_begin(p, EVENT_MISS, sizeof(*event));

	t->hold = HELD_MISS;
	if (!event)
		return;
	event->tid = t->tid;
	event->frame = *frame;
	emit_end_now(p, event);
	FAULT_POINT("miss");
}

bool capturer_enter(struct process *p, struct thread *t, const struct breakpoint *b)
{
	struct capture *core = core_for(p, t, b);
	struct capture_entry at = entry_of(p, t, b);
	uint32_t num_pending = t->capture.num_pending;
	enum capture_result result;

	at.probe = probe_at(p->user_probes, b->probe);
	at.probe_id = b->probe;
	at.allocator = b->allocator;
	if (b->allocator < p->allocators.num) {
		at.code_start = p->allocators.items[b->allocator].start;
		at.code_end = p->allocators.items[b->allocator].end;
	}
	result = capture_enter(core, &at);
	rooms_store(t);
	// This walk went to the end.
	if (t->capture.num_pending > num_pending)
		t->stack_top = p->capturer->window.top;
	if (result == CAPTURE_MISS)
		capturer_miss(p, t, &core->miss);
	else if (result == CAPTURE_SLOW)
		p->shared->stats.num_lost++;
	return result == CAPTURE_DONE || result == CAPTURE_SLOW;
}

void capturer_measure_enter(struct process *p, struct thread *t, const struct breakpoint *b)
{
	struct capture *core = core_for(p, t, b);
	struct capture_entry at = entry_of(p, t, b);

	if (capture_measure_enter(core, &at, b->measure_id) == CAPTURE_SLOW)
		p->shared->stats.num_lost++;
	rooms_store(t);
}

void capturer_return(struct process *p, struct thread *t, const struct breakpoint *b,
		     struct capture_returned *ret)
{
	struct capture *core = core_for(p, t, b);
	struct capture_return at = {
		.addr = b->addr,
		.sp = p->arch->sp(&t->regs),
		.result = p->arch->result(&t->regs),
	};

	// No op needs a slower way here.
	if (capture_return(core, &at, ret) == CAPTURE_DONE)
		rooms_store(t);
}

void capturer_thread_end(struct process *p, struct thread *t)
{
	capture_thread_end(core_for(p, t, NULL));
	rooms_store(t);
}

bool capturer_set_nframe(struct process *p, uint32_t nframe)
{
	uint64_t *pcs = realloc(p->capturer->core.pcs, nframe * sizeof(*pcs));

	if (!pcs)
		return false;
	p->capturer->core.pcs = pcs;
	p->capture.nframe = nframe;
	return true;
}

uint64_t capturer_new_epoch(struct process *p)
{
	struct capturer *o = p->capturer;
	struct capture_known *known = NULL;

	// A large set takes long to be emptied.
	if (o->core.known->cap > KNOWN_STACKS_FIRST)
		known = known_stacks_create();
	if (known) {
		free(o->core.known);
		o->core.known = known;
	}
	return capture_new_epoch(&o->core);
}

void capturer_hand_over(struct process *p)
{
	live_set_hand_over(&p->capturer->live, p);
}

void capturer_take_back(struct process *p)
{
	live_set_take_back(&p->capturer->live, p);
}

void capturer_clear(struct process *p)
{
	struct thread *t;
	size_t i;

	live_set_clear(&p->capturer->live, p);
	capture_clear(&p->capturer->core);
	hmap_each (&p->threads, i, t) {
		capture_clear_thread(core_for(p, t, NULL));
		rooms_store(t);
	}
}
