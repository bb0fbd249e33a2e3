// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/fmt.h"
#include "base/short_name.h"
#include "base/utf8.h"
#include "heap/traceback.h"
#include "report/tree.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 100
/** Before the names. */
#define NUMBERS_WIDTH 32
/** A name has so many columns however deep it stands. */
#define NAME_MIN 30

uint32_t tree_view_children(const struct tree_view *view, const struct tree *tree,
			    const struct tree_node *node, struct tree_rest *ret)
{
	const uint32_t *children = tree->children + node->first_child;
	double least = view->threshold / 100 * (double)tree->nodes[0].weight;
	uint32_t num = 0, i;

	*ret = (struct tree_rest){.is_below = true};
	for (i = 0; i < node->num_children && i < view->max_children; i++)
		if ((double)tree->nodes[children[i]].weight >= least)
			num = i + 1;
	for (i = num; i < node->num_children; i++) {
		const struct tree_node *child = &tree->nodes[children[i]];

		ret->num++;
		ret->size += child->size;
		ret->count += child->count;
		ret->total_size += child->total_size;
		ret->total_count += child->total_count;
		ret->weight += child->weight;
		ret->is_below &= (double)child->weight < least;
	}
	return num;
}

const struct tree_node *tree_view_fold(const struct tree *tree, const struct tree_node *node)
{
	const struct tree_node *child;

	if (node->num_children != 1)
		return NULL;
	child = &tree->nodes[tree->children[node->first_child]];
	return child->kind == TREE_PLACE ? child : NULL;
}

struct printer {
	FILE *out;
	const struct tree *tree;
	const struct tree_view *view;
	/** What stands before a name: the lines that come from above. */
	char guides[3 * TREE_DEPTH_MAX + 4];
	size_t num_guides;
};

static bool is_by_total(const struct tree *tree)
{
	return tree->sort == SORT_ALLOCATED || tree->sort == SORT_CALLS;
}

static void print_numbers(const struct printer *p, const struct tree_node *node)
{
	const struct tree *tree = p->tree;
	bool is_total = is_by_total(tree);
	int64_t count = is_total ? node->total_count : node->count;
	char size[FMT_SIZE_MAX + 1] = "~", text[32];
	bool is_estimate = tree->sample_rate;

	fmt_size((double)(is_total ? node->total_size : node->size), tree->is_diff,
		 size + is_estimate);
	snprintf(text, sizeof(text), tree->is_diff ? "%s%+" PRId64 : "%s%" PRId64,
		 is_estimate ? "~" : "", count);
	fprintf(p->out, "%11s %10s %6.1f%%  ", size, text, tree_share(tree, node) + 0.0);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/** The caller frees it. NULL: out of memory. */
static char *place_name(const struct tree *tree, const struct tree_node *node, bool want_long)
{
	const struct location *location = &node->location;
	const char *file = strtab_get(tree->strings, location->file);
	const char *function = strtab_get(tree->strings, location->function);
	_cleanup_free_ char *brief = NULL;
	char *ret;

	if (node->kind == TREE_OWN)
		return strdup("(allocated here)");
	if (node->kind == TREE_MISSING)
		return strdup("<outer frames missing>");
	if (node->kind == TREE_OLDER)
		return strdup(OLDER_LABEL);
	if (!location->has_line)
		return want_long ? location_label(location, tree->strings)
				 : location_short_label(location, tree->strings);
	brief = want_long ? strdup(function) : short_name(function);
	if (!brief)
		return NULL;
	if (!want_long)
		file = base_name(file);
	if (asprintf(&ret, *brief ? "%s (%s:%" PRIu32 ")" : "%s%s:%" PRIu32, brief, file,
		     location->line) < 0)
		return NULL;
	return ret;
}

/** The rest of a line whose numbers are printed. */
static struct err *print_name(const struct printer *p, const char *branch,
			      const struct tree_node *node, const char *end)
{
	_cleanup_free_ char *name = place_name(p->tree, node, p->view->want_long);
	size_t used = NUMBERS_WIDTH + p->num_guides + strlen(branch) + strlen(end);
	size_t width = used + NAME_MIN < COLUMNS_MAX ? COLUMNS_MAX - used : NAME_MIN;
	_cleanup_free_ char *shown = NULL;

	if (name)
		shown = p->view->want_long ? utf8_printable(name) : utf8_shorten(name, width);
	if (!shown)
		return &err_nomem;
	fprintf(p->out, "%.*s%s%s%s\n", (int)p->num_guides, p->guides, branch, shown, end);
	return NULL;
}

static void print_rest(const struct printer *p, const struct tree_rest *rest, const char *branch)
{
	struct tree_node node = {.size = rest->size,
				 .count = rest->count,
				 .total_size = rest->total_size,
				 .total_count = rest->total_count};
	const char *plural = rest->num == 1 ? "" : "s";

	print_numbers(p, &node);
	fprintf(p->out, "%.*s%s", (int)p->num_guides, p->guides, branch);
	if (rest->is_below)
		fprintf(p->out, "%" PRIu32 " place%s, %sbelow %g %%\n", rest->num, plural,
			rest->num == 1 ? "" : "each ", p->view->threshold);
	else
		fprintf(p->out, "%" PRIu32 " more place%s\n", rest->num, plural);
}

static struct err *print_children(struct printer *p, const struct tree_node *node, unsigned depth);

/** Tell whether none of its children is shown, though it has some. */
static bool is_cut(const struct printer *p, const struct tree_node *node, unsigned depth)
{
	struct tree_rest rest;

	return node->num_children &&
	       (depth == p->view->max_depth || !tree_view_children(p->view, p->tree, node, &rest));
}

/** depth: of the node, from 1. */
static struct err *print_node(struct printer *p, const struct tree_node *node, unsigned depth,
			      bool is_last)
{
	const char *branch = depth == 1 ? "" : is_last ? "`- " : "|- ";
	const struct tree_node *next;
	size_t num_guides = p->num_guides;
	struct err *err = NULL;

	print_numbers(p, node);
	for (;; node = next) {
		next = tree_view_fold(p->tree, node);
		err = print_name(p, branch, node, next || !is_cut(p, node, depth) ? "" : " ...");
		if (err)
			return err;
		if (depth > 1 && p->num_guides == num_guides) {
			memcpy(p->guides + num_guides, is_last ? "   " : "|  ", 3);
			p->num_guides += 3;
		}
		branch = "";
		if (!next)
			break;
		fprintf(p->out, "%*s", NUMBERS_WIDTH, "");
	}
	if (!is_cut(p, node, depth))
		err = print_children(p, node, depth + 1);
	p->num_guides = num_guides;
	return err;
}

static struct err *print_children(struct printer *p, const struct tree_node *node, unsigned depth)
{
	const struct tree *tree = p->tree;
	struct tree_rest rest;
	uint32_t num = tree_view_children(p->view, tree, node, &rest), i;
	struct err *err = NULL;

	for (i = 0; i < num && !err; i++)
		err = print_node(p, &tree->nodes[tree->children[node->first_child + i]], depth,
				 i + 1 == num && !rest.num);
	if (!err && rest.num)
		print_rest(p, &rest, depth == 1 ? "" : "`- ");
	return err;
}

static void print_total(FILE *out, const struct tree *tree)
{
	const struct tree_node *all = &tree->nodes[0];
	char size[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX];
	bool is_estimate = tree->sample_rate;

	fmt_estimated_size((double)all->size, sqrt(all->variance.size), is_estimate, tree->is_diff,
			   size);
	fmt_estimated_count(all->count, sqrt(all->variance.count), is_estimate, tree->is_diff,
			    count);
	if (tree->is_diff)
		fprintf(out, "Total change: %s in %s blocks\n", size, count);
	else
		fprintf(out, "Total allocated size: %s\n", size);
}

struct err *text_tree(FILE *out, const struct tree *tree, const struct tree_view *view,
		      const char *heading)
{
	struct printer p = {.out = out, .tree = tree, .view = view};
	bool is_total = is_by_total(tree);
	struct err *err;

	fputs("[ Tree ] ", out);
	utf8_print(out, heading);
	fprintf(out, "\n%11s %10s %7s  %s\n", is_total ? "ALLOCATED" : "SIZE",
		is_total ? "CALLS" : "COUNT", "SHARE",
		tree->is_inverted ? "PLACE, AND ITS CALLERS" : "PLACE, AND WHAT IT CALLS");
	err = print_children(&p, &tree->nodes[0], 1);
	if (!err)
		print_total(out, tree);
	return err;
}
