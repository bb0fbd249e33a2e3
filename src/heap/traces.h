// SPDX-License-Identifier: GPL-3.0-or-later
/** The live traces of a snapshot, tracemalloc's Snapshot.traces: one for each (domain, stack).
 *  Threads are merged. */
#ifndef HEAP_TRACES_H
#define HEAP_TRACES_H

#include "base/engine.h"
#include "heap/stats.h"

struct trace {
	uint32_t domain;
	/** Id in the heap of the snapshot. Stacks that differ only in their true depth are
	 *  different (T10). */
	uint32_t stack;
	/** Live bytes and blocks. */
	uint64_t size;
	uint64_t count;
	/** Of sampled blocks: the squares of the standard errors of both. */
	struct variance variance;
};

struct traces {
	/** Descending by (size, count), then ascending by (domain, stack). */
	struct trace *items;
	size_t num;
	/** Sums over all of them. */
	uint64_t total_size;
	uint64_t total_count;
	/** As in struct snapshot. */
	uint64_t sample_rate;
	/** Of the snapshot. */
	const struct heap *heap;
	enum engine engine;
};

/** Make the traces with live blocks that pass options->filters. Of the other options, want_all and
 *  is_compat matter to the filters. The heap must outlive the result; the snapshot need not. */
struct err *traces_create(const struct snapshot *snapshot, const struct stats_options *options,
			  const struct resolver *resolver, struct traces **ret) __must_check;
/** NULL is fine. */
void traces_destroy(struct traces *traces);

static inline void cleanup_traces(struct traces **traces)
{
	traces_destroy(*traces);
}

/** Destroy the result when it leaves the scope. */
#define _cleanup_traces_ _cleanup_(cleanup_traces)

#endif
