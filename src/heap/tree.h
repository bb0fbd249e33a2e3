// SPDX-License-Identifier: GPL-3.0-or-later
/** The call tree of live bytes, or of what changed between two snapshots. A *place* is a line of a
 *  function, or what is known of a frame without lines; inlined functions are places of their own.
 *  A node is a place as it was reached from its parent. Its numbers are sums over the traces that
 *  go through it, and the exact sums of its children. */
#ifndef HEAP_TREE_H
#define HEAP_TREE_H

#include "heap/stats.h"

enum tree_kind {
	TREE_PLACE,
	/** What the parent itself has allocated, beside what its other children have. */
	TREE_OWN,
	/** Stands for the outer frames that stacks lack, because of the frame limit or because they
	 *  are truncated. Only a tree that begins at the outermost frames has it. */
	TREE_MISSING,
	/** Older blocks that were freed. */
	TREE_OLDER,
};

struct tree_node {
	enum tree_kind kind;
	/** TREE_PLACE: the place, and the frame of some stack that it is from. */
	struct location location;
	uint64_t frame;
	/** Live bytes and blocks, bytes and blocks ever allocated; of two snapshots the differences
	 *  new - old. */
	int64_t size;
	int64_t count;
	int64_t total_size;
	int64_t total_count;
	/** With a rate: the variances of size and count. */
	struct variance variance;
	/** By the number that the tree is ordered by: the sum of the absolute values of its traces.
	 *  It tells how much there is to see, when growth and shrinkage cancel out. */
	uint64_t weight;
	/** Index of the parent; the root is its own. */
	uint32_t parent;
	/** Its children are tree->children[first_child] and those behind. */
	uint32_t first_child;
	uint32_t num_children;
};

struct tree_options {
	/** Of these, skip, want_all, is_compat and filters count as in rows. is_cumulative: a place
	 *  that is on the way to itself again is not entered again, what follows goes on from where
	 *  it was first. */
	const struct stats_options *query;
	/** SORT_DEFAULT, SORT_COUNT, SORT_ALLOCATED or SORT_CALLS: the number that orders. */
	enum stats_sort sort;
	/** Begin at the places that allocate, and go on to their callers. */
	bool is_inverted;
};

struct tree {
	/** nodes[0] is the root, which has all sums and stands for no place. Parents come before
	 *  their children. */
	struct tree_node *nodes;
	size_t num_nodes;
	/** Indices of nodes, those of one parent together, by the absolute value of the number that
	 *  orders, descending. */
	uint32_t *children;
	enum stats_sort sort;
	bool is_inverted;
	/** It is of two snapshots. */
	bool is_diff;
	/** As in struct stats. */
	uint64_t sample_rate;
	struct stats_older older;
	/** Of the locations. */
	const struct strtab *strings;
};

/** Make the tree of a snapshot, or of the changes if old_snapshot is not NULL; both are of one
 *  heap. Frames at the inner end that do not stand for a stack are left out, unless want_all. With
 *  two snapshots, and with want_all, freed older blocks are a child of the root. The resolver must
 *  outlive the tree. */
struct err *tree_create(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
			const struct tree_options *options, const struct resolver *resolver,
			struct tree **ret) __must_check;
/** NULL is fine. */
void tree_destroy(struct tree *tree);

/** The number of a node that orders. */
int64_t tree_value(const struct tree *tree, const struct tree_node *node);
/** The part that this number has of the weight of all, in percent. Of changes it is negative where
 *  more went than came. */
double tree_share(const struct tree *tree, const struct tree_node *node);

static inline void cleanup_tree(struct tree **tree)
{
	tree_destroy(*tree);
}

/** Destroy the tree when it leaves the scope. */
#define _cleanup_tree_ _cleanup_(cleanup_tree)

#endif
