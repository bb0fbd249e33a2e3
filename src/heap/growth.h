// SPDX-License-Identifier: GPL-3.0-or-later
/** Growth over many snapshots. A leak grows from each to the next; a cache stops growing. */
#ifndef HEAP_GROWTH_H
#define HEAP_GROWTH_H

#include "heap/stats.h"

/** How the live bytes of a row changed from snapshot to snapshot. */
struct growth_trend {
	/** In how many steps from one snapshot to the next it grew, and in how many it shrank. */
	size_t num_grown;
	size_t num_shrunk;
	/** Slope of the least-squares line through its sizes: bytes per snapshot, and bytes per
	 *  second (0 when all snapshots have the same time). */
	double per_snapshot;
	double per_second;
};

/** Tell whether it never shrank. */
static inline bool growth_is_monotone(const struct growth_trend *trend)
{
	return !trend->num_shrunk;
}

/** A result. Free with growth_destroy(). */
struct growth {
	/** Rows as in a comparison of the first snapshot with the last one, of every group that was
	 *  live in any of them. Rows that grew in every step come first, then the others, both
	 *  descending by growth. The example stack is that of the last snapshot in which the group
	 *  was live. Owned; a caller that takes it over sets it to NULL. */
	struct stats *stats;
	/** One for each row. */
	struct growth_trend *trends;
	/** Rows that grew in every step; they come first. */
	size_t num_growing;
	size_t num_snapshots;
	/** From the first to the last. */
	uint64_t span_ns;
};

/** Compare num snapshots of one heap, oldest first. ERR_USAGE: there are fewer than two, or as
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
