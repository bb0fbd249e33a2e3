// SPDX-License-Identifier: GPL-3.0-or-later
/** Statistics of a snapshot and comparison of two: tracemalloc's Snapshot.statistics() and
 *  compare_to(). Rules and numbers (O1, G3, C1 ...) refer to tracemalloc's behaviour as listed in
 *  doc/SEMANTICS.md. */
#ifndef HEAP_STATS_H
#define HEAP_STATS_H

#include "heap/resolve.h"
#include "heap/snapshot.h"

struct arena;
struct filters;
struct skip_rules;

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

/** "lineno" and so on, in the order of the enum. */
extern const char *const group_key_names[NUM_KEYS];

/** Parse the name of a key. ERR_USAGE with tracemalloc's words (unknown key_type: 'foo'), and the
 *  list of keys. */
struct err *group_key_parse(const char *name, enum group_key *ret) __must_check;

struct stats_options {
	enum group_key key;
	/** Count every frame of a stack, once per group and trace (G3, G4). Only for lineno,
	 *  filename, function, module. */
	bool is_cumulative;
	/** tracemalloc's habits (--compat): a recursive frame counts every time (G4), filename rows
	 *  print FILE:0 (F4), traceback rows print their oldest frame (F5). tracemalloc skips
	 *  nothing: want_all is implied. */
	bool is_compat;
	/** Skip nothing where one frame stands for the stack. Statistics of one snapshot: with
	 *  older blocks. */
	bool want_all;
	/** Rows show whole names. */
	bool want_long;
	/** Which frames do not stand for a stack. NULL: allocators alone. They must not change
	 *  while the query runs. */
	const struct skip_rules *skip;
	/** Only traces that pass are counted, in rows and totals. NULL: all. A filter looks at the
	 *  frame that stands for the stack; with want_all that is the newest. */
	const struct filters *filters;
	/** How many rows are made, the first in order; 0: all. The others are summed up. */
	size_t max_rows;
	/** Comparisons: leave out groups that did not change. */
	bool want_changed;
};

/** Tell whether the newest frame stands for a stack. */
static inline bool stats_want_newest(const struct stats_options *options)
{
	return options->want_all || options->is_compat;
}

/** What a row stands for. Which members are valid depends on the key. */
struct group {
	enum group_key key;
	/** Print name. lineno: FILE:LINE, or the location's file alone when it has no line, or
	 *  <unknown>:0. filename: FILE, or the path of the module when there is no line
	 *  information. function: FUNCTION (MODULE), MODULE being a base name, or the location's
	 *  file when the function is unknown. module: its path. traceback: as lineno, of the most
	 *  recent frame that is not skipped. "malloc", "new", "new[]", "mmap", "domain N".
	 *  "thread TID". Owned by the table. */
	const char *label;
	/** The label as people read it, with names shortened (base/short_name.h). It is label
	 *  itself where nothing is shortened, with want_long, and where two rows would look the
	 *  same. */
	const char *shown;
	/** lineno, function, traceback: the label is of a frame without function and line, and ends
	 *  in " < " and this, the nearest function of its module that has called it. NULL: it does
	 *  not. */
	const char *caller;
	/** lineno ... module: a location that fell into the group (filename: only what is common to
	 *  all of it); NULL for the other keys. For the whole stack see stats_traceback(). */
	const struct location *location;
	/** The stack of the site with the most live bytes in this group. In a comparison, the new
	 *  snapshot decides before the old one. */
	uint32_t example_stack;
	/** For KEY_DOMAIN. */
	uint32_t domain;
	/** For KEY_THREAD. */
	int32_t tid;
	/** This is the row of older blocks, which exists under any key: label is OLDER_LABEL,
	 *  location NULL, the other members 0. */
	bool is_older;
};

/** Standard errors of estimates: what is estimated is off by less than this in two cases of three,
 *  by less than twice this in 19 of 20. 0: the value is exact. */
struct stat_error {
	double size;
	double count;
	double total_size;
	double total_count;
	double size_diff;
	double count_diff;
};

/** A difference of fewer standard errors than this is within the noise. */
#define STATS_NOISE 2

/** Tell whether a difference of estimates may well be none. */
static inline bool stats_is_noise(int64_t diff, double error)
{
	return (diff < 0 ? -(double)diff : (double)diff) < STATS_NOISE * error;
}

struct stat_row {
	struct group group;
	/** Live bytes and blocks. Freed older blocks count negative, so their row is negative. */
	int64_t size;
	int64_t count;
	/** Ever allocated. */
	uint64_t total_size;
	uint64_t total_count;
	/** Differences new - old; 0 in statistics of one snapshot. */
	int64_t size_diff;
	int64_t count_diff;
	/** The numbers are estimates, with these errors. */
	bool is_estimate;
	struct stat_error error;
};

enum stats_sort {
	/** Statistics: descending by (size, count, traceback) (O1). Differences: by (|size_diff|,
	 *  size, |count_diff|, count, traceback) (O2). Tracebacks compare as in O3. Groups without
	 *  one compare by label or number, greatest first. */
	SORT_DEFAULT,
	/** By live count, by bytes ever allocated, by allocations ever made; ties as in
	 *  SORT_DEFAULT. */
	SORT_COUNT,
	SORT_ALLOCATED,
	SORT_CALLS,
	/** Differences: largest growth first; largest shrinkage first. Statistics: SORT_DEFAULT. */
	SORT_GROWTH,
	SORT_SHRINK,
};

/** Older blocks that were freed (heap/older.h): in a comparison new - old, else until the snapshot.
 *  Filters do not matter. */
struct stats_older {
	/** All of them, and those of them whose size is not known. */
	int64_t blocks;
	int64_t unsized;
	/** Estimated bytes of the others. */
	int64_t size;
};

/** A result. Free with stats_destroy(). The heap of the snapshots and the resolver must outlive it,
 *  the snapshots need not. */
struct stats {
	enum group_key key;
	/** The order of the rows. */
	enum stats_sort sort;
	struct stat_row *rows;
	size_t num_rows;
	/** How many rows behind max_rows were not made, and their sums. */
	size_t num_more;
	int64_t more_size;
	int64_t more_size_diff;
	/** Sums over what passes the filters of the (new) snapshot. They are not sums over rows,
	 *  because cumulative rows overlap. Differences are new - old. */
	int64_t total_size;
	int64_t total_count;
	int64_t total_size_diff;
	int64_t total_count_diff;
	/** The snapshot, or one of the two, is of sampled blocks: at this rate. 0: everything was
	 *  recorded, and all errors are 0. */
	uint64_t sample_rate;
	/** Of these sums. total_size and total_count: of what was ever allocated; they are not
	 *  among the sums. */
	struct stat_error error;
	/** Older blocks have a row if there are any. True for comparisons, and with want_all. */
	bool want_older;
	struct stats_older older;
	/** For stats_traceback(). */
	const struct heap *heap;
	const struct resolver *resolver;
	/** Owner of labels and locations. */
	struct arena *arena;
};

/** Make the rows of one snapshot. Only groups with live blocks have one; with SORT_ALLOCATED and
 *  SORT_CALLS every group does. With want_all, freed older blocks have a row, too, and count in the
 *  total. ERR_USAGE: cumulative mode with a key that does not allow it (tracemalloc's words,
 *  G3). */
struct err *stats_snapshot(const struct snapshot *snapshot, const struct stats_options *options,
			   enum stats_sort sort, const struct resolver *resolver,
			   struct stats **ret) __must_check;

/** Make the rows of a comparison: every group that is in either snapshot (C1 to C4), and older
 *  blocks. Both snapshots must be of the same heap; they may be the same one. Errors as above. */
struct err *stats_diff(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
		       const struct stats_options *options, enum stats_sort sort,
		       const struct resolver *resolver, struct stats **ret) __must_check;

/** Check that a row has a traceback. ERR_NOT_FOUND: it is the row of older blocks, which has
 *  none. */
struct err *stats_check_traceback(const struct stats *stats, size_t row) __must_check;

/** The resolved frames of a row's example_stack, at least one, most recent first. For the key
 *  traceback these are the group's own. They are made anew on each call, and freed with the result.
 *  Errors also as stats_check_traceback(). */
struct err *stats_traceback(struct stats *stats, size_t row, const struct location **ret,
			    size_t *num_ret) __must_check;

void stats_destroy(struct stats *stats);

static inline void cleanup_stats(struct stats **stats)
{
	stats_destroy(*stats);
}

/** Destroy the result when it leaves the scope. */
#define _cleanup_stats_ _cleanup_(cleanup_stats)

#endif
