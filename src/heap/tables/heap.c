// SPDX-License-Identifier: GPL-3.0-or-later
// The counters of sites, and the state at the peak. A peak epoch begins with every new maximum of
// the live bytes. The first change of a site in an epoch saves its old values, which are those of
// the peak.
#include "config.h"

#include "heap/heap.h"

#include "base/hash.h"
#include "heap/tables/heap_internal.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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
	sampling_deinit(&heap->sampling);
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

void heap_set_sampling(struct heap *heap, uint64_t rate, uint64_t seed)
{
	assert(!heap->seq);
	heap->sampling.rate = rate;
	heap->sampling.seed = seed;
}

uint64_t heap_sample_rate(const struct heap *heap)
{
	return heap->sampling.rate;
}

static inline struct weight weigh(const struct heap *heap, const struct block *block)
{
	if (!heap->sampling.rate)
		return (struct weight){.bytes = block->size, .blocks = 1};
	return weight_of(block->size, heap->sampling.rate,
			 hash_u64(block->seq + heap->sampling.seed));
}

struct weight heap_weigh(const struct heap *heap, const struct block *block)
{
	return weigh(heap, block);
}

struct site_variance heap_alloc_site_variance(const struct heap *heap, uint32_t id, bool is_peak)
{
	return sampling_get(&heap->sampling, id, heap->epoch, is_peak);
}

struct heap_variance heap_variance(const struct heap *heap)
{
	return sampling_sum(&heap->sampling, heap->epoch);
}

struct err *heap_intern_alloc_site(struct heap *heap, uint32_t stack, uint32_t domain, int32_t tid,
				   uint32_t *ret)
{
	struct err *err =
		alloc_sites_intern(&heap->sites, stack, domain, tid, !heap->is_closed, ret);

	assert(stack < stacks_num(heap->stacks));
	if (err == &err_not_found) {
		*ret = heap->last_site;
		return NULL;
	}
	if (!err && heap->sampling.rate && !sampling_reserve(&heap->sampling, *ret))
		return &err_nomem;
	return err;
}

struct err *heap_define_alloc_site(struct heap *heap, uint32_t stack, uint32_t domain, int32_t tid,
				   uint32_t *ret)
{
	assert(stack < stacks_num(heap->stacks));
	return alloc_sites_intern(&heap->sites, stack, domain, tid, true, ret);
}

// Called before every change of a site's live counters: it keeps their values at the peak.
static void site_save(const struct heap *heap, struct alloc_site *site)
{
	if (site->saved.epoch == heap->epoch)
		return;
	site->saved.epoch = heap->epoch;
	site->saved.blocks = site->live_blocks;
	site->saved_bytes = site->live_bytes;
}

static void live_add(struct heap *heap, const struct block *block)
{
	struct alloc_site *site = site_get(heap, block->site);
	struct weight weight = weigh(heap, block);

	if (heap->older.sizes.num)
		older_live_add(&heap->older, block->size);
	site_save(heap, site);
	if (heap->sampling.rate)
		sampling_add(&heap->sampling, block->site, heap->epoch, &weight);
	site->live_bytes += weight.bytes;
	site->live_blocks += weight.blocks;
	heap->totals.live_bytes += weight.bytes;
	heap->totals.live_blocks += weight.blocks;
}

static void live_subtract(struct heap *heap, const struct block *block)
{
	struct alloc_site *site = site_get(heap, block->site);
	struct weight weight = weigh(heap, block);

	if (heap->older.sizes.num)
		older_live_subtract(&heap->older, block->size);
	site_save(heap, site);
	site->live_bytes -= weight.bytes;
	site->live_blocks -= weight.blocks;
	heap->totals.live_bytes -= weight.bytes;
	heap->totals.live_blocks -= weight.blocks;
	if (heap->sampling.rate)
		sampling_subtract(&heap->sampling, block->site, heap->epoch, &weight,
				  site->live_blocks != 0);
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

// Counters must go down by what they went up. So the size is cut here, as the table cuts it.
static struct block new_block(const struct heap *heap, uint64_t addr, uint64_t size, uint32_t site)
{
	return (struct block){
		.addr = addr,
		.size = size > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : size,
		.site = site,
		.seq = heap->seq + 1,
	};
}

static void count_alloc(struct heap *heap, const struct block *block)
{
	struct alloc_site *site = site_get(heap, block->site);
	struct weight weight = weigh(heap, block);

	heap->seq++;
	if (heap->sampling.rate)
		sampling_count(&heap->sampling, block->site, &weight);
	site->total_bytes += weight.bytes;
	site->total_blocks += weight.blocks;
	heap->totals.total_bytes += weight.bytes;
	heap->totals.total_blocks += weight.blocks;
}

struct err *heap_alloc(struct heap *heap, uint64_t addr, uint64_t size, uint32_t stack,
		       uint32_t domain, int32_t tid)
{
	uint32_t site;
	struct err *err = heap_intern_alloc_site(heap, stack, domain, tid, &site);

	return err ? err : heap_alloc_at_site(heap, addr, size, site);
}

struct err *heap_alloc_at_site(struct heap *heap, uint64_t addr, uint64_t size, uint32_t site)
{
	struct block block = new_block(heap, addr, size, site);
	struct err *err = enter(heap, &block);

	if (!err)
		count_alloc(heap, &block);
	return err;
}

void heap_alloc_brief(struct heap *heap, uint64_t addr, uint64_t size, uint32_t site,
		      bool is_absent, struct block *ret)
{
	struct block old;

	*ret = new_block(heap, addr, size, site);
	if (!is_absent && blocks_remove(heap->blocks, addr, &old)) {
		heap->totals.replaced++;
		live_subtract(heap, &old);
	}
	live_add(heap, ret);
	note_peak(heap);
	count_alloc(heap, ret);
}

void heap_take_brief(struct heap *heap, const struct block *block)
{
	live_subtract(heap, block);
}

void heap_free_brief(struct heap *heap, const struct block *block)
{
	live_subtract(heap, block);
	heap->totals.frees++;
}

void heap_count_unrecorded(struct heap *heap, uint64_t size)
{
	struct block block = {.size = size > BLOCK_SIZE_MAX ? BLOCK_SIZE_MAX : size};
	struct weight weight = heap_weigh(heap, &block);

	heap->totals.total_bytes += weight.bytes;
	heap->totals.total_blocks += weight.blocks;
	heap->totals.unrecorded_bytes += weight.bytes;
	heap->totals.unrecorded_blocks += weight.blocks;
}

struct err *heap_close_alloc_sites(struct heap *heap, uint32_t stack)
{
	struct err *err = heap_intern_alloc_site(heap, stack, DOMAIN_MALLOC, 0, &heap->last_site);

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

void heap_clear(struct heap *heap)
{
	uint32_t id;

	blocks_clear(heap->blocks);
	for (id = 0; id < heap->sites.num; id++) {
		struct alloc_site *site = site_get(heap, id);

		// The identity of a site must not change: it is read without lock while a snapshot
		// is stored.
		memset(&site->saved, 0, sizeof(*site) - offsetof(struct alloc_site, saved));
	}
	older_clear(&heap->older);
	sampling_clear(&heap->sampling);
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
	bool is_saved = site->saved.epoch == heap->epoch;

	*bytes_ret = is_saved ? site->saved_bytes : site->live_bytes;
	*blocks_ret = is_saved ? site->saved.blocks : site->live_blocks;
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

uint64_t heap_cleared_seq(const struct heap *heap)
{
	return heap->cleared_seq;
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
		    alloc_sites_memory(&heap->sites) + sampling_memory(&heap->sampling);
}
