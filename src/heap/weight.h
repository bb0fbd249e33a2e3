// SPDX-License-Identifier: GPL-3.0-or-later
/** What a sampled block stands for. Sampling by bytes at a rate r takes a block of size s with
 *  probability p = 1 - exp(-s / r) (capture/sample.h). Then it stands for 1 / p blocks and s / p
 *  bytes. Sums of these are right on average: Horvitz and Thompson's estimate. How far a single one
 *  may be off is known as well: the expected square of its error, its variance, is estimated by
 *  (1 - p) / p^2, times s^2 for bytes. Blocks are sampled independently, so variances add up.
 *
 *  Blocks are counted in whole numbers. 1 / p is rounded up or down by lot, with chances that keep
 *  the average; the variance of that is counted as well. */
#ifndef HEAP_WEIGHT_H
#define HEAP_WEIGHT_H

#include <stdint.h>

/** Squares of standard errors: of bytes and of blocks. */
struct variance {
	double size;
	double count;
};

/** A site: of what is live, and of all that was ever allocated. */
struct site_variance {
	struct variance live;
	struct variance total;
};

/** All sites of a heap. */
struct heap_variance {
	struct variance live;
	struct variance peak;
	struct variance total;
};

struct weight {
	uint64_t bytes;
	uint64_t blocks;
	struct variance variance;
};

/** A block of that size, at most BLOCK_SIZE_MAX, sampled at a rate (not 0). A block of no bytes was
 *  sampled as one of one byte. lot: any number, uniformly distributed and always the same for this
 *  block. */
struct weight weight_of(uint64_t size, uint64_t rate, uint64_t lot);

static inline void variance_add(struct variance *sum, const struct variance *v)
{
	sum->size += v->size;
	sum->count += v->count;
}

#endif
