// SPDX-License-Identifier: GPL-3.0-or-later
// A pool remembers its blocks with their numbers, so that it does not free what another pool has
// put at the address of a block that was freed by itself. Such entries are swept out before the
// list grows.
#include "config.h"

#include "supervisor/drain/pools.h"

#include "supervisor/drain/measuring.h"

#include <stdlib.h>

#define FIRST_CAP 16

struct pool_block {
	uint64_t addr;
	uint64_t seq;
};

struct pool {
	/** While pools are destroyed: another one that is. */
	struct pool *next;
	size_t num;
	size_t cap;
	struct pool_block blocks[];
};

static bool is_live(const struct traced *t, const struct pool_block *entry)
{
	struct block block;

	return heap_get(t->heap, entry->addr, &block) && block.seq == entry->seq;
}

static void sweep(const struct traced *t, struct pool *pool)
{
	size_t num = 0, i;

	for (i = 0; i < pool->num; i++)
		if (is_live(t, &pool->blocks[i]))
			pool->blocks[num++] = pool->blocks[i];
	pool->num = num;
}

static struct pool *find(const struct traced *t, uint64_t handle)
{
	const uint64_t *found = hmap_find(&t->pools, handle);

	return found ? (struct pool *)*found : NULL;
}

/** The pool with room for one block more, or NULL. */
static struct pool *make_room(struct traced *t, uint64_t handle)
{
	struct pool *pool = find(t, handle), *grown;
	size_t cap = pool ? pool->cap : 0;

	if (pool && pool->num < cap)
		return pool;
	if (pool) {
		sweep(t, pool);
		// Nearly full, it would be swept again and again.
		if (pool->num <= cap / 2)
			return pool;
	}
	cap = cap ? 2 * cap : FIRST_CAP;
	grown = malloc(sizeof(*grown) + cap * sizeof(*grown->blocks));
	if (!grown)
		return NULL;
	*grown = (struct pool){.cap = cap};
	for (; pool && grown->num < pool->num; grown->num++)
		grown->blocks[grown->num] = pool->blocks[grown->num];
	if (!hmap_set(&t->pools, handle, (uint64_t)grown)) {
		free(grown);
		return NULL;
	}
	free(pool);
	return grown;
}

struct err *pools_add(struct traced *t, uint64_t handle, uint64_t addr)
{
	struct block block;
	struct pool *pool;

	if (handle == HMAP_NO_KEY || !heap_get(t->heap, addr, &block))
		return NULL;
	pool = make_room(t, handle);
	if (!pool)
		return &err_nomem;
	pool->blocks[pool->num++] = (struct pool_block){addr, block.seq};
	return NULL;
}

static void free_block(struct traced *t, int32_t tid, uint64_t addr)
{
	if (t->measuring)
		measuring_free(t, tid, addr);
	heap_free(t->heap, addr);
}

/** One pool, whose blocks may be handles: of these, chain those that are. */
static void destroy_one(struct traced *t, int32_t tid, struct pool *pool, struct pool **chain)
{
	struct pool *inner;
	uint64_t handle;
	size_t i;

	for (i = 0; i < pool->num; i++) {
		if (!is_live(t, &pool->blocks[i]))
			continue;
		free_block(t, tid, pool->blocks[i].addr);
		handle = pool->blocks[i].addr & ~BLOCK_LAYERED;
		inner = find(t, handle);
		if (!inner)
			continue;
		hmap_remove(&t->pools, handle);
		inner->next = *chain;
		*chain = inner;
	}
}

void pools_destroy(struct traced *t, int32_t tid, uint64_t handle)
{
	struct pool *chain = find(t, handle), *pool;
	struct block block;

	if (heap_get(t->heap, handle | BLOCK_LAYERED, &block))
		free_block(t, tid, handle | BLOCK_LAYERED);
	if (chain)
		hmap_remove(&t->pools, handle);
	while (chain) {
		pool = chain;
		chain = pool->next;
		destroy_one(t, tid, pool, &chain);
		free(pool);
	}
}

void pools_clear(struct traced *t)
{
	hmap_deinit_owned(&t->pools);
}
