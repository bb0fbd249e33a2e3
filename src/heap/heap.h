// SPDX-License-Identifier: GPL-3.0-or-later
/** The model of one traced heap: stack table, allocation sites, live blocks, exact totals and peak.
 *  Its input is the stream of allocator events in the order in which they happened. It knows
 *  nothing of processes, ELF or terminals.
 *
 *  An allocation site, *site* for short, is a distinct (stack, domain, thread). Counters are kept
 *  per site. Live and peak values are exact: the composition of the heap at the peak is known at
 *  any time. For that there are epochs. The epoch advances whenever the total reaches a new
 *  maximum. When a site changes for the first time in an epoch, its old values are saved with the
 *  number of the epoch.
 *
 *  With heap_set_sampling() the blocks are samples, and the counters estimates. Nothing else
 *  changes: the counters stay whole numbers, and go down by what they went up.
 *
 *  Not thread-safe, but sites and stacks never move. While one thread feeds the heap, others may
 *  use heap_alloc_site() and stacks_get() for ids that were handed to them (a snapshot's), as long
 *  as they read only the identity of sites. So statistics of a snapshot need no lock. */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include "base/domain.h"
#include "base/err.h"
#include "heap/blocks.h"
#include "heap/older.h"
#include "heap/stacks.h"
#include "heap/weight.h"

/** One cache line: each event of a program touches a site. */
struct alloc_site {
	/** What the site is. Set once, before anybody else knows its id, so any thread may read it
	 *  without lock. */
	uint32_t stack;
	uint32_t domain;
	int32_t tid;
	/** Live values at the peak, if epoch is the heap's epoch. Otherwise the live values are
	 *  those of the peak. An epoch begins with a byte more than ever, and each block has an
	 *  address, so 48 bits are enough for both. */
	struct {
		uint64_t epoch : 48;
		uint64_t blocks : 48;
	} __attribute__((packed)) saved;
	uint64_t saved_bytes;
	/** Allocated since start or clear, frees not subtracted. */
	uint64_t total_bytes;
	uint64_t total_blocks;
	/** Live now. */
	uint64_t live_bytes;
	uint64_t live_blocks;
};

_Static_assert(sizeof(struct alloc_site) == 64, "a cache line");

struct heap_totals {
	uint64_t live_bytes;
	uint64_t live_blocks;
	/** Maximum of live_bytes since start, clear or reset-peak, and the live blocks at that
	 *  moment. */
	uint64_t peak_bytes;
	uint64_t peak_blocks;
	/** All allocations since start or clear. */
	uint64_t total_bytes;
	uint64_t total_blocks;
	/** Frees of known blocks, and of blocks that are neither known nor older. */
	uint64_t frees;
	uint64_t unknown_frees;
	/** Frees of older blocks (heap/older.h), and those of them whose size is not known. */
	uint64_t older_frees;
	uint64_t older_unsized;
	/** Allocations at an address that was still in the table, because a free was missed. */
	uint64_t replaced;
	/** Those of all allocations that only the totals know (heap_count_unrecorded()). */
	uint64_t unrecorded_bytes;
	uint64_t unrecorded_blocks;
};

struct heap;

struct err *heap_create(struct heap **ret) __must_check;
void heap_destroy(struct heap *heap);

/** From now on what is recorded was sampled at this rate (0: all of it), and every counter is an
 *  estimate: a block counts as what it stands for (heap/weight.h). Before the first allocation.
 *  seed: of the lots by which counts are rounded. */
void heap_set_sampling(struct heap *heap, uint64_t rate, uint64_t seed);
/** 0: everything is recorded. */
uint64_t heap_sample_rate(const struct heap *heap);
/** What a block of this heap stands for: itself, unless it was sampled. */
struct weight heap_weigh(const struct heap *heap, const struct block *block);
/** The variances of a site; is_peak: those of the live blocks are of the moment of the peak. Zeros
 *  if everything is recorded. */
struct site_variance heap_alloc_site_variance(const struct heap *heap, uint32_t id, bool is_peak);

/** Of the totals. O(sites with samples). */
struct heap_variance heap_variance(const struct heap *heap);

/** The stack table. Stacks are interned there before heap_alloc(). It only grows for the life of
 *  the heap; heap_clear() does not empty it. */
struct stacks *heap_stacks(const struct heap *heap);

/** Record an allocation of size bytes at addr (not 0) with a stack of heap_stacks(). Sizes are cut
 *  to BLOCK_SIZE_MAX. &err_nomem: no counter and no block changed. */
struct err *heap_alloc(struct heap *heap, uint64_t addr, uint64_t size, uint32_t stack,
		       uint32_t domain, int32_t tid) __must_check;

/** The id of the site of an allocation, which is made if it is new. It holds as long as the heap.
 *  &err_nomem: no counter has changed. */
struct err *heap_intern_alloc_site(struct heap *heap, uint32_t stack, uint32_t domain, int32_t tid,
				   uint32_t *ret) __must_check;
/** As heap_alloc(), when the site is known. */
struct err *heap_alloc_at_site(struct heap *heap, uint64_t addr, uint64_t size,
			       uint32_t site) __must_check;

/** As heap_alloc_at_site(), when it is known that heap_free_brief() or heap_take_brief() will
 *  follow, and nothing about this address in between. The block does not enter the table of blocks
 *  meanwhile, so it needs no room there; every counter, the peak and the numbers of blocks are the
 *  same. is_absent: there is no block at addr, for sure. *ret is the block. */
void heap_alloc_brief(struct heap *heap, uint64_t addr, uint64_t size, uint32_t site,
		      bool is_absent, struct block *ret);
/** As heap_take() or heap_free() of a block of heap_alloc_brief(). */
void heap_take_brief(struct heap *heap, const struct block *block);
void heap_free_brief(struct heap *heap, const struct block *block);

/** What is about to be used: the place of a block in the table; a site; the site of the block at
 *  addr, if there is one. Nothing changes but time. */
void heap_prefetch_block(const struct heap *heap, uint64_t addr);
void heap_prefetch_alloc_site(const struct heap *heap, uint32_t id);
void heap_prefetch_alloc_site_of(const struct heap *heap, uint64_t addr);

/** The id of a site of a loaded snapshot. This heap does not keep its counters, so none changes.
 *  &err_nomem: heap unchanged. */
struct err *heap_define_alloc_site(struct heap *heap, uint32_t stack, uint32_t domain, int32_t tid,
				   uint32_t *ret) __must_check;

/** Count an allocation that could not be recorded, in the totals of all allocations and nowhere
 *  else. */
void heap_count_unrecorded(struct heap *heap, uint64_t size);

/** Add no more sites, for good. An allocation that would need a new one counts for the site (stack,
 *  DOMAIN_MALLOC, 0), which is made now. &err_nomem: nothing has changed. */
struct err *heap_close_alloc_sites(struct heap *heap, uint32_t stack) __must_check;
bool heap_is_closed(const struct heap *heap);
/** Limit the memory of the table of live blocks; 0: no limit. heap_alloc() returns &err_nomem when
 *  the limit is reached. */
void heap_limit_blocks(struct heap *heap, size_t memory);

/** A free begins: take the block out. An unknown address is counted and is no error. Returns
 *  whether it was known. addr 0 is ignored. */
bool heap_free(struct heap *heap, uint64_t addr);

/** A free of a block that is older than the trace begins. usable is what the allocator gave it (0:
 *  not known), low the smallest request that gets as much. No other counter changes. &err_nomem: it
 *  was counted without its size. */
struct err *heap_free_older(struct heap *heap, uint64_t usable, uint64_t low) __must_check;

/** Note the usable size of the allocation that heap_alloc() will record next, for the estimate of
 *  older blocks. &err_nomem: nothing has changed. */
struct err *heap_note_usable(struct heap *heap, uint64_t requested, uint64_t usable,
			     uint64_t low) __must_check;

/** Note that a block of that size is live, and was recorded before heap_note_usable() told of its
 *  size. */
void heap_note_live(struct heap *heap, uint64_t requested);

/** A realloc begins: take the block out, with its counters, and hand it to the pending call. False:
 *  it was not known (this is not counted as an unknown free). */
bool heap_take(struct heap *heap, uint64_t addr, struct block *ret);

/** A realloc failed: put the block back unchanged, with its site and sequence number. Totals of
 *  allocations do not grow. A block from before the last heap_clear() stays forgotten. &err_nomem:
 *  it is lost. */
struct err *heap_put_back(struct heap *heap, const struct block *block) __must_check;

/** Add the counters of another heap, whose process has ended, to this one. The peak becomes the sum
 *  of the peaks. Each of its stacks becomes one of this heap by map_stack(); threads become 0. Its
 *  blocks are not added. This heap must never have blocks of its own: what it says is live was live
 *  at the ends of the processes. Errors are those of map_stack() and &err_nomem; then no counter
 *  has changed. O(sites). */
struct err *heap_absorb(struct heap *heap, const struct heap *from,
			struct err *(*map_stack)(void *ctx, uint32_t stack, uint32_t *ret),
			void *ctx) __must_check;

/** Forget all blocks, and set all counters to 0, with peak and older blocks. Stacks and site ids
 *  stay valid. */
void heap_clear(struct heap *heap);

/** The peak becomes the current state. */
void heap_reset_peak(struct heap *heap);

struct heap_totals heap_totals(const struct heap *heap);

/** How many sites were ever seen. Their ids are [0, num). */
size_t heap_num_alloc_sites(const struct heap *heap);
/** The site of an id. It lives as long as the heap. */
const struct alloc_site *heap_alloc_site(const struct heap *heap, uint32_t id);
/** Live bytes and blocks of a site at the moment of the peak. */
void heap_alloc_site_at_peak(const struct heap *heap, uint32_t id, uint64_t *bytes_ret,
			     uint64_t *blocks_ret);

/** Estimated bytes of the older blocks that were freed. O(size classes). */
uint64_t heap_older_size(const struct heap *heap);
/** See older_copy(); is_peak: at the moment of the peak. */
struct err *heap_copy_older(const struct heap *heap, bool is_peak, struct older_class **ret,
			    size_t *num_ret, uint64_t *unsized_ret) __must_check;

/** The number of the newest allocation. */
uint64_t heap_seq(const struct heap *heap);
/** That number at the last clear; 0: there was none. */
uint64_t heap_cleared_seq(const struct heap *heap);
/** See blocks_get(). */
bool heap_get(const struct heap *heap, uint64_t addr, struct block *ret);
/** See blocks_find(). */
bool heap_find(const struct heap *heap, uint64_t addr, struct block *ret);
const struct blocks *heap_blocks(const struct heap *heap);

/** How many bytes are held: by the table of blocks, and by everything else (stacks, sites). */
void heap_memory(const struct heap *heap, size_t *blocks_ret, size_t *rest_ret);

#endif
