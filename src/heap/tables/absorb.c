// SPDX-License-Identifier: GPL-3.0-or-later
// The heap of a process that has ended becomes part of a common one.
#include "config.h"

#include "heap/heap.h"

#include "base/vec.h"
#include "heap/tables/heap_internal.h"

/** The sites of another heap, and the sites of this heap that they become. */
struct absorbing {
	VEC(uint32_t) ids;
	VEC(uint32_t) sites;
};

static bool is_used(const struct alloc_site *site)
{
	return site->total_blocks || site->live_blocks || site->saved.blocks;
}

static struct err *map_sites(struct heap *heap, const struct heap *from,
			     struct err *(*map_stack)(void *ctx, uint32_t stack, uint32_t *ret),
			     void *ctx, struct absorbing *ret)
{
	const struct alloc_site *site;
	struct err *err = NULL;
	uint32_t id, stack, new_id;

	for (id = 0; id < from->sites.num && !err; id++) {
		site = alloc_sites_get(&from->sites, id);
		if (!is_used(site))
			continue;
		err = map_stack(ctx, site->stack, &stack);
		if (!err)
			err = heap_intern_alloc_site(heap, stack, site->domain, 0, &new_id);
		if (!err && (!vec_push(&ret->ids, new_id) || !vec_push(&ret->sites, id)))
			err = &err_nomem;
	}
	return err;
}

static void add_site(struct heap *heap, struct alloc_site *to, const struct heap *from, uint32_t id)
{
	const struct alloc_site *site = alloc_sites_get(&from->sites, id);
	uint64_t bytes, blocks;

	// Each site's value at the peak of its own process, so that they sum up to the sum of the
	// peaks.
	to->saved.epoch = heap->epoch;
	heap_alloc_site_at_peak(from, id, &bytes, &blocks);
	to->saved_bytes += bytes;
	to->saved.blocks += blocks;
	to->total_bytes += site->total_bytes;
	to->total_blocks += site->total_blocks;
	to->live_bytes += site->live_bytes;
	to->live_blocks += site->live_blocks;
}

static void add_variance(struct heap *heap, uint32_t to, const struct heap *from, uint32_t id)
{
	struct site_variance now = heap_alloc_site_variance(from, id, false);
	struct site_variance at_peak = heap_alloc_site_variance(from, id, true);

	if (from->sampling.rate)
		sampling_absorb(&heap->sampling, to, heap->epoch, &now, &at_peak.live);
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
	for (i = 0; i < absorbing.ids.num && !err; i++) {
		add_site(heap, alloc_sites_get(&heap->sites, absorbing.ids.items[i]), from,
			 absorbing.sites.items[i]);
		add_variance(heap, absorbing.ids.items[i], from, absorbing.sites.items[i]);
	}
	if (!err)
		add_totals(&heap->totals, &totals);
	vec_deinit(&absorbing.ids);
	vec_deinit(&absorbing.sites);
	return err;
}
