// SPDX-License-Identifier: GPL-3.0-or-later
/** The live blocks of one address space: address -> size, site, sequence number. Open addressing
 *  with 24 bytes a slot. A shard grows by a third when nine tenths are full, so a live block never
 *  costs more than 40 bytes. Not thread-safe. Addresses are tracee addresses below 2^48. Sizes are
 *  bytes below 2^48; larger ones are cut to that. */
#ifndef HEAP_BLOCKS_H
#define HEAP_BLOCKS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Largest size the table can hold. */
#define BLOCK_SIZE_MAX ((1ull << 48) - 1)

struct block {
	uint64_t addr;
	uint64_t size;
	/** Id of the allocation site (see heap.h). */
	uint32_t site;
	/** Number of the allocation, counted from 1 over the life of the heap; never 0. */
	uint64_t seq;
};

struct blocks;

struct err *blocks_create(struct blocks **ret) __must_check;
void blocks_destroy(struct blocks *blocks);

/** Record a block. An entry with the same address is replaced; then *replaced_ret is true and
 *  *old_ret is that entry. O(1) amortised. &err_nomem: table unchanged. */
struct err *blocks_add(struct blocks *blocks, const struct block *block, bool *replaced_ret,
		       struct block *old_ret) __must_check;

/** Take the block at addr out. False: there is none. O(1) amortised: shards shrink, too. */
bool blocks_remove(struct blocks *blocks, uint64_t addr, struct block *ret);

/** The block at addr. False: there is none. O(1). */
bool blocks_get(const struct blocks *blocks, uint64_t addr, struct block *ret);

/** Load the place of addr into the caches, where an access to it soon will not wait. */
void blocks_prefetch(const struct blocks *blocks, uint64_t addr);

/** The block that contains addr: addr is in [block.addr, block.addr + max(size, 1)). False: there
 *  is none. Tries the exact address first, which is O(1), else O(table). */
bool blocks_find(const struct blocks *blocks, uint64_t addr, struct block *ret);

/** Call fn for every block, in no particular order; it must not change the table. */
void blocks_each(const struct blocks *blocks, void (*fn)(void *ctx, const struct block *block),
		 void *ctx);

void blocks_clear(struct blocks *blocks);
size_t blocks_num(const struct blocks *blocks);
/** Bytes of memory held by the table. */
size_t blocks_memory(const struct blocks *blocks);

/** Limit the memory of the table; 0: no limit. When the limit is reached, blocks_add() returns
 *  &err_nomem. */
void blocks_limit(struct blocks *blocks, size_t memory);

#endif
