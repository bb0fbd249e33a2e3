// SPDX-License-Identifier: GPL-3.0-or-later
// What an event will need is loaded from memory while earlier ones are carried out.
#include "config.h"

#include "heap/heap.h"

#include "heap/tables/heap_internal.h"

#define FAR_BLOCKS 32768

// About a megabyte of blocks stays in the caches by itself.
static bool is_far(const struct heap *heap)
{
	return blocks_num(heap->blocks) >= FAR_BLOCKS;
}

void heap_prefetch_block(const struct heap *heap, uint64_t addr)
{
	if (is_far(heap))
		blocks_prefetch(heap->blocks, addr);
}

void heap_prefetch_alloc_site(const struct heap *heap, uint32_t id)
{
	__builtin_prefetch(alloc_sites_get(&heap->sites, id), 1);
}

void heap_prefetch_alloc_site_of(const struct heap *heap, uint64_t addr)
{
	struct block block;

	if (is_far(heap) && blocks_get(heap->blocks, addr, &block))
		heap_prefetch_alloc_site(heap, block.site);
}
