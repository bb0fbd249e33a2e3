// SPDX-License-Identifier: GPL-3.0-or-later
/** The sites of a heap by id, and the id of a (stack, domain, thread). Private to heap/. */
#ifndef HEAP_TABLES_ALLOC_SITES_H
#define HEAP_TABLES_ALLOC_SITES_H

#include "base/err.h"
#include "heap/heap.h"
#include "heap/tables/idset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sites per chunk. */
#define ALLOC_SITES_CHUNK 4096u

/** Sites are kept in chunks. Doubling one array would cost up to another 64 bytes a site, and would
 *  move them under a reader. The table of chunks has its full size from the start; only touched
 *  pages of it cost memory. */
struct alloc_sites {
	struct alloc_site **chunks;
	size_t num;
	/** By hash of (stack, domain, tid). */
	struct idset set;
};

/** Init without sites. After &err_nomem, too, call alloc_sites_deinit(). */
struct err *alloc_sites_init(struct alloc_sites *sites) __must_check;
void alloc_sites_deinit(struct alloc_sites *sites);

/** The site of an id below num. */
static inline struct alloc_site *alloc_sites_get(const struct alloc_sites *sites, uint32_t id)
{
	return &sites->chunks[id / ALLOC_SITES_CHUNK][id % ALLOC_SITES_CHUNK];
}

/** The id of a site. If it is new and may_add, it is added with counters of 0. &err_not_found: it
 *  is new and may not be added. &err_nomem: nothing has changed. O(1). */
struct err *alloc_sites_intern(struct alloc_sites *sites, uint32_t stack, uint32_t domain,
			       int32_t tid, bool may_add, uint32_t *ret) __must_check;

/** Bytes held. */
size_t alloc_sites_memory(const struct alloc_sites *sites);

#endif
