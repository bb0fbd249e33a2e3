// SPDX-License-Identifier: GPL-3.0-or-later
/** Statistics of a snapshot and comparison of two: tracemalloc's Snapshot.statistics() and compare_to(). Rules and
 *  numbers (O1, G3, C1 ...) refer to tracemalloc's behaviour as listed in doc/SEMANTICS.md. */
#ifndef HEAP_STATS_H
#define HEAP_STATS_H

#include "heap/resolve.h"
#include "heap/snapshot.h"

enum group_key {
	KEY_LINENO,
	KEY_FILENAME,
	KEY_FUNCTION,
	KEY_MODULE,
	KEY_TRACEBACK,
	KEY_DOMAIN,
	KEY_THREAD,
	NUM_KEYS,
};

/** "lineno" ... ; the order is that of the enum. */
extern const char *const group_key_names[NUM_KEYS];

/** ERR_USAGE with tracemalloc's words: unknown key_type: 'foo'. */
struct err *group_key_parse(const char *name, enum group_key *ret) __must_check;

struct stats_options {
	enum group_key key;
	/** Count every frame of a stack, once per group and trace (G3, G4). Only for lineno, filename, function, module. */
	bool is_cumulative;
	/** Count a recursive frame every time (tracemalloc's way, --compat); else once per trace. */
	bool is_compat;
	/** Do not skip allocator plumbing where one frame stands for the stack. */
	bool want_all;
};

/** What a row stands for. Which members are valid depends on the key. */
struct group {
	enum group_key key;
	/** Print name: FILE:LINE, FILE, FUNCTION (MODULE), MODULE, domain name, "thread TID"; for traceback that of the
	 *  most recent frame that is no plumbing. Owned by the row's table. */
	const char *label;
	/** Resolved locations, most recent first: one for lineno ... module, all frames for traceback, none for the rest. */
	const struct location *locations;
	size_t num_locations;
	/** A stack that fell into this group: the one with the most live bytes. */
	uint32_t example_stack;
	uint32_t domain;
	int32_t tid;
};

struct stat_row {
	struct group group;
	/** Live. */
	uint64_t size;
	uint64_t count;
	/** Ever allocated. */
	uint64_t total_size;
	uint64_t total_count;
	/** Differences new - old; 0 in statistics of one snapshot. */
	int64_t size_diff;
	int64_t count_diff;
};

/** A result. Free with stats_destroy(). */
struct stats {
	enum group_key key;
	struct stat_row *rows;
	size_t num_rows;
	/** Sums over the snapshot(s), not over rows (cumulative rows overlap). */
	uint64_t total_size;
	uint64_t total_count;
	int64_t total_size_diff;
	int64_t total_count_diff;
	/** Owner of labels and locations. */
	struct stats_arena *arena;
};

enum stats_sort {
	/** Statistics: descending (size, count, traceback) (O1); differences: (|size_diff|, size, |count_diff|, count,
	 *  traceback) (O2). */
	SORT_DEFAULT,
	/** By live count, by bytes ever allocated, by allocations ever made; ties as in SORT_DEFAULT. */
	SORT_COUNT,
	SORT_ALLOCATED,
	SORT_CALLS,
	/** Differences: largest growth first; largest shrinkage first. */
	SORT_GROWTH,
	SORT_SHRINK,
};

/** Rows of one snapshot, only groups with live blocks, or with SORT_ALLOCATED and SORT_CALLS any. ERR_USAGE:
 *  cumulative mode with a key that has none (tracemalloc's words, G3). */
struct err *stats_snapshot(const struct snapshot *snapshot, const struct stats_options *options,
			   enum stats_sort sort, const struct resolver *resolver,
			   struct stats **ret) __must_check;

/** Rows of a comparison: every key that is in either (C1 to C4). Both snapshots must be of the same heap. */
struct err *stats_diff(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
		       const struct stats_options *options, enum stats_sort sort,
		       const struct resolver *resolver, struct stats **ret) __must_check;

void stats_destroy(struct stats *stats);

#endif
