// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session.h"

#include "base/clock.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/history.h"
#include "supervisor/query/snapshots.h"

struct stack session_stack(struct session *s, uint32_t stack_id)
{
	struct stack stack;

	session_lock(s);
	stack = stacks_get(heap_stacks(s->heap), stack_id);
	session_unlock(s);
	return stack;
}

static struct session_block describe(const struct session *s, const struct block *block)
{
	const struct site *site = heap_site(s->heap, block->site);
	uint64_t now = s->end_ns ? s->end_ns : clock_now_ns(),
		 then = history_time_of(s, block->seq);

	return (struct session_block){
		.addr = block->addr & ~SESSION_UPPER,
		.size = block->size,
		.domain = site->domain,
		.tid = site->tid,
		.stack = site->stack,
		.age_ns = now > then ? now - then : 0,
	};
}

struct err *session_where(struct session *s, uint64_t addr, struct session_block *ret)
{
	struct err *err = snapshots_check_blocks(s);
	struct block block;
	bool is_found;

	if (err)
		return err;
	session_lock(s);
	drain_now(s);
	// What lies in a block of malloc tells more than that block.
	is_found = addr < SESSION_UPPER && (heap_find(s->heap, addr | SESSION_UPPER, &block) ||
					    heap_find(s->heap, addr, &block));
	if (is_found)
		*ret = describe(s, &block);
	session_unlock(s);
	return is_found ? NULL : &err_not_found;
}

struct collecting {
	struct session *s;
	struct session_block *blocks;
	size_t num;
};

static void collect_block(void *ctx, const struct block *block)
{
	struct collecting *c = ctx;

	c->blocks[c->num++] = describe(c->s, block);
}

static int compare_addr(const void *a, const void *b)
{
	const struct session_block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

struct err *session_blocks(struct session *s, struct session_block **ret, size_t *num_ret)
{
	struct collecting c = {.s = s};
	struct err *err = snapshots_check_blocks(s);
	size_t num;

	if (err)
		return err;
	session_lock(s);
	drain_now(s);
	num = blocks_num(heap_blocks(s->heap));
	c.blocks = malloc((num + 1) * sizeof(*c.blocks));
	if (c.blocks)
		blocks_each(heap_blocks(s->heap), collect_block, &c);
	session_unlock(s);
	if (!c.blocks)
		return &err_nomem;
	qsort(c.blocks, c.num, sizeof(*c.blocks), compare_addr);
	*ret = c.blocks;
	*num_ret = c.num;
	return NULL;
}
