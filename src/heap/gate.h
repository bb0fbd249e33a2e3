// SPDX-License-Identifier: GPL-3.0-or-later
/** A gate on growth: did memory grow by more than it may? It is for tests that fail when memory
 *  grew. */
#ifndef HEAP_GATE_H
#define HEAP_GATE_H

#include "heap/stats.h"

struct gate_options {
	/** Growth that is allowed, in bytes. */
	uint64_t max;
	/** NULL: the growth of everything counts. Otherwise the rows by options.key count whose
	 *  label matches this shell pattern (heap/queries/pattern.h). A part of the label may
	 *  match, too: the file without the line, a frame without its caller, the function without
	 *  the module, the module's path or base name, the number of a thread. */
	const char *pattern;
};

/** A result. Free with gate_destroy(). */
struct gate {
	/** growth > max. With sampled blocks it must be so by more than the noise: by STATS_NOISE
	 *  standard errors of growth. */
	bool is_exceeded;
	/** growth > max, but not by more than the noise. */
	bool is_noise;
	/** Bytes and blocks, new - old. */
	int64_t growth;
	int64_t count_growth;
	/** Standard errors of both; 0: they are exact. */
	double error;
	double count_error;
	uint64_t max;
	/** What grew, of the rows that count: rows of a comparison with size_diff > 0, largest
	 *  growth first. Owned; a caller that takes it over sets it to NULL. */
	struct stats *stats;
	/** How many rows counted, whether they grew or not. 0: the pattern matched nothing in
	 *  either snapshot. */
	size_t num_matched;
};

/** Compare two snapshots of one heap. is_cumulative of the options is ignored, because rows must
 *  not overlap. */
struct err *gate_check(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
		       const struct stats_options *options, const struct gate_options *gate_options,
		       const struct resolver *resolver, struct gate **ret) __must_check;
/** NULL is fine. */
void gate_destroy(struct gate *gate);

static inline void cleanup_gate(struct gate **gate)
{
	gate_destroy(*gate);
}

/** Destroy the result when it leaves the scope. */
#define _cleanup_gate_ _cleanup_(cleanup_gate)

#endif
