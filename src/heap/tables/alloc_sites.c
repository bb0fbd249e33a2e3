// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/tables/alloc_sites.h"

#include "base/hmap.h"

#include <stdlib.h>

/** Chunks for all ids. */
#define NUM_CHUNKS (1u << 20)

struct err *alloc_sites_init(struct alloc_sites *sites)
{
	*sites = (struct alloc_sites){0};
	sites->chunks = calloc(NUM_CHUNKS, sizeof(*sites->chunks));
	return sites->chunks ? NULL : &err_nomem;
}

void alloc_sites_deinit(struct alloc_sites *sites)
{
	size_t i;

	for (i = 0; sites->chunks && i < NUM_CHUNKS && sites->chunks[i]; i++)
		free(sites->chunks[i]);
	free(sites->chunks);
	idset_deinit(&sites->set);
}

static bool reserve_one(struct alloc_sites *sites)
{
	struct alloc_site **chunk = &sites->chunks[sites->num / ALLOC_SITES_CHUNK];

	if (!*chunk)
		*chunk = aligned_alloc(sizeof(**chunk), ALLOC_SITES_CHUNK * sizeof(**chunk));
	return *chunk != NULL;
}

struct err *alloc_sites_intern(struct alloc_sites *sites, uint32_t stack, uint32_t domain,
			       int32_t tid, bool may_add, uint32_t *ret)
{
	uint64_t key = (uint64_t)stack << 32 | (uint32_t)tid;
	uint32_t hash = (uint32_t)hash_u64(key ^ domain * 0x9e3779b97f4a7c15ull);
	uint32_t id;
	size_t pos;

	for (pos = idset_first(&sites->set, hash); idset_next(&sites->set, hash, &pos, &id);) {
		const struct alloc_site *site = alloc_sites_get(sites, id);

		if (site->stack == stack && site->domain == domain && site->tid == tid) {
			*ret = id;
			return NULL;
		}
	}
	if (!may_add)
		return &err_not_found;
	if (sites->num >= UINT32_MAX - 1 || !reserve_one(sites) || !idset_reserve_one(&sites->set))
		return &err_nomem;
	id = sites->num++;
	*alloc_sites_get(sites, id) =
		(struct alloc_site){.stack = stack, .domain = domain, .tid = tid};
	idset_add(&sites->set, hash, id);
	*ret = id;
	return NULL;
}

size_t alloc_sites_memory(const struct alloc_sites *sites)
{
	size_t num_chunks = (sites->num + ALLOC_SITES_CHUNK - 1) / ALLOC_SITES_CHUNK;

	return idset_memory(&sites->set) +
	       num_chunks *
		       (sizeof(*sites->chunks) + ALLOC_SITES_CHUNK * sizeof(struct alloc_site));
}
