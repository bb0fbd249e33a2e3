// SPDX-License-Identifier: GPL-3.0-or-later
// Walks: the stack of an allocation as a hash and, the first time, as a record; and whether an
// entry is inside an earlier call. Both go from the caller of the function that was entered, by the
// row table. Frames interrupted in a copy of an instruction count as frames at the original.
#include "config.h"

#include "capture/internal.h"

#include "base/hash.h"
#include "base/mem.h"

/** What the walks of one event need to know. */
struct path {
	struct capture *c;
	/** A frame was interrupted in a copy of an instruction. */
	bool has_copy;
	/** What the walk reads, if it is to be remembered. */
	struct memo_record record;
};

static bool row_of(const struct capture *c, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	return (c->ops->own_row && c->ops->own_row(c->owner, pc, is_call_site, ret)) ||
	       cfi_rows_get(c->rows, cfi_rows_key(pc, is_call_site), ret);
}

static bool find_row(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	struct path *path = ctx;
	struct capture *c = path->c;
	uint64_t original = is_call_site ? pc : c->ops->original_pc(c->owner, pc);

	path->has_copy |= original != pc;
	if (!row_of(c, original, is_call_site, ret))
		return false;
	// Interrupted frames are looked at anew.
	path->record.is_spoilt |= ret->kind == CFI_ROW_SIGNAL;
	return true;
}

static bool read_stack(void *ctx, uint64_t addr, uint64_t *ret)
{
	struct capture *c = ((struct path *)ctx)->c;

	return c->ops->read_stack(c->owner, addr, ret);
}

static bool read_and_note(void *ctx, uint64_t addr, uint64_t *ret)
{
	struct path *path = ctx;

	if (!read_stack(ctx, addr, ret)) {
		path->record.is_spoilt = true;
		return false;
	}
	memo_note(&path->record, addr, *ret);
	return true;
}

static struct walk_ops ops_of(struct path *path)
{
	return (struct walk_ops){find_row, read_stack, path, path->c->arch};
}

/** The caller of the function at whose first instruction the thread stands. False: its stack is
 *  unreadable. */
static bool first_frame(const struct walk_ops *ops, const struct capture_entry *at,
			struct walk_frame *ret)
{
	*ret = (struct walk_frame){.pc = at->addr};
	memcpy(ret->regs, at->regs, sizeof(ret->regs));
	return walk_leave_entry(ret, ops);
}

static void note_miss(struct capture *c, const struct walk_frame *frame)
{
	c->miss = *frame;
	if (!frame->is_call_site)
		c->miss.pc = c->ops->original_pc(c->owner, frame->pc);
}

static void map_copies(struct capture *c, struct walk_stack *stack)
{
	size_t i;

	for (i = 0; i < stack->num; i++)
		stack->pcs[i] = c->ops->original_pc(c->owner, stack->pcs[i]);
	stack->last_pc = c->ops->original_pc(c->owner, stack->last_pc);
}

static uint64_t hash_stack(const struct capture *c, const struct walk_stack *stack)
{
	uint64_t h = hash_u64(c->process->epoch + 1) ^ stack->total << 1 ^ (stack->stop != 0);
	size_t i;

	// Where it ended matters, even if the frame limit hides the place.
	if (stack->stop)
		h ^= hash_u64(stack->last_pc);
	for (i = 0; i < stack->num; i++) {
		h = (h ^ stack->pcs[i]) * 0x9fb21c651e98df25ull;
		h ^= h >> 29;
	}
	h = hash_u64(h);
	// 0 is no member of the known stacks, UINT64_MAX none of the reader's table.
	return h == 0 || h == UINT64_MAX ? 1 : h;
}

static void publish(struct capture *c, const struct walk_stack *stack, uint64_t hash)
{
	struct event_stack *event;
	size_t i;

	if (capture_known_has(c->known, hash))
		return;
	event = c->ops->emit_begin(c->owner, EVENT_STACK, sizeof(*event));
	if (!event)
		return;
	event->hash = hash;
	event->total = stack->total;
	event->num_pcs = stack->num;
	event->stop = stack->stop;
	event->last_pc = stack->stop ? stack->last_pc : 0;
	event->num_sure = (uint32_t)stack->num_sure;
	memset(event->callees, 0, sizeof(event->callees));
	for (i = 0; i < STACK_CALLEES && i + 1 < stack->num; i++)
		c->ops->callee(c->owner, stack->pcs[i + 1] + 1, event->callees[i]);
	c->ops->emit_end(c->owner, event, stack->pcs, stack->num * sizeof(uint64_t));
	// Not before the record is there: who finds the hash relies on it. Without room the set is
	// emptied.
	if (capture_known_is_full(c->known))
		c->ops->grow(c->owner, CAPTURE_TABLE_KNOWN);
	capture_known_add(c->known, hash);
}

static uint32_t room_of(const struct capture *c)
{
	return c->pcs_cap && c->pcs_cap < c->process->nframe ? c->pcs_cap : c->process->nframe;
}

static void count(struct capture *c, const struct memo_walk *walk)
{
	if (walk->is_truncated)
		c->ops->count(c->owner, CAPTURE_TRUNCATED);
	if (walk->has_failed)
		c->ops->count(c->owner, CAPTURE_FAILED);
}

/** The key of a walk from there. False: nothing is remembered of it. */
static bool key_of(struct capture *c, const struct capture_entry *at, struct memo_key *ret)
{
	uint64_t place;

	ret->regs = at->regs;
	ret->stack_end = c->stack_end;
	ret->bias = c->stack_bias;
	// Before any row is looked at.
	ret->generation = capture_generation(c);
	if (!c->memo)
		return false;
	if (!arch_return_place(c->arch, capture_sp_after(c, at->regs[WALK_SP]), &place)) {
		ret->return_addr = at->regs[c->arch->link];
		return true;
	}
	return c->stack_end > place && c->stack_end - place >= sizeof(uint64_t) &&
	       c->ops->read_stack(c->owner, place, &ret->return_addr) && !c->has_translated;
}

/** The hash of the walk that is to begin, if it is remembered and its stack still known; else 0. */
static uint64_t recall(struct capture *c, const struct memo_key *key)
{
	const struct memo_walk *found = memo_find(c->memo, key);

	if (!found || !capture_known_has(c->known, found->hash))
		return 0;
	if (!c->checks_memo)
		count(c, found);
	return found->hash;
}

/** A walk from frame on, which may be NULL: the stack is unreadable. Tell of it, and remember it:
 *  key NULL: not. */
static enum capture_result walk_and_tell(struct path *path, struct walk_ops *ops,
					 struct walk_frame *frame, const struct memo_key *key,
					 uint64_t *hash_ret)
{
	struct capture *c = path->c;
	struct walk_stack stack = {.pcs = c->pcs, .cap = room_of(c), .stop = WALK_STOP_UNREADABLE};
	struct memo_walk walk;

	if (frame)
		walk_stack(frame, ops, &stack);
	if (c->needs_slow)
		return CAPTURE_SLOW;
	if (stack.result == WALK_MISS) {
		note_miss(c, frame);
		return CAPTURE_MISS;
	}
	if (stack.total > stack.cap && stack.cap < c->process->nframe)
		return CAPTURE_SLOW;
	if (path->has_copy)
		map_copies(c, &stack);
	walk = (struct memo_walk){.hash = hash_stack(c, &stack), .is_truncated = stack.stop != 0};
	walk.has_failed = walk.is_truncated && stack.total <= 1;
	count(c, &walk);
	publish(c, &stack, walk.hash);
	if (key && !c->has_translated) {
		walk.regs = frame->used & (uint8_t) ~(1u << WALK_SP);
		memo_end(&path->record, key, &walk);
	}
	*hash_ret = walk.hash;
	return CAPTURE_DONE;
}

/** key: as in walk_and_tell(). Not inline: who recalls its walk shall not pay for what a walk
 *  needs. */
static __attribute__((noinline)) enum capture_result walk_from(struct capture *c,
							       const struct capture_entry *at,
							       const struct memo_key *key,
							       uint64_t *hash_ret,
							       uint64_t *return_addr_ret)
{
	struct path path = {.c = c};
	struct walk_ops ops = ops_of(&path);
	struct walk_frame frame;

	*return_addr_ret = 0;
	if (!first_frame(&ops, at, &frame))
		return walk_and_tell(&path, &ops, NULL, NULL, hash_ret);
	*return_addr_ret = frame.pc;
	if (key) {
		memo_begin(&path.record, c->memo, key);
		ops.read = read_and_note;
	}
	return walk_and_tell(&path, &ops, &frame, key, hash_ret);
}

enum capture_result capture_stack(struct capture *c, const struct capture_entry *at,
				  uint64_t *hash_ret, uint64_t *return_addr_ret)
{
	enum capture_result result;
	struct memo_key key;
	uint64_t recalled;

	c->has_translated = false;
	if (!key_of(c, at, &key))
		return walk_from(c, at, NULL, hash_ret, return_addr_ret);
	recalled = recall(c, &key);
	if (recalled && !c->checks_memo) {
		*hash_ret = recalled;
		*return_addr_ret = key.return_addr;
		return CAPTURE_DONE;
	}
	result = walk_from(c, at, &key, hash_ret, return_addr_ret);
	if (recalled && result == CAPTURE_DONE && *hash_ret != recalled)
		c->ops->count(c->owner, CAPTURE_MEMO_WRONG);
	return result;
}

bool capture_return_addr(struct capture *c, const struct capture_entry *at, uint64_t *ret)
{
	struct path path = {.c = c};
	struct walk_ops ops = ops_of(&path);
	struct walk_frame frame;

	if (!first_frame(&ops, at, &frame))
		return false;
	*ret = frame.pc;
	return true;
}

bool capture_is_on_stack(struct capture *c, uint64_t return_addr, uint64_t sp)
{
	uint64_t addr, word;

	// As long as a call is in progress its return address stays where it was pushed.
	if (!arch_return_place(c->arch, sp, &addr))
		return true;
	return c->ops->read_word(c->owner, addr, &word) && word == return_addr;
}

uint64_t capture_sp_after(const struct capture *c, uint64_t entry_sp)
{
	return entry_sp + c->arch->call_size;
}

enum capture_nesting capture_nesting(struct capture *c, const struct capture_entry *at,
				     uint64_t return_addr, uint64_t sp)
{
	struct path path = {.c = c};
	struct walk_ops ops = ops_of(&path);
	bool is_interrupted, is_handler = false;
	enum walk_result result;
	struct walk_frame frame;
	size_t depth = 0;

	if (!first_frame(&ops, at, &frame) || !capture_is_on_stack(c, return_addr, sp))
		return c->needs_slow ? NESTING_SLOW : NESTING_NONE;
	do {
		// Also if it was interrupted there: it has returned, and that was not seen yet.
		if (frame.pc == return_addr && frame.regs[WALK_SP] == sp)
			return is_handler ? NESTING_HANDLER : NESTING_INSIDE;
		result = walk_step(&frame, &ops, &is_interrupted);
		is_handler |= is_interrupted;
	} while (result == WALK_OK && ++depth < WALK_MAX_FRAMES);
	if (c->needs_slow)
		return NESTING_SLOW;
	if (result == WALK_MISS) {
		note_miss(c, &frame);
		return NESTING_MISS;
	}
	// A walk that broke off proves nothing; the intact return address above us is the better
	// guess.
	if (result == WALK_TRUNCATED && at->regs[WALK_SP] < sp)
		return NESTING_INSIDE;
	return NESTING_NONE;
}
