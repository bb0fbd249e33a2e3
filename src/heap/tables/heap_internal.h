// SPDX-License-Identifier: GPL-3.0-or-later
/** What a heap consists of. Only for heap/tables/heap.c, absorb.c and prefetch.c. */
#ifndef HEAP_TABLES_HEAP_INTERNAL_H
#define HEAP_TABLES_HEAP_INTERNAL_H

#include "heap/heap.h"
#include "heap/tables/alloc_sites.h"
#include "heap/tables/sampling.h"

struct heap {
	struct stacks *stacks;
	struct blocks *blocks;
	struct alloc_sites sites;
	struct older older;
	struct sampling sampling;
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

#endif
