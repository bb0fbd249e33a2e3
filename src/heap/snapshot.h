// SPDX-License-Identifier: GPL-3.0-or-later
/** A snapshot: the counters of every allocation site at one moment. It never changes. Taking one
 *  costs O(sites), not O(blocks). */
#ifndef HEAP_SNAPSHOT_H
#define HEAP_SNAPSHOT_H

#include "base/engine.h"
#include "heap/heap.h"

/** seq of a snapshot that has no place in the sequence of allocations. */
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
	/** The heap that it was taken of, which must outlive it. Only its stacks and the identities
	 *  of its sites are used. */
	const struct heap *heap;
	/** Frame limit at that moment. */
	uint32_t nframe;
	/** When the snapshot was taken, and when tracing began: CLOCK_MONOTONIC in ns. */
	uint64_t time_ns;
	uint64_t start_ns;
	/** True: traced from launch. False: attached or started later. */
	bool is_from_launch;
	/** What captured the calls at that moment: not ENGINE_AUTO. */
	enum engine engine;
	struct heap_totals totals;
	/** The newest allocation of that moment, or SNAPSHOT_NO_SEQ. */
	uint64_t seq;
	/** Sites with total_blocks != 0 or live_blocks != 0, by ascending id. Owned. */
	struct snapshot_site *sites;
	size_t num_sites;
	/** What was recorded is a sample at this rate; 0: all. Then values of sites and totals are
	 *  estimates, but for the frees. */
	uint64_t sample_rate;
	/** With a rate: of each of sites. Owned. */
	struct site_variance *variances;
	/** With a rate: totals count allocations after this number, and live values are what is
	 *  left of them. SNAPSHOT_NO_SEQ: they do not belong together in that way. */
	uint64_t first_seq;
	/** Distinct stacks with live blocks. */
	size_t num_live_stacks;
	/** Older blocks that were freed so far, as from older_copy(). Owned. totals.older_frees is
	 *  the sum of their blocks and of those without size. */
	struct older_class *older;
	size_t num_older;
	uint64_t older_unsized;
};

/** Take a snapshot. The caller fills in nframe, times, is_from_launch and engine. */
struct err *snapshot_create(const struct heap *heap, const char *name,
			    struct snapshot **ret) __must_check;

/** Take a snapshot of the heap at its peak (since start, clear or reset-peak): the live values of
 *  each site at that moment, which sum up to peak_bytes and peak_blocks. The values of what was
 *  ever allocated are those of now. In totals, live values and older blocks are those of the peak.
 *  seq is SNAPSHOT_NO_SEQ. The caller fills in the same members as above. */
struct err *snapshot_create_peak(const struct heap *heap, const char *name,
				 struct snapshot **ret) __must_check;

/** Sum up the freed older blocks of num snapshots into ret[0 .. num). All have one mean, so what
 *  did not change does not differ. */
struct err *snapshots_sum_older(const struct snapshot *const *snapshots, size_t num,
				struct older_sum *ret) __must_check;

/** Take a snapshot of the blocks that are live now and were allocated after allocation number seq
 *  (of an earlier snapshot). All counters and totals are sums over these blocks; blocks that were
 *  allocated and freed since do not count, nor do older blocks. O(blocks). ERR_USAGE: seq is
 *  SNAPSHOT_NO_SEQ. The caller fills in the same members as above. */
struct err *snapshot_create_since(const struct heap *heap, uint64_t seq, const char *name,
				  struct snapshot **ret) __must_check;

/** The variance of the sums of its live values; zeros unless it was sampled. O(sites). */
struct variance snapshot_variance(const struct snapshot *snapshot);

/** The place of a site in the snapshot; SIZE_MAX: it is not there. O(log sites). */
size_t snapshot_find_site(const struct snapshot *snapshot, uint32_t site);

void snapshot_destroy(struct snapshot *snapshot);

static inline void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_destroy(*snapshot);
}

/** Destroy the snapshot when it leaves the scope. */
#define _cleanup_snapshot_ _cleanup_(cleanup_snapshot)

#endif
