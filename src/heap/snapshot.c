// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/snapshot.h"

#include <string.h>

static bool copy_sites(const struct heap *heap, struct snapshot *snapshot)
{
	size_t num = heap_num_sites(heap), num_stacks = stacks_num(heap_stacks(heap));
	_cleanup_free_ bool *is_live = calloc(num_stacks + 1, sizeof(*is_live));
	size_t id;

	snapshot->sites = malloc((num + 1) * sizeof(*snapshot->sites));
	if (!is_live || !snapshot->sites)
		return false;
	for (id = 0; id < num; id++) {
		const struct site *site = heap_site(heap, id);

		if (!site->total_blocks && !site->live_blocks)
			continue;
		snapshot->sites[snapshot->num_sites++] = (struct snapshot_site){
			.site = id,
			.live_bytes = site->live_bytes,
			.live_blocks = site->live_blocks,
			.total_bytes = site->total_bytes,
			.total_blocks = site->total_blocks,
		};
		if (site->live_blocks && !is_live[site->stack]) {
			is_live[site->stack] = true;
			snapshot->num_live_stacks++;
		}
	}
	return true;
}

struct err *snapshot_create(const struct heap *heap, const char *name, struct snapshot **ret)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return &err_nomem;
	snapshot->name = strdup(name);
	snapshot->heap = heap;
	snapshot->totals = heap_totals(heap);
	snapshot->seq = heap_seq(heap);
	if (!snapshot->name || !copy_sites(heap, snapshot)) {
		snapshot_destroy(snapshot);
		return &err_nomem;
	}
	*ret = snapshot;
	return NULL;
}

void snapshot_destroy(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->name);
	free(snapshot->sites);
	free(snapshot);
}
