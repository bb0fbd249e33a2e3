// SPDX-License-Identifier: GPL-3.0-or-later
// Answers the questions of the capture core inside of the target. What is not known here is asked
// from the tracer, or makes the whole event one for the tracer (CAPTURE_SLOW).
#include "config.h"

#include "agent/internal.h"

#include "capture/usable.h"

/** A word of the target as its program sees it. */
static bool read_word(struct agent_event *e, uint64_t addr, uint64_t *ret)
{
	if (!agent_load(addr, ret))
		return false;
	e->core.has_translated |= agent_translate(addr, ret);
	return true;
}

static bool op_read(void *owner, uint64_t addr, uint64_t *ret)
{
	return read_word(owner, addr, ret);
}

static bool op_read_two(void *owner, const uint64_t addrs[2], uint64_t ret[2])
{
	return read_word(owner, addrs[0], &ret[0]) && read_word(owner, addrs[1], &ret[1]);
}

static uint64_t op_arg(void *owner, unsigned i)
{
	return agent_frame_arg(((const struct agent_event *)owner)->entry, i);
}

/** Only the tracer knows which instruction a copy stands for. */
static uint64_t op_original_pc(void *owner, uint64_t pc)
{
	struct agent_event *e = owner;
	const struct agent_shared *shared = e->shared;
	uint32_t i, num = shared->num_copies;

	e->core.needs_slow |= shared->has_more_copies;
	for (i = 0; i < num && i < AGENT_MAX_COPIES; i++)
		e->core.needs_slow |= pc >= shared->copies[i].start && pc < shared->copies[i].end;
	return pc;
}

static bool op_own_row(void *owner, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	return agent_row(owner, pc, is_call_site, ret);
}

/** Bytes of the target. */
static bool read_bytes(void *ctx, uint64_t addr, void *buf, size_t size)
{
	uint8_t *to = buf;
	uint64_t word;

	(void)ctx;
	for (; size >= 8; size -= 8, addr += 8, to += 8)
		if (!agent_load(addr, (uint64_t *)to))
			return false;
	if (!size)
		return true;
	// The last ones end the word, so that nothing behind them must be there.
	if (!agent_load(addr + size - 8, &word))
		return false;
	word >>= 8 * (8 - size);
	__builtin_memcpy(to, &word, size);
	return true;
}

static void op_callee(void *owner, uint64_t return_addr, uint64_t targets_ret[2])
{
	agent_callee(read_bytes, owner, return_addr, targets_ret);
}

static bool op_arm(void *owner, uint64_t return_addr)
{
	struct agent_event *e = owner;

	if (agent_exchange(e->slot, return_addr))
		return true;
	e->thread->counters.num_unexchanged++;
	return false;
}

/** A call with a breakpoint of the tracer's: such threads are the tracer's (entry.c). */
static void op_disarm(void *owner, uint64_t return_addr)
{
	(void)owner;
	(void)return_addr;
}

static void *op_emit_begin(void *owner, enum event_kind kind, size_t size)
{
	struct agent_event *e = owner;
	struct ring_record *record = &e->thread->staged.header;

	if (e->is_orphaned)
		return NULL;
	record->size = size;
	record->kind = kind;
	record->flags = 0;
	return record;
}

static void op_emit_end(void *owner, void *record, const void *tail, size_t tail_size)
{
	struct agent_event *e = owner;
	struct ring_view view = {(struct ring *)agent_state.ring, agent_state.ring_num_slots,
				 agent_state.ring_buffer_size};
	uint32_t producer = (uint32_t)e->thread->producer;
	struct ring_record *r = record;

	r->size += tail_size;
	// Nobody is woken: the reader looks by itself often enough, and to wake it is a system
	// call.
	while (ring_put(&view, producer, r, tail, tail_size) == RING_PUT_FULL) {
		if (agent_ask(AGENT_UPCALL_FULL, e->frame, e->thread) == AGENT_RETRY)
			continue;
		e->is_orphaned = true;
		return;
	}
}

/** Measured functions are the tracer's. */
static uint64_t op_now_ns(void *owner)
{
	(void)owner;
	return 0;
}

static bool op_live_has(void *owner, uint64_t key)
{
	const struct agent_event *e = owner;

	return !e->core.process->is_live_unknown && capture_live_has(&e->shared->live, key);
}

static bool op_live_take(void *owner, uint64_t key)
{
	const struct agent_event *e = owner;

	return !e->core.process->is_live_unknown && capture_live_take(&e->shared->live, key);
}

static void op_live_add(void *owner, uint64_t key)
{
	struct agent_event *e = owner;
	struct agent_thread *t = e->thread;
	uint64_t stamp = (uint64_t)t->index << 48 | (++t->num_stamps & ((1ull << 48) - 1));

	if (e->core.process->is_live_unknown)
		__atomic_store_n(&e->shared->stamps[agent_stamp_of(key)], stamp, __ATOMIC_RELAXED);
	else
		capture_live_add(&e->shared->live, key);
}

static uint64_t op_live_stamp(void *owner, uint64_t key)
{
	const struct agent_event *e = owner;

	return __atomic_load_n(&e->shared->stamps[agent_stamp_of(key)], __ATOMIC_RELAXED);
}

static struct usable_source source_of(uint32_t allocator)
{
	struct usable_source none = {USABLE_NONE, 0, 0, 0};

	return allocator < AGENT_MAX_ALLOCATORS ? agent_state.usable[allocator] : none;
}

uint64_t agent_usable_size(uint32_t allocator, uint64_t ptr)
{
	uint64_t function = source_of(allocator).block_function;

	return function ? agent_call(function, ptr, 0) : 0;
}

static enum capture_result op_size_of_older(void *owner, const struct capture_entry *at,
					    uint64_t ptr, const uint64_t *before,
					    struct event_size *ret)
{
	struct agent_event *e = owner;
	struct usable_source source = source_of(at->allocator);
	struct usable_memory memory = {read_bytes, e};

	*ret = (struct event_size){0};
	if (source.kind == USABLE_GLIBC)
		*ret = usable_of_glibc(&memory, ptr, before);
	else if (source.kind == USABLE_MUSL)
		*ret = usable_of_musl(&memory, ptr);
	if (source.kind < USABLE_MUSL || ret->usable || !source.block_function)
		return CAPTURE_DONE;
	*ret = usable_of_class(agent_usable_size(at->allocator, ptr));
	return CAPTURE_DONE;
}

static struct event_size op_size_of_new(void *owner, const struct capture_pending *call,
					uint64_t addr)
{
	struct agent_event *e = owner;
	struct usable_source source = source_of(call->allocator);
	struct usable_memory memory = {read_bytes, e};
	struct event_size none = {0};

	if (!capture_has_older(e->core.process) || !call->is_typical)
		return none;
	if (source.kind != USABLE_CALL)
		return usable_of_request(&memory, source.kind, call->size, addr);
	// A block that was resized in its place may have kept more than a new one gets.
	if (!call->has_taken || call->ptr != addr)
		return source.block_function
			       ? usable_of_class(agent_call(source.block_function, addr, 0))
			       : none;
	if (!source.request_function || !call->size || call->size >= USABLE_REQUEST_MAX)
		return none;
	return usable_of_class(agent_call(source.request_function, call->size, 0));
}

static bool op_grow(void *owner, enum capture_table table)
{
	(void)owner;
	(void)table;
	return false;
}

static void op_count(void *owner, enum capture_count what)
{
	struct agent_counters *counters = &((struct agent_event *)owner)->thread->counters;

	counters->abandoned += what == CAPTURE_ABANDONED;
	counters->truncated += what == CAPTURE_TRUNCATED;
	counters->failed += what == CAPTURE_FAILED;
#ifdef ENABLE_FAULT_POINTS
	// A test shall see it.
	if (what == CAPTURE_MEMO_WRONG)
		__builtin_trap();
#endif
}

/** A constant table of functions would need relocations. Several threads may write the same. */
static void init_ops(struct capture_ops *ops)
{
	ops->own_row = op_own_row;
	ops->read_word = op_read;
	ops->read_two = op_read_two;
	ops->arg = op_arg;
	ops->original_pc = op_original_pc;
	ops->callee = op_callee;
	ops->arm = op_arm;
	ops->disarm = op_disarm;
	ops->emit_begin = op_emit_begin;
	ops->emit_end = op_emit_end;
	ops->now_ns = op_now_ns;
	ops->live_has = op_live_has;
	ops->live_take = op_live_take;
	ops->live_add = op_live_add;
	ops->live_stamp = op_live_stamp;
	ops->size_of_older = op_size_of_older;
	ops->size_of_new = op_size_of_new;
	ops->grow = op_grow;
	ops->count = op_count;
	// The one that tells that it is done.
	__atomic_store_n(&ops->read_stack, op_read, __ATOMIC_RELEASE);
}

uint64_t agent_ask(enum agent_upcall_reason reason, const void *frame, struct agent_thread *t)
{
	uint64_t answer;

	if (t)
		t->counters.upcalls[reason]++;
	answer = agent_upcall(reason, frame, t);
	if (answer == AGENT_ORPHANED)
		__atomic_store_n(&agent_state.mode, AGENT_OFF, __ATOMIC_RELEASE);
	return answer;
}

/** The target can write all of that, and a bug of its own may. Numbers by which the core finds its
 *  way are made such that they lead nowhere else: a target that spoils its figures goes on. */
static void bound(struct agent_shared *shared, struct agent_thread *t)
{
	struct capture_known *known = (struct capture_known *)shared->known;

	if (known->cap != AGENT_KNOWN)
		known->cap = AGENT_KNOWN;
	if (t->producer >= (int32_t)RING_PRODUCERS)
		t->producer = -1;
	if (t->capture.num_pending > AGENT_PENDING)
		t->capture.num_pending = 0;
	t->capture.num_measured = 0;
}

void agent_event_init(struct agent_event *e, struct agent_shared *shared, struct agent_thread *t,
		      const void *frame)
{
	struct capture_ops *ops = &agent_private.ops;

	if (!__atomic_load_n(&ops->read_stack, __ATOMIC_ACQUIRE))
		init_ops(ops);
	bound(shared, t);
	e->core.ops = ops;
	e->core.owner = e;
	e->core.arch = agent_unwind();
	e->core.rows = (const struct cfi_rows *)agent_state.rows;
	e->core.process = &shared->process;
	e->core.known = (struct capture_known *)shared->known;
	e->core.pcs = t->pcs;
	e->core.pcs_cap = AGENT_MAX_FRAMES;
	e->core.is_exchanging = true;
	e->core.thread = &t->capture;
	e->core.pending = t->pending;
	e->core.pending_cap = AGENT_PENDING;
	e->core.measured = NULL;
	e->core.measured_cap = 0;
	e->core.memo = &t->memo;
	// Whatever is not there is noticed.
	e->core.stack_end = UINT64_MAX;
	e->core.stack_bias = 0;
#ifdef ENABLE_FAULT_POINTS
	e->core.checks_memo = true;
#else
	e->core.checks_memo = false;
#endif
	e->core.needs_slow = false;
	e->shared = shared;
	e->thread = t;
	e->frame = frame;
	e->entry = NULL;
	e->slot = 0;
	e->is_orphaned = false;
}
