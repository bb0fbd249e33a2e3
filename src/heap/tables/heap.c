// SPDX-License-Identifier: GPL-3.0-or-later
// The counters of sites, and the state at the peak. A peak epoch begins with every new maximum of
// the live bytes. The first change of a site in an epoch saves its old values, which are those of
// the peak.
#include "config.h"

#include "heap/heap.h"

#include "base/vec.h"
#include "heap/tables/alloc_sites.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct heap {
	struct stacks *stacks;
	struct blocks *blocks;
	struct alloc_sites sites;
	struct older older;
	struct heap_totals totals;
	/** Advances at every new maximum of live_bytes; from 1. */
	uint64_t epoch;
	uint64_t seq;
	/** heap_close_alloc_sites(): there is no new site any more, but this one. */
	bool is_closed;
	uint32_t last_site;
	/** seq at the last heap_clear(): older blocks must not come back from a failed realloc. */
	uint64_t cleared_seq;
};

struct err *heap_create(struct heap **ret)
{
	struct heap *heap = calloc(1, sizeof(*heap));
	struct err *err;

	if (!heap)
		return &err_nomem;
	heap->epoch = 1;
	err = alloc_sites_init(&heap->sites);
	if (!err)
		err = stacks_create(&heap->stacks);
	if (!err)
		err = blocks_create(&heap->blocks);
	if (err) {
		heap_destroy(heap);
		return err;
	}
	*ret = heap;
	return NULL;
}

void heap_destroy(struct heap *heap)
{
	if (!heap)
		return;
	stacks_destroy(heap->stacks);
	blocks_destroy(heap->blocks);
	alloc_sites_deinit(&heap->sites);
	older_deinit(&heap->older);
	free(heap);
}

struct stacks *heap_stacks(const struct heap *heap)
{
	return heap->stacks;
}

static struct alloc_site *site_get(const struct heap *heap, uint32_t id)
{
	return alloc_sites_get(&heap->sites, id);
}

/** is_counted: the site is for blocks of this heap, not for those of a loaded snapshot. */
static struct err *site_intern(struct heap *heap, uint32_t stack, uint32_t domain, int32_t tid,
			       bool is_counted, uint32_t *ret)
{
	bool may_add = !is_counted || !heap->is_closed;
	struct err *err = alloc_sites_intern(&heap->sites, stack, domain, tid, may_add, ret);

	if (err != &err_not_found)
		return err;
	*ret = heap->last_site;
	return NULL;
}

struct err *heap_define_alloc_site(struct heap *heap, uint32_t stack, uint32_t domain, int32_t tid,
				   uint32_t *ret)
{
	assert(stack < stacks_num(heap->stacks));
	return site_intern(heap, stack, domain, tid, false, ret);
}

// Called before every change of a site's live counters: it keeps their values at the peak.
static void site_save(const struct heap *heap, struct alloc_site *site)
{
	if (site->saved_epoch == heap->epoch)
		return;
	site->saved_epoch = heap->epoch;
	site->saved_bytes = site->live_bytes;
	site->saved_blocks = site->live_blocks;
}

static void live_add(struct heap *heap, const struct block *block)
{
	struct alloc_site *site = site_get(heap, block->site);

	older_live_add(&heap->older, block->size);
	site_save(heap, site);
	site->live_bytes += block->size;
	site->live_blocks++;
	heap->totals.live_bytes += block->size;
	heap->totals.live_blocks++;
}

static void live_subtract(struct heap *heap, const struct block *block)
{
	struct alloc_site *site = site_get(heap, block->site);

	older_live_subtract(&heap->older, block->size);
	site_save(heap, site);
	site->live_bytes -= block->size;
	site->live_blocks--;
	heap->totals.live_bytes -= block->size;
	heap->totals.live_blocks--;
}

// At a new maximum a new epoch begins. What was saved before is out of date; the live values are
// those of the peak.
static void note_peak(struct heap *heap)
{
	if (heap->totals.live_bytes <= heap->totals.peak_bytes)
		return;
	heap->totals.peak_bytes = heap->totals.live_bytes;
	heap->totals.peak_blocks = heap->totals.live_blocks;
	heap->epoch++;
}

static struct err *enter(struct heap *heap, const struct block *block)
{
	struct block old;
	bool is_replaced;
	struct err *err = blocks_add(heap->blocks, block, &is_replaced, &old);

	if (err)
		return err;
	if (is_replaced) {
		heap->totals.replaced++;
		live_subtract(heap, &old);
	}
	live_add(heap, block);
	note_peak(heap);
	return NULL;
}

struct err *heap_alloc(struct heap *heap, uint64_t addr, uint64_t size, uint32_t stack,
		       uint32_t domain, int32_t tid)
{
	struct block block = {.addr = addr, .seq = heap->seq + 1};
	struct alloc_site *site;
	struct err *err;

	assert(stack < stacks_num(heap->stacks));
	// Counters must go down by what they went up. So the size is cut here, as the table cuts
	// it.
	block.size = size > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : size;
	err = site_intern(heap, stack, domain, tid, true, &block.site);
	if (!err)
		err = enter(heap, &block);
	if (err)
		return err;
	heap->seq++;
	site = site_get(heap, block.site);
	site->total_bytes += block.size;
	site->total_blocks++;
	heap->totals.total_bytes += block.size;
	heap->totals.total_blocks++;
	return NULL;
}

void heap_count_unrecorded(struct heap *heap, uint64_t size)
{
	heap->totals.total_bytes += size;
	heap->totals.total_blocks++;
	heap->totals.unrecorded_bytes += size;
	heap->totals.unrecorded_blocks++;
}

struct err *heap_close_alloc_sites(struct heap *heap, uint32_t stack)
{
	struct err *err = site_intern(heap, stack, DOMAIN_MALLOC, 0, true, &heap->last_site);

	if (!err)
		heap->is_closed = true;
	return err;
}

bool heap_is_closed(const struct heap *heap)
{
	return heap->is_closed;
}

void heap_limit_blocks(struct heap *heap, size_t memory)
{
	blocks_limit(heap->blocks, memory);
}

bool heap_take(struct heap *heap, uint64_t addr, struct block *ret)
{
	if (!blocks_remove(heap->blocks, addr, ret))
		return false;
	live_subtract(heap, ret);
	return true;
}

bool heap_free(struct heap *heap, uint64_t addr)
{
	struct block block;

	if (!addr)
		return false;
	if (!heap_take(heap, addr, &block)) {
		heap->totals.unknown_frees++;
		return false;
	}
	heap->totals.frees++;
	return true;
}

struct err *heap_free_older(struct heap *heap, uint64_t usable, uint64_t low)
{
	return older_freed(&heap->older, usable, low, heap->epoch);
}

struct err *heap_note_usable(struct heap *heap, uint64_t requested, uint64_t usable, uint64_t low)
{
	return older_traced(&heap->older, requested, usable, low);
}

void heap_note_live(struct heap *heap, uint64_t requested)
{
	older_live_add(&heap->older, requested);
}

struct err *heap_put_back(struct heap *heap, const struct block *block)
{
	if (block->seq <= heap->cleared_seq)
		return NULL;
	return enter(heap, block);
}

/** The sites of another heap, and the sites of this heap that they become. */
struct absorbing {
	VEC(uint32_t) ids;
	VEC(uint32_t) sites;
};

static bool is_used(const struct alloc_site *site)
{
	return site->total_blocks || site->live_blocks || site->saved_blocks;
}

static struct err *map_sites(struct heap *heap, const struct heap *from,
			     struct err *(*map_stack)(void *ctx, uint32_t stack, uint32_t *ret),
			     void *ctx, struct absorbing *ret)
{
	const struct alloc_site *site;
	struct err *err = NULL;
	uint32_t id, stack, new_id;

	for (id = 0; id < from->sites.num && !err; id++) {
		site = site_get(from, id);
		if (!is_used(site))
			continue;
		err = map_stack(ctx, site->stack, &stack);
		if (!err)
			err = site_intern(heap, stack, site->domain, 0, true, &new_id);
		if (!err && (!vec_push(&ret->ids, new_id) || !vec_push(&ret->sites, id)))
			err = &err_nomem;
	}
	return err;
}

static void add_site(struct heap *heap, struct alloc_site *to, const struct heap *from, uint32_t id)
{
	const struct alloc_site *site = site_get(from, id);
	uint64_t bytes, blocks;

	// Each site's value at the peak of its own process, so that they sum up to the sum of the
	// peaks.
	to->saved_epoch = heap->epoch;
	heap_alloc_site_at_peak(from, id, &bytes, &blocks);
	to->saved_bytes += bytes;
	to->saved_blocks += blocks;
	to->total_bytes += site->total_bytes;
	to->total_blocks += site->total_blocks;
	to->live_bytes += site->live_bytes;
	to->live_blocks += site->live_blocks;
}

static void add_totals(struct heap_totals *to, const struct heap_totals *from)
{
	const uint64_t *values = (const uint64_t *)from;
	uint64_t *sums = (uint64_t *)to;
	size_t i;

	_Static_assert(sizeof(*to) == 13 * sizeof(*sums), "nothing but sums");
	for (i = 0; i < sizeof(*to) / sizeof(*sums); i++)
		sums[i] += values[i];
}

struct err *heap_absorb(struct heap *heap, const struct heap *from,
			struct err *(*map_stack)(void *ctx, uint32_t stack, uint32_t *ret),
			void *ctx)
{
	struct heap_totals totals = heap_totals(from);
	struct absorbing absorbing = {0};
	struct err *err = map_sites(heap, from, map_stack, ctx, &absorbing);
	size_t i;

	if (!err)
		err = older_absorb(&heap->older, &from->older, from->epoch, heap->epoch);
	if (!err) {
		for (i = 0; i < absorbing.ids.num; i++)
			add_site(heap, site_get(heap, absorbing.ids.items[i]), from,
				 absorbing.sites.items[i]);
		add_totals(&heap->totals, &totals);
	}
	vec_deinit(&absorbing.ids);
	vec_deinit(&absorbing.sites);
	return err;
}

void heap_clear(struct heap *heap)
{
	uint32_t id;

	blocks_clear(heap->blocks);
	for (id = 0; id < heap->sites.num; id++) {
		struct alloc_site *site = site_get(heap, id);

		// The identity of a site must not change: it is read without lock while a snapshot
		// is stored.
		memset(&site->total_bytes, 0,
		       sizeof(*site) - offsetof(struct alloc_site, total_bytes));
	}
	older_clear(&heap->older);
	heap->totals = (struct heap_totals){0};
	heap->cleared_seq = heap->seq;
}

void heap_reset_peak(struct heap *heap)
{
	heap->totals.peak_bytes = heap->totals.live_bytes;
	heap->totals.peak_blocks = heap->totals.live_blocks;
	heap->epoch++;
}

struct heap_totals heap_totals(const struct heap *heap)
{
	struct heap_totals totals = heap->totals;

	totals.older_frees = heap->older.num_freed;
	totals.older_unsized = heap->older.num_unsized;
	return totals;
}

size_t heap_num_alloc_sites(const struct heap *heap)
{
	return heap->sites.num;
}

const struct alloc_site *heap_alloc_site(const struct heap *heap, uint32_t id)
{
	return site_get(heap, id);
}

void heap_alloc_site_at_peak(const struct heap *heap, uint32_t id, uint64_t *bytes_ret,
			     uint64_t *blocks_ret)
{
	const struct alloc_site *site = site_get(heap, id);
	bool is_saved = site->saved_epoch == heap->epoch;

	*bytes_ret = is_saved ? site->saved_bytes : site->live_bytes;
	*blocks_ret = is_saved ? site->saved_blocks : site->live_blocks;
}

uint64_t heap_older_size(const struct heap *heap)
{
	return older_size(&heap->older);
}

struct err *heap_copy_older(const struct heap *heap, bool is_peak, struct older_class **ret,
			    size_t *num_ret, uint64_t *unsized_ret)
{
	return older_copy(&heap->older, is_peak, heap->epoch, ret, num_ret, unsized_ret);
}

uint64_t heap_seq(const struct heap *heap)
{
	return heap->seq;
}

bool heap_get(const struct heap *heap, uint64_t addr, struct block *ret)
{
	return blocks_get(heap->blocks, addr, ret);
}

bool heap_find(const struct heap *heap, uint64_t addr, struct block *ret)
{
	return blocks_find(heap->blocks, addr, ret);
}

const struct blocks *heap_blocks(const struct heap *heap)
{
	return heap->blocks;
}

void heap_memory(const struct heap *heap, size_t *blocks_ret, size_t *rest_ret)
{
	*blocks_ret = blocks_memory(heap->blocks);
	*rest_ret = sizeof(*heap) + stacks_memory(heap->stacks) + older_memory(&heap->older) +
		    alloc_sites_memory(&heap->sites);
}
