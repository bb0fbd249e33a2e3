// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/blocks.h"

#include "base/clock.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/history.h"
#include "supervisor/query/snapshots.h"

struct stack traced_stack(struct traced *t, uint32_t stack_id)
{
	struct stack stack;

	traced_lock(t);
	stack = stacks_get(heap_stacks(t->heap), stack_id);
	traced_unlock(t);
	return stack;
}

static struct traced_block describe(const struct traced *t, const struct block *block)
{
	const struct alloc_site *site = heap_alloc_site(t->heap, block->site);
	uint64_t now = t->end_ns ? t->end_ns : clock_now_ns(),
		 then = history_time_of(t->history, block->seq, now);

	return (struct traced_block){
		.addr = block->addr & ~BLOCK_LAYERED,
		.size = block->size,
		.domain = site->domain,
		.tid = site->tid,
		.stack = site->stack,
		.age_ns = now > then ? now - then : 0,
	};
}

struct err *traced_where(struct traced *t, uint64_t addr, struct traced_block *ret)
{
	struct err *err = snapshots_check_blocks(t);
	struct block block;
	bool is_found;

	if (err)
		return err;
	traced_lock(t);
	drain_now(t);
	// What lies in a block of malloc tells more than that block.
	is_found = addr < BLOCK_LAYERED && (heap_find(t->heap, addr | BLOCK_LAYERED, &block) ||
					    heap_find(t->heap, addr, &block));
	if (is_found)
		*ret = describe(t, &block);
	traced_unlock(t);
	return is_found ? NULL : &err_not_found;
}

struct collecting {
	struct traced *t;
	struct traced_block *blocks;
	size_t num;
};

static void collect_block(void *ctx, const struct block *block)
{
	struct collecting *c = ctx;

	c->blocks[c->num++] = describe(c->t, block);
}

static int compare_addr(const void *a, const void *b)
{
	const struct traced_block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

struct err *traced_blocks(struct traced *t, struct traced_block **ret, size_t *num_ret)
{
	struct collecting c = {.t = t};
	struct err *err = snapshots_check_blocks(t);
	size_t num;

	if (err)
		return err;
	traced_lock(t);
	drain_now(t);
	num = blocks_num(heap_blocks(t->heap));
	c.blocks = malloc((num + 1) * sizeof(*c.blocks));
	if (c.blocks)
		blocks_each(heap_blocks(t->heap), collect_block, &c);
	traced_unlock(t);
	if (!c.blocks)
		return &err_nomem;
	qsort(c.blocks, c.num, sizeof(*c.blocks), compare_addr);
	*ret = c.blocks;
	*num_ret = c.num;
	return NULL;
}
