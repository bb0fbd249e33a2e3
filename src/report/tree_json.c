// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "report/json_internal.h"
#include "report/tree.h"

#include <math.h>

struct writer {
	FILE *out;
	const struct tree *tree;
	const struct tree_view *view;
	const struct frame_source *source;
};

static const char *const kind_names[] = {
	[TREE_PLACE] = "place",
	[TREE_OWN] = "own",
	[TREE_MISSING] = "outer_missing",
	[TREE_OLDER] = "before_attach",
};

/** In comparisons other names, so that nobody takes a difference for a size. */
static bool add_numbers(json_t *object, const struct tree *tree, const struct tree_node *node)
{
	bool is_diff = tree->is_diff;

	return json_add(object, is_diff ? "size_diff" : "size", json_integer(node->size)) &&
	       json_add(object, is_diff ? "count_diff" : "count", json_integer(node->count)) &&
	       json_add(object, "allocated", json_integer(node->total_size)) &&
	       json_add(object, "calls", json_integer(node->total_count)) &&
	       json_add(object, "share", json_real(tree_share(tree, node) + 0.0));
}

static bool add_errors(json_t *object, const struct tree *tree, const struct tree_node *node)
{
	bool is_diff = tree->is_diff;

	return !tree->sample_rate ||
	       (json_add(object, is_diff ? "size_diff_stderr" : "size_stderr",
			 json_real(sqrt(node->variance.size))) &&
		json_add(object, is_diff ? "count_diff_stderr" : "count_stderr",
			 json_real(sqrt(node->variance.count))));
}

/** The node and those that are folded with it; *end_ret is the last of them. */
static json_t *places_of(const struct writer *w, const struct tree_node *node,
			 const struct tree_node **end_ret)
{
	json_t *places = json_array();

	for (; node; node = tree_view_fold(w->tree, node)) {
		*end_ret = node;
		if (node->kind == TREE_PLACE &&
		    json_array_append_new(places, json_of_location(&node->location, node->frame,
								   w->source, NULL)) != 0) {
			json_decref(places);
			return NULL;
		}
	}
	return places;
}

static struct err *write_object(const struct writer *w, json_t *object, bool is_ok)
{
	is_ok = is_ok && json_write_members(object, w->out);
	json_decref(object);
	return is_ok ? NULL : &err_nomem;
}

static struct err *write_rest(const struct writer *w, const struct tree_rest *rest)
{
	const struct tree_node node = {.size = rest->size,
				       .count = rest->count,
				       .total_size = rest->total_size,
				       .total_count = rest->total_count};
	json_t *object = json_object();
	bool is_ok = json_add(object, "num", json_integer(rest->num)) &&
		     add_numbers(object, w->tree, &node);
	struct err *err;

	fputs(",\"others\":{", w->out);
	err = write_object(w, object, is_ok);
	putc('}', w->out);
	return err;
}

/** `,"children":[...]`, and `,"others":{...}` if some are left out. depth: of the children. */
static struct err *write_children(const struct writer *w, const struct tree_node *node,
				  unsigned depth)
{
	const struct tree *tree = w->tree;
	struct tree_view view = *w->view;
	struct tree_rest rest;
	uint32_t num, i;
	struct err *err = NULL;

	if (depth > view.max_depth)
		view.max_children = 0;
	num = tree_view_children(&view, tree, node, &rest);
	fputs(",\"children\":[", w->out);
	for (i = 0; i < num && !err; i++) {
		const struct tree_node *child = &tree->nodes[tree->children[node->first_child + i]];
		const struct tree_node *end = child;
		json_t *object = json_object();
		bool is_ok = json_add(object, "kind", json_string(kind_names[child->kind])) &&
			     json_add(object, "places", places_of(w, child, &end)) &&
			     add_numbers(object, tree, child) && add_errors(object, tree, child);

		fputs(i ? ",{" : "{", w->out);
		err = write_object(w, object, is_ok);
		if (!err)
			err = write_children(w, end, depth + 1);
		putc('}', w->out);
	}
	putc(']', w->out);
	return !err && rest.num ? write_rest(w, &rest) : err;
}

struct err *jsonl_tree(struct jsonl *doc, FILE *out, const struct tree *tree,
		       const struct tree_view *view, const struct frame_source *source)
{
	static const char *const orders[] = {[SORT_DEFAULT] = "size",
					     [SORT_COUNT] = "count",
					     [SORT_ALLOCATED] = "allocated",
					     [SORT_CALLS] = "calls"};
	const struct writer w = {out, tree, view, source};
	const struct tree_node *all = &tree->nodes[0];
	json_t *object = json_object();
	struct err *err;
	bool is_ok;

	jsonl_string(doc, "by", orders[tree->sort]);
	jsonl_bool(doc, "inverted", tree->is_inverted);
	jsonl_real(doc, "threshold", view->threshold);
	if (tree->sample_rate)
		jsonl_uint(doc, "sample_rate", tree->sample_rate);
	is_ok = add_numbers(object, tree, all) && add_errors(object, tree, all);
	err = jsonl_write_begin(doc, out);
	jsonl_destroy(doc);
	if (err) {
		json_decref(object);
		return err;
	}
	putc(',', out);
	err = write_object(&w, object, is_ok);
	if (!err)
		err = write_children(&w, all, 1);
	fputs("}\n", out);
	return err;
}
