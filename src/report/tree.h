// SPDX-License-Identifier: GPL-3.0-or-later
/** A call tree as text and JSON. A place with one child is folded with it: both have the same
 *  numbers. Children that are not shown are summed up, so what is shown adds up, too. */
#ifndef REPORT_TREE_H
#define REPORT_TREE_H

#include "heap/archive.h"
#include "heap/tree.h"

#include <stdio.h>

struct jsonl;

/** The deepest tree that is written. */
#define TREE_DEPTH_MAX 200

/** What is shown of a tree. */
struct tree_view {
	/** Children of a place, at most. */
	size_t max_children;
	/** Percent of the weight of all: children below it are summed up. */
	double threshold;
	/** Levels, where folded places are one; 1 to TREE_DEPTH_MAX. */
	unsigned max_depth;
	/** Names and paths are not shortened. */
	bool want_long;
};

/** Children that are not shown. */
struct tree_rest {
	uint32_t num;
	int64_t size;
	int64_t count;
	int64_t total_size;
	int64_t total_count;
	uint64_t weight;
	/** All of them are below the threshold. */
	bool is_below;
};

/** How many children of a node are shown, the first ones; and the others. */
uint32_t tree_view_children(const struct tree_view *view, const struct tree *tree,
			    const struct tree_node *node, struct tree_rest *ret);

/** The only child of a node, if it is folded with it; or NULL. */
const struct tree_node *tree_view_fold(const struct tree *tree, const struct tree_node *node);

/** Write "[ Tree ] HEADING", a line of titles, and a line for each place: size, count, share of
 *  all, name. Folded places have a line of their own, without numbers. A line for children that are
 *  not shown ends in "N places, each below P %" or "N more places"; that of a place none of whose
 *  children is shown, in " ...". The last line is the total. Lines have at most 100 columns, unless
 *  want_long. */
struct err *text_tree(FILE *out, const struct tree *tree, const struct tree_view *view,
		      const char *heading) __must_check;

/** Add the members of a tree to a document, write it as one line, and destroy it in any case.
 *  source is where the frames are from. */
struct err *jsonl_tree(struct jsonl *doc, FILE *out, const struct tree *tree,
		       const struct tree_view *view,
		       const struct frame_source *source) __must_check;

#endif
