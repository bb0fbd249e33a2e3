// SPDX-License-Identifier: GPL-3.0-or-later
/** Growth over many snapshots: a leak grows with each of them, a cache stops. */
#ifndef HEAP_GROWTH_H
#define HEAP_GROWTH_H

#include "heap/stats.h"

/** How the live bytes of a row went from snapshot to snapshot. */
struct growth_trend {
	/** Steps from one snapshot to the next in which it grew, and in which it shrank. */
	size_t num_grown;
	size_t num_shrunk;
	/** Slope of the least-squares line through its sizes: bytes per snapshot, and per second
	 *  between the times of the snapshots (0 when they are all of one time). */
	double per_snapshot;
	double per_second;
};

/** Never smaller than a snapshot before. */
static inline bool growth_is_monotone(const struct growth_trend *trend)
{
	return !trend->num_shrunk;
}

/** A result. Free with growth_destroy(). */
struct growth {
	/** Rows as in a comparison of the first snapshot with the last one, of every group that was
	 *  live in any. First the ones that grew in every step, then the others, both descending by
	 *  growth. The example stack is that of the last snapshot in which the group was live.
	 *  Owned; may be taken over by setting it to NULL. */
	struct stats *stats;
	/** One for each row. */
	struct growth_trend *trends;
	/** Rows that grew in every step; they come first. */
	size_t num_growing;
	size_t num_snapshots;
	/** From the first to the last. */
	uint64_t span_ns;
};

/** Compare num snapshots of one heap, oldest first. ERR_USAGE: fewer than two, or as
 *  stats_snapshot(). The heap and the resolver must outlive the result. O(num * (sites +
 *  groups)). */
struct err *growth_create(const struct snapshot *const *snapshots, size_t num,
			  const struct stats_options *options, const struct resolver *resolver,
			  struct growth **ret) __must_check;
/** NULL is fine. */
void growth_destroy(struct growth *growth);

static inline void cleanup_growth(struct growth **growth)
{
	growth_destroy(*growth);
}

/** Destroy the result when it leaves the scope. */
#define _cleanup_growth_ _cleanup_(cleanup_growth)

#endif
