// SPDX-License-Identifier: GPL-3.0-or-later
/** A snapshot: the counters of every site at one moment. Immutable. Taking one costs O(sites), not
 *  O(blocks). */
#ifndef HEAP_SNAPSHOT_H
#define HEAP_SNAPSHOT_H

#include "heap/heap.h"

/** seq of a snapshot that stands nowhere in the sequence of allocations. */
#define SNAPSHOT_NO_SEQ UINT64_MAX

struct snapshot_site {
	/** Id in the heap that the snapshot was taken of. */
	uint32_t site;
	uint64_t live_bytes;
	uint64_t live_blocks;
	uint64_t total_bytes;
	uint64_t total_blocks;
};

struct snapshot {
	/** Owned. */
	char *name;
	/** The heap it was taken of; must outlive the snapshot. Only its stacks and the identity of
	 *  sites are used. */
	const struct heap *heap;
	/** Frame limit at that moment. */
	uint32_t nframe;
	/** CLOCK_MONOTONIC ns, of the snapshot and of the begin of tracing. */
	uint64_t time_ns;
	uint64_t start_ns;
	/** How the tracing began: true = from launch, false = attached or started later. */
	bool is_from_launch;
	struct heap_totals totals;
	/** The newest allocation of that moment, or SNAPSHOT_NO_SEQ. */
	uint64_t seq;
	/** Sites with any total_blocks != 0 or live_blocks != 0, by ascending id; owned. */
	struct snapshot_site *sites;
	size_t num_sites;
	/** Distinct stacks with live blocks. */
	size_t num_live_stacks;
	/** Older blocks freed so far, as older_copy() has them; owned. totals.older_frees is the
	 *  sum of their blocks and of those without size. */
	struct older_class *older;
	size_t num_older;
	uint64_t older_unsized;
};

/** Copy the counters. The caller fills in nframe, times and is_from_launch. */
struct err *snapshot_create(const struct heap *heap, const char *name,
			    struct snapshot **ret) __must_check;

/** The heap as it was at its peak (since start, clear or reset-peak): live values of each site at
 *  that moment, which sum up to peak_bytes and peak_blocks. What was ever allocated is that of now.
 *  totals: the live ones and those of older blocks are those of the peak; seq is SNAPSHOT_NO_SEQ.
 *  The caller fills in the same as above. */
struct err *snapshot_create_peak(const struct heap *heap, const char *name,
				 struct snapshot **ret) __must_check;

/** What the freed older blocks of num snapshots sum up to, in *ret and behind it: with one mean for
 *  all of them, so that what did not change does not differ. */
struct err *snapshots_sum_older(const struct snapshot *const *snapshots, size_t num,
				struct older_sum *ret) __must_check;

/** Only blocks that are live now and were allocated after allocation number seq (of an earlier
 *  snapshot): all counters and totals are sums over them, what was allocated and freed since is not
 *  there, nor are older blocks. O(blocks). ERR_USAGE: seq is SNAPSHOT_NO_SEQ. The caller fills in
 *  the same as above. */
struct err *snapshot_create_since(const struct heap *heap, uint64_t seq, const char *name,
				  struct snapshot **ret) __must_check;

void snapshot_destroy(struct snapshot *snapshot);

static inline void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_destroy(*snapshot);
}

/** Destroy the snapshot when it leaves the scope. */
#define _cleanup_snapshot_ _cleanup_(cleanup_snapshot)

#endif
