// SPDX-License-Identifier: GPL-3.0-or-later
/** Older blocks were allocated before the tracing began (before attach, start or clear), and are
 *  freed while it lasts. What they were requested with is not known, only what the allocator gave
 *  them, their *usable* size. Traced blocks of the same size class show how the two are related. So
 *  frees and traced allocations are summed up by class, and the requested bytes are estimated from
 *  these sums.
 *
 *  Of the traced blocks, those count that are live. Like the older ones they have stayed for a
 *  while. Scratch memory of other sizes in the same class has not (redis: 217 bytes to read a
 *  value, then cut to 210). If none is live, all count that ever were, with the weight of a few.
 *
 *  Nothing is estimated while the sums grow. So two moments can be compared with one mean for both,
 *  and a program that replaces each block by one of the same size comes out at exactly 0. Not
 *  thread-safe. */
#ifndef HEAP_OLDER_H
#define HEAP_OLDER_H

#include "base/err.h"
#include "base/hmap.h"
#include "base/vec.h"

#include <stddef.h>
#include <stdint.h>

/** What older blocks show in place of a file and a line. */
#define OLDER_LABEL "<before attach>"

/** One size class of the target's allocator: what its older blocks and its traced blocks took. */
struct older_class {
	/** Usable size of its blocks. It is rounded up to a multiple of 8, and from 1 MiB on to a
	 *  multiple of a 64th of its power of two. So the number of classes is bounded (about
	 *  134,000). The sums below are exact all the same. */
	uint64_t usable;
	/** Smallest request that ends in this class, rounded up in the same way. usable - low is
	 *  the width of the class. */
	uint64_t low;
	/** Older blocks that were freed since start or clear, and their usable bytes. */
	uint64_t freed_blocks;
	uint64_t freed_usable;
	/** Requested and usable bytes of traced allocations, also of freed ones. In a copy: of
	 *  those that the mean is made of. */
	uint64_t traced_requested;
	uint64_t traced_usable;
	/** The live ones of them. */
	uint64_t live_requested;
	uint64_t live_usable;
	/** Freed at the peak, if saved_epoch is the heap's epoch, as in struct alloc_site. */
	uint64_t saved_epoch;
	uint64_t saved_freed_blocks;
	uint64_t saved_freed_usable;
};

/** A requested size. */
struct older_request {
	/** What it gets. */
	uint64_t usable;
	/** Live blocks of that size, without those that were allocated before anything was known of
	 *  the size. */
	uint64_t num_live;
};

/** Zero-filled is empty. */
struct older {
	/** Classes in no particular order, and the index of each class by key. */
	VEC(struct older_class) classes;
	struct hmap index;
	/** Requested sizes of traced allocations, and the index of each by size. */
	VEC(struct older_request) requests;
	struct hmap sizes;
	/** Older blocks that were freed, with or without a size; and the usable bytes of all
	 *  classes, never above INT64_MAX. */
	uint64_t num_freed;
	uint64_t freed_usable;
	/** Freed older blocks whose size is not known; the same at the peak, as above. */
	uint64_t num_unsized;
	uint64_t saved_epoch;
	uint64_t saved_unsized;
};

/** What freed older blocks sum up to. */
struct older_sum {
	/** All of them, and how many of them have no known size. */
	uint64_t blocks;
	uint64_t unsized;
	/** Estimated requested bytes of the others; at most INT64_MAX. */
	uint64_t size;
};

void older_deinit(struct older *older);

/** Count the free of an older block. usable is what the allocator gave it (0: not known; values
 *  above BLOCK_SIZE_MAX mean the same). low is the smallest request that gets as much (values above
 *  usable mean usable). epoch is the heap's. O(1) amortised. &err_nomem: it was counted without its
 *  size. */
struct err *older_freed(struct older *older, uint64_t usable, uint64_t low,
			uint64_t epoch) __must_check;

/** Note what a traced allocation got. Ignored when it is impossible (requested > usable, no usable
 *  size). O(1) amortised. &err_nomem: nothing has changed. */
struct err *older_traced(struct older *older, uint64_t requested, uint64_t usable,
			 uint64_t low) __must_check;

/** Note that a traced allocation of that size is live from now on, or no longer. Ignored when
 *  nothing is known of the size. O(1). */
void older_live_add(struct older *older, uint64_t requested);
void older_live_subtract(struct older *older, uint64_t requested);

/** Add the sums of another one, which belongs to a heap in from_epoch. Its peak is added to the
 *  peak of this one. &err_nomem: nothing has changed. O(classes). */
struct err *older_absorb(struct older *older, const struct older *from, uint64_t from_epoch,
			 uint64_t epoch) __must_check;

/** Forget everything. */
void older_clear(struct older *older);

/** Estimate the requested bytes of everything that was freed, with the means of now. O(classes). */
uint64_t older_size(const struct older *older);

/** Bytes held. */
size_t older_memory(const struct older *older);

/** Copy the classes that have freed blocks, by ascending key; the caller frees them. *unsized_ret:
 *  freed blocks without size. is_peak: as they were at the peak of this epoch, with the mean of
 *  now. All other members are 0. */
struct err *older_copy(const struct older *older, bool is_peak, uint64_t epoch,
		       struct older_class **ret, size_t *num_ret,
		       uint64_t *unsized_ret) __must_check;

/** One mean for each class, for several moments. It is the mean of the moment that had traced most
 *  of the class. Zero-filled is empty. */
struct older_means {
	/** By ascending key. */
	VEC(struct older_class) classes;
};

/** Take in the classes of one moment, ascending. O(classes). &err_nomem: means unchanged. */
struct err *older_means_add(struct older_means *means, const struct older_class *classes,
			    size_t num) __must_check;
void older_means_deinit(struct older_means *means);

/** Sum up one moment. Its classes are ascending, and all of them were taken in before. A class
 *  without traced blocks counts with the middle of [low, usable]. O(classes). */
struct older_sum older_means_sum(const struct older_means *means, const struct older_class *classes,
				 size_t num, uint64_t num_unsized);

#endif
