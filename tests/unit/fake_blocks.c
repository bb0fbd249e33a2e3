// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/blocks.h"

#include "base/clock.h"
#include "fake_traced.h"

struct stack traced_stack(struct traced *t, uint32_t stack_id)
{
	return stacks_get(heap_stacks(t->heap), stack_id);
}

static struct traced_block describe(const struct traced *t, const struct block *block)
{
	const struct alloc_site *site = heap_alloc_site(t->heap, block->site);

	return (struct traced_block){.addr = block->addr,
				     .size = block->size,
				     .domain = site->domain,
				     .tid = site->tid,
				     .stack = site->stack,
				     .age_ns = 3200 * NS_PER_MS};
}

struct err *traced_where(struct traced *t, uint64_t addr, struct traced_block *ret)
{
	struct block block;

	if (!heap_find(t->heap, addr, &block))
		return &err_not_found;
	*ret = describe(t, &block);
	return NULL;
}

struct collecting {
	const struct traced *t;
	VEC(struct traced_block) blocks;
};

static void collect(void *ctx, const struct block *block)
{
	struct collecting *c = ctx;

	if (!vec_push(&c->blocks, describe(c->t, block)))
		abort();
}

static int compare_addr(const void *a, const void *b)
{
	const struct traced_block *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

struct err *traced_blocks(struct traced *t, struct traced_block **ret, size_t *num_ret)
{
	struct collecting c = {.t = t};

	blocks_each(heap_blocks(t->heap), collect, &c);
	if (c.blocks.num)
		qsort(c.blocks.items, c.blocks.num, sizeof(c.blocks.items[0]), compare_addr);
	*ret = c.blocks.items;
	*num_ret = c.blocks.num;
	return NULL;
}
