// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/snapshot.h"

#include <string.h>

static struct err *snapshot_new(const struct heap *heap, const char *name, struct snapshot **ret)
{
	_cleanup_snapshot_ struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return &err_nomem;
	snapshot->name = strdup(name);
	snapshot->heap = heap;
	snapshot->totals = heap_totals(heap);
	snapshot->seq = heap_seq(heap);
	snapshot->first_seq = SNAPSHOT_NO_SEQ;
	snapshot->sites = malloc((heap_num_alloc_sites(heap) + 1) * sizeof(*snapshot->sites));
	snapshot->sample_rate = heap_sample_rate(heap);
	if (snapshot->sample_rate)
		snapshot->variances =
			malloc((heap_num_alloc_sites(heap) + 1) * sizeof(*snapshot->variances));
	if (!snapshot->name || !snapshot->sites || (snapshot->sample_rate && !snapshot->variances))
		return &err_nomem;
	*ret = no_cleanup_ptr(snapshot);
	return NULL;
}

static struct err *copy_older(struct snapshot *snapshot, bool is_peak)
{
	struct heap_totals *totals = &snapshot->totals;
	struct err *err = heap_copy_older(snapshot->heap, is_peak, &snapshot->older,
					  &snapshot->num_older, &snapshot->older_unsized);
	size_t i;

	if (err)
		return err;
	totals->older_frees = totals->older_unsized = snapshot->older_unsized;
	for (i = 0; i < snapshot->num_older; i++)
		totals->older_frees += snapshot->older[i].freed_blocks;
	return NULL;
}

static void add_site(struct snapshot *snapshot, const struct snapshot_site *site,
		     const struct site_variance *variance)
{
	if (!site->total_blocks && !site->live_blocks)
		return;
	if (snapshot->variances)
		snapshot->variances[snapshot->num_sites] = *variance;
	snapshot->sites[snapshot->num_sites++] = *site;
}

static bool count_live_stacks(struct snapshot *snapshot)
{
	size_t num_stacks = stacks_num(heap_stacks(snapshot->heap)), i;
	_cleanup_free_ bool *is_live = calloc(num_stacks + 1, sizeof(*is_live));

	if (!is_live)
		return false;
	for (i = 0; i < snapshot->num_sites; i++) {
		const struct snapshot_site *site = &snapshot->sites[i];
		uint32_t stack = heap_alloc_site(snapshot->heap, site->site)->stack;

		if (site->live_blocks && !is_live[stack]) {
			is_live[stack] = true;
			snapshot->num_live_stacks++;
		}
	}
	return true;
}

/** Ends the making of a snapshot. err is the error of what came before; it is returned. */
static struct err *finish(struct snapshot *snapshot, struct err *err, struct snapshot **ret)
{
	if (!err && !count_live_stacks(snapshot))
		err = &err_nomem;
	if (err) {
		snapshot_destroy(snapshot);
		return err;
	}
	*ret = snapshot;
	return NULL;
}

struct err *snapshot_create(const struct heap *heap, const char *name, struct snapshot **ret)
{
	struct snapshot *snapshot;
	struct err *err = snapshot_new(heap, name, &snapshot);
	uint32_t id;

	if (err)
		return err;
	snapshot->first_seq = heap_cleared_seq(heap);
	for (id = 0; id < heap_num_alloc_sites(heap); id++) {
		const struct alloc_site *site = heap_alloc_site(heap, id);
		struct site_variance variance = heap_alloc_site_variance(heap, id, false);
		struct snapshot_site now = {
			.site = id,
			.live_bytes = site->live_bytes,
			.live_blocks = site->live_blocks,
			.total_bytes = site->total_bytes,
			.total_blocks = site->total_blocks,
		};

		add_site(snapshot, &now, &variance);
	}
	return finish(snapshot, copy_older(snapshot, false), ret);
}

struct err *snapshot_create_peak(const struct heap *heap, const char *name, struct snapshot **ret)
{
	struct snapshot *snapshot;
	struct err *err = snapshot_new(heap, name, &snapshot);
	uint32_t id;

	if (err)
		return err;
	snapshot->totals.live_bytes = snapshot->totals.peak_bytes;
	snapshot->totals.live_blocks = snapshot->totals.peak_blocks;
	snapshot->seq = SNAPSHOT_NO_SEQ;
	for (id = 0; id < heap_num_alloc_sites(heap); id++) {
		const struct alloc_site *site = heap_alloc_site(heap, id);
		struct site_variance variance = heap_alloc_site_variance(heap, id, true);
		struct snapshot_site at_peak = {
			.site = id,
			.total_bytes = site->total_bytes,
			.total_blocks = site->total_blocks,
		};

		heap_alloc_site_at_peak(heap, id, &at_peak.live_bytes, &at_peak.live_blocks);
		add_site(snapshot, &at_peak, &variance);
	}
	return finish(snapshot, copy_older(snapshot, true), ret);
}

struct since {
	const struct heap *heap;
	uint64_t seq;
	/** By site. */
	struct snapshot_site *sites;
	struct site_variance *variances;
	struct heap_totals totals;
};

static void add_block(void *ctx, const struct block *block)
{
	struct since *since = ctx;
	struct snapshot_site *site = &since->sites[block->site];
	struct weight weight;

	if (block->seq <= since->seq)
		return;
	weight = heap_weigh(since->heap, block);
	site->site = block->site;
	site->live_bytes += weight.bytes;
	site->live_blocks += weight.blocks;
	since->totals.live_bytes += weight.bytes;
	since->totals.live_blocks += weight.blocks;
	if (since->variances)
		variance_add(&since->variances[block->site].live, &weight.variance);
}

struct err *snapshot_create_since(const struct heap *heap, uint64_t seq, const char *name,
				  struct snapshot **ret)
{
	_cleanup_free_ struct snapshot_site *sites =
		calloc(heap_num_alloc_sites(heap) + 1, sizeof(*sites));
	_cleanup_free_ struct site_variance *variances = NULL;
	struct since since = {.heap = heap, .seq = seq, .sites = sites};
	struct snapshot *snapshot;
	struct err *err;
	uint32_t id;

	if (seq == SNAPSHOT_NO_SEQ)
		return err_create(ERR_USAGE,
				  "that snapshot has no place in the sequence of allocations; "
				  "name one that was taken in this session");
	if (heap_sample_rate(heap))
		variances = calloc(heap_num_alloc_sites(heap) + 1, sizeof(*variances));
	since.variances = variances;
	err = sites && (variances || !heap_sample_rate(heap)) ? snapshot_new(heap, name, &snapshot)
							      : &err_nomem;
	if (err)
		return err;
	blocks_each(heap_blocks(heap), add_block, &since);
	for (id = 0; id < heap_num_alloc_sites(heap); id++) {
		sites[id].total_bytes = sites[id].live_bytes;
		sites[id].total_blocks = sites[id].live_blocks;
		if (variances)
			variances[id].total = variances[id].live;
		add_site(snapshot, &sites[id], variances ? &variances[id] : NULL);
	}
	since.totals.peak_bytes = since.totals.total_bytes = since.totals.live_bytes;
	since.totals.peak_blocks = since.totals.total_blocks = since.totals.live_blocks;
	snapshot->totals = since.totals;
	return finish(snapshot, NULL, ret);
}

struct err *snapshots_sum_older(const struct snapshot *const *snapshots, size_t num,
				struct older_sum *ret)
{
	struct older_means means = {0};
	struct err *err = NULL;
	size_t i;

	for (i = 0; i < num && !err; i++)
		err = older_means_add(&means, snapshots[i]->older, snapshots[i]->num_older);
	for (i = 0; i < num && !err; i++)
		ret[i] = older_means_sum(&means, snapshots[i]->older, snapshots[i]->num_older,
					 snapshots[i]->older_unsized);
	older_means_deinit(&means);
	return err;
}

struct variance snapshot_variance(const struct snapshot *snapshot)
{
	struct variance sum = {0};
	size_t i;

	for (i = 0; snapshot->variances && i < snapshot->num_sites; i++)
		variance_add(&sum, &snapshot->variances[i].live);
	return sum;
}

size_t snapshot_find_site(const struct snapshot *snapshot, uint32_t site)
{
	size_t begin = 0, end = snapshot->num_sites, middle;

	while (begin < end) {
		middle = begin + (end - begin) / 2;
		if (snapshot->sites[middle].site < site)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin < snapshot->num_sites && snapshot->sites[begin].site == site ? begin
										  : SIZE_MAX;
}

void snapshot_destroy(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->name);
	free(snapshot->sites);
	free(snapshot->variances);
	free(snapshot->older);
	free(snapshot);
}
