// SPDX-License-Identifier: GPL-3.0-or-later
/** A snapshot: the counters of every site at one moment. Immutable. Taking one costs O(sites), not O(blocks). */
#ifndef HEAP_SNAPSHOT_H
#define HEAP_SNAPSHOT_H

#include "heap/heap.h"

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
	/** The heap it was taken of; must outlive the snapshot. Only its stacks and the identity of sites are used. */
	const struct heap *heap;
	/** Frame limit at that moment. */
	uint32_t nframe;
	/** CLOCK_MONOTONIC ns, of the snapshot and of the begin of tracing. */
	uint64_t time_ns;
	uint64_t start_ns;
	/** How the tracing began: true = from launch, false = attached or started later. */
	bool is_from_launch;
	struct heap_totals totals;
	uint64_t seq;
	/** Sites with any total_blocks != 0 or live_blocks != 0, by ascending id; owned. */
	struct snapshot_site *sites;
	size_t num_sites;
	/** Distinct stacks with live blocks. */
	size_t num_live_stacks;
};

/** Copy the counters. The caller fills in nframe, times and is_from_launch. */
struct err *snapshot_create(const struct heap *heap, const char *name,
			    struct snapshot **ret) __must_check;
void snapshot_destroy(struct snapshot *snapshot);

static inline void cleanup_snapshot(struct snapshot **snapshot)
{
	snapshot_destroy(*snapshot);
}

/** Destroy the snapshot when it leaves the scope. */
#define _cleanup_snapshot_ _cleanup_(cleanup_snapshot)

#endif
