// SPDX-License-Identifier: GPL-3.0-or-later
/** Private parts of the statistics, used by stats.c, result.c, noise.c, growth.c, order.c,
 *  group.c, group_labels.c and tree.c only.
 *
 *  A *label* is what one location is under a key: a line, a file, a function or a module. For these
 *  keys the groups are the labels. For the key traceback a group is a sequence of labels (lines),
 *  for domain and thread a number. Ids of groups are dense, from 0. */
#ifndef HEAP_QUERIES_STATS_INTERNAL_H
#define HEAP_QUERIES_STATS_INTERNAL_H

#include "base/hmap.h"
#include "base/vec.h"
#include "heap/arena.h"
#include "heap/namer.h"
#include "heap/stats.h"
#include "heap/tables/idset.h"

struct group_label {
	/** Identity and order: the string of name, then the line, then the string of module, then
	 *  that of caller; 0 when not in the key. */
	uint32_t name;
	uint32_t line;
	uint32_t module;
	/** The named function that has called a nameless frame. */
	uint32_t caller;
	/** As in struct group. */
	struct location location;
	/** NULL until group_labels_text(). */
	const char *text;
};

/** A resolved frame. group_labels_at() gives its labels. */
struct label_frame {
	const struct location *locations;
	uint32_t num;
	/** If num is 1: the label of the location. Otherwise: where the labels of the locations
	 *  begin in ids. */
	uint32_t first_id;
};

/** All labels met in one query. Each distinct frame is resolved once. */
struct group_labels {
	/** For the strings. */
	const struct resolver *resolver;
	/** Resolves frames; not owned. */
	struct namer *namer;
	enum group_key key;
	bool is_compat;
	VEC(struct group_label) items;
	struct idset set;
	/** By frame id (heap/stacks.h): index in frames + 1; 0: not met yet. */
	uint32_t *frame_index;
	VEC(struct label_frame) frames;
	VEC(uint32_t) ids;
	/** By label id: how many labels are smaller. NULL before group_labels_rank(). */
	uint32_t *ranks;
};

/** Init for frames of this table. After &err_nomem, too, call group_labels_deinit(). */
struct err *group_labels_init(struct group_labels *labels, const struct stats_options *options,
			      const struct resolver *resolver, struct namer *namer,
			      const struct stacks *stacks) __must_check;
void group_labels_deinit(struct group_labels *labels);

/** The label of what names a row. */
struct err *group_labels_intern(struct group_labels *labels, const struct named *named,
				uint32_t *ret) __must_check;

/** Resolve a frame that is met for the first time. For group_labels_frame(). */
struct err *group_labels_add_frame(struct group_labels *labels, const struct stack *stack,
				   uint32_t i, const struct label_frame **ret) __must_check;

/** Frame i of a stack. The pointer is valid until the next call. */
static inline struct err *group_labels_frame(struct group_labels *labels, const struct stack *stack,
					     uint32_t i, const struct label_frame **ret)
{
	uint32_t index = labels->frame_index[stack->ids[i]];

	if (!index)
		return group_labels_add_frame(labels, stack, i, ret);
	*ret = &labels->frames.items[index - 1];
	return NULL;
}

/** The label of a frame's location i. */
static inline uint32_t group_labels_at(const struct group_labels *labels,
				       const struct label_frame *frame, uint32_t i)
{
	return frame->num == 1 ? frame->first_id : labels->ids.items[frame->first_id + i];
}

/** The text of a label, made in arena when it is first asked for. NULL: out of memory. */
const char *group_labels_text(struct group_labels *labels, struct arena *arena, uint32_t id);

/** Compare two labels (O3): < 0, 0, > 0 if a is smaller, the same, greater. */
int group_labels_compare(const struct group_labels *labels, uint32_t a, uint32_t b);

/** Fill in labels->ranks. No label may be added afterwards. */
struct err *group_labels_rank(struct group_labels *labels) __must_check;

/** A group of the key traceback. */
struct trace_group {
	/** Oldest first. */
	const uint32_t *labels;
	uint32_t num;
	/** The one of them that labels the row. */
	uint32_t row_label;
};

/** Sites to groups. */
struct grouper {
	const struct stats_options *options;
	const struct heap *heap;
	/** For what rows refer to; not owned. */
	struct arena *arena;
	/** Which location names a row. */
	struct namer *namer;
	struct group_labels labels;
	/** The groups of the site that was asked about last. In cumulative mode a group may be in
	 *  it several times. */
	VEC(uint32_t) hits;

	/** For keys that depend on the stack alone, not cumulative: group + 1 by stack id; 0: not
	 *  known yet. */
	uint32_t *group_of_stack;
	/** For the key traceback: the groups, and their index by hash. */
	VEC(struct trace_group) traces;
	struct idset trace_set;
	struct arena paths;
	/** The last stack; its labels, oldest first; and how many labels its oldest 1, 2, ...
	 *  frames have. */
	struct stack last;
	VEC(uint32_t) path;
	VEC(uint32_t) path_ends;

	/** For the keys domain and thread: number -> group, and group -> number. */
	struct hmap number_index;
	VEC(int64_t) numbers;

	/** The group of older blocks, when there is one. */
	bool has_older;
	uint32_t older_group;
};

/** After &err_nomem, too, call grouper_deinit(). */
struct err *grouper_init(struct grouper *grouper, const struct heap *heap,
			 const struct stats_options *options, const struct resolver *resolver,
			 struct arena *arena) __must_check;
void grouper_deinit(struct grouper *grouper);

/** Find the groups of a site, and leave them in grouper->hits. */
struct err *grouper_find(struct grouper *grouper, const struct alloc_site *site) __must_check;

/** Add the group of older blocks, once. It is smaller than all others. &err_nomem: it was not
 *  added. */
struct err *grouper_add_older(struct grouper *grouper, uint32_t *ret) __must_check;

/** One more than the largest group id. */
size_t grouper_num(const struct grouper *grouper);

/** Fill in what a group is, except example_stack. */
struct err *grouper_describe(struct grouper *grouper, uint32_t id, struct group *ret) __must_check;

/** Compare two groups, as group_labels_compare() does. */
int grouper_compare(const struct grouper *grouper, uint32_t a, uint32_t b);

/** The counters of a group while they are summed up. Those of older blocks are negative. */
struct tally {
	int64_t size;
	int64_t count;
	uint64_t total_size;
	uint64_t total_count;
	int64_t old_size;
	int64_t old_count;
	/** The new and old live bytes of the site that example_stack is from, and that stack. */
	uint64_t example_size;
	uint64_t example_old_size;
	uint32_t example_stack;
	/** Number of the site that was added last; 0: none yet. */
	uint32_t last_site;
};

/** The variances of what a tally sums up, and of its differences new - old. */
struct noise {
	struct variance live;
	struct variance total;
	struct variance diff;
};

/** The noise of groups, by id. Stays empty if everything was recorded. */
struct noise_table {
	VEC(struct noise) items;
};

/** The variances of a site of two snapshots. old_at, new_at: its places in them; SIZE_MAX: it is
 *  not there. Either snapshot may be NULL. What lives in both has no part in the difference. How
 *  much that is, is not known to the block; so the difference's variance is rather too large. */
struct noise noise_of(const struct snapshot *old_snapshot, size_t old_at,
		      const struct snapshot *new_snapshot, size_t new_at);
void noise_add(struct noise *sum, const struct noise *n);
/** False: out of memory. */
bool noise_add_to_group(struct noise_table *table, uint32_t group,
			const struct noise *n) __must_check;
struct stat_error noise_errors(const struct noise *n);
/** The rate at which one of them was sampled; 0: both have recorded everything. old_snapshot may be
 *  NULL. */
uint64_t noise_rate(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot);
/** Set the errors of rows, which are the groups of order, and of the sums. */
void noise_set_errors(struct stats *stats, const struct noise_table *table, const struct noise *sum,
		      const uint32_t *order);

/** Sort the ids of groups in order[0 .. num) in place. The first `limit` of them are in order;
 *  those behind are in any order. is_diff: use the orders of a comparison. */
struct err *stats_order(struct grouper *grouper, const struct tally *tallies, bool is_diff,
			enum stats_sort sort, uint32_t *order, size_t num,
			size_t limit) __must_check;

/** Check options. ERR_USAGE: cumulative mode with a key that does not allow it (G3). */
struct err *stats_check_options(const struct stats_options *options) __must_check;

/** Make a result without rows for a query on snapshots of this heap. */
struct err *stats_new(const struct heap *heap, const struct stats_options *options,
		      enum stats_sort sort, const struct resolver *resolver,
		      struct stats **ret) __must_check;

/** Fill in stats->rows from the groups in order[0 .. num). is_diff: with differences. On failure
 *  stats has fewer rows. */
struct err *stats_make_rows(struct stats *stats, struct grouper *grouper,
			    const struct tally *tallies, bool is_diff, const uint32_t *order,
			    size_t num) __must_check;

/** What was freed of older blocks in sum, but not in old. */
struct stats_older stats_older_of(const struct older_sum *sum, const struct older_sum *old);

/** Choose the example stack of the group: from the site with most live bytes, new before old. */
void tally_choose_example(struct tally *tally, uint64_t size, uint64_t old_size, uint32_t stack);

#endif
