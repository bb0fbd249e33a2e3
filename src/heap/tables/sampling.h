// SPDX-License-Identifier: GPL-3.0-or-later
/** What a heap of sampled blocks has beside its counters, which are estimates: the variances of its
 *  sites. A heap that records everything has none of it. Private to heap/. */
#ifndef HEAP_TABLES_SAMPLING_H
#define HEAP_TABLES_SAMPLING_H

#include "base/vec.h"
#include "heap/blocks.h"
#include "heap/weight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sampling_site {
	struct site_variance now;
	/** Of the live blocks at the peak, if saved_epoch is the heap's epoch, else they are those
	 *  of now. */
	struct variance saved;
	uint64_t saved_epoch;
};

/** Zero-filled: everything is recorded. */
struct sampling {
	/** Bytes; 0: everything is recorded. */
	uint64_t rate;
	/** Of the lots by which counts are rounded. */
	uint64_t seed;
	/** By id of the site. */
	VEC(struct sampling_site) sites;
};

void sampling_deinit(struct sampling *s);
/** Set all variances to 0. Rate, seed and room stay. */
void sampling_clear(struct sampling *s);
/** Make room for a site. False: out of memory. O(1) amortised. */
bool sampling_reserve(struct sampling *s, uint32_t site) __must_check;
/** A block becomes live. The site must have room. */
void sampling_add(struct sampling *s, uint32_t site, uint64_t epoch, const struct weight *weight);
/** A block was allocated: to be called besides. */
void sampling_count(struct sampling *s, uint32_t site, const struct weight *weight);
/** A block is not live any more. has_live: the site has others. */
void sampling_subtract(struct sampling *s, uint32_t site, uint64_t epoch,
		       const struct weight *weight, bool has_live);
/** Add the variances of a site of another heap, whose live blocks at its peak had variance
 *  at_peak. */
void sampling_absorb(struct sampling *s, uint32_t site, uint64_t epoch,
		     const struct site_variance *from, const struct variance *at_peak);

/** The variances of a site; is_peak: live is that of the peak. Zeros for a site without blocks. */
struct site_variance sampling_get(const struct sampling *s, uint32_t site, uint64_t epoch,
				  bool is_peak);
/** The sums over all sites. O(sites). */
struct heap_variance sampling_sum(const struct sampling *s, uint64_t epoch);
/** Bytes held. */
size_t sampling_memory(const struct sampling *s);

#endif
