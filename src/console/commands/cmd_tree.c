// SPDX-License-Identifier: GPL-3.0-or-later
// The call tree: tree.
#include "config.h"

#include "console/commands/describe.h"
#include "console/commands/merge.h"
#include "console/commands/query.h"
#include "console/terminal/progress.h"
#include "report/tree.h"
#include "supervisor/code.h"
#include "supervisor/traced.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** The live state, --snapshot or --since, or OLD [NEW]. */
struct chosen {
	struct snapshot_ref old;
	struct snapshot_ref new;
};

static void chosen_deinit(struct chosen *chosen)
{
	snapshot_ref_deinit(&chosen->old);
	snapshot_ref_deinit(&chosen->new);
}

static struct err *parse_percent(const char *text, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(text, &end);
	if (errno || end == text || *end || strchr(" +-", *text) || !(*ret >= 0 && *ret <= 100))
		return err_create(ERR_USAGE, "'%s' is no percentage from 0 to 100", text);
	return NULL;
}

static struct err *parse_view(const struct console *console, const struct args *args,
			      struct tree_view *ret)
{
	const char *threshold = args_value(args, "--threshold"),
		   *text = args_value(args, "--depth");
	long depth = TREE_DEPTH_MAX;
	struct err *err = query_parse_rows(args, &ret->max_children);

	ret->threshold = 1;
	ret->want_long = console && query_want_long(console, args);
	if (!err && threshold)
		err = parse_percent(threshold, &ret->threshold);
	if (!err && text)
		err = args_parse_number(text, 1, &depth);
	ret->max_depth = depth < TREE_DEPTH_MAX ? (unsigned)depth : TREE_DEPTH_MAX;
	return err;
}

struct err *check_tree(const struct args *args)
{
	struct tree_view view;
	bool is_one = args_has(args, "--snapshot") || args_has(args, "--since");
	struct err *err = parse_view(NULL, args, &view);

	if (!err && args->num_words && is_one)
		err = err_create(ERR_USAGE, "OLD [NEW] compares: no --snapshot, no --since");
	return err;
}

static struct err *choose(struct console *console, const struct args *args, struct chosen *ret)
{
	struct err *err;

	if (!args->num_words)
		return merge_find_top(console, args, &ret->new);
	err = merge_find_side(console, args, 0, args->words[0], &ret->old);
	if (err)
		return err;
	return merge_find_side(console, args, 1, args->num_words == 2 ? args->words[1] : NULL,
			       &ret->new);
}

static struct err *make_tree(struct console *console, const struct args *args,
			     const struct chosen *chosen, struct tree **ret)
{
	static const enum stats_sort sorts[] = {SORT_DEFAULT, SORT_COUNT, SORT_ALLOCATED,
						SORT_CALLS};
	const struct stats_options query = {
		.want_all = args_has(args, "--all"),
		.is_cumulative = args_has(args, "--cumulative"),
		.skip = console->skip,
		.filters = console->filters.list.num ? &console->filters : NULL,
	};
	const struct tree_options options = {
		.query = &query,
		.sort = sorts[args_choice(args, "--by")],
		.is_inverted = args_has(args, "--invert"),
	};
	struct progress *progress = progress_begin(console->traced, console->out, NULL);
	struct err *err;

	err = tree_create(chosen->old.snapshot, chosen->new.snapshot, &options,
			  merge_source(console)->resolver, ret);
	progress_end(progress);
	return err;
}

static double seconds_apart(const struct chosen *chosen)
{
	return ((double)chosen->new.snapshot->time_ns - (double)chosen->old.snapshot->time_ns) /
	       1e9;
}

static struct jsonl *begin_json(const struct console *console, const struct chosen *chosen)
{
	struct jsonl *doc = query_begin_json(console, "tree");

	if (!chosen->old.snapshot) {
		describe_snapshot_json(doc, "snapshot", chosen->new.snapshot);
		return doc;
	}
	describe_snapshot_json(doc, "old", chosen->old.snapshot);
	describe_snapshot_json(doc, "new", chosen->new.snapshot);
	jsonl_real(doc, "seconds", seconds_apart(chosen));
	return doc;
}

/** The caller frees it; NULL: out of memory. */
static char *heading_of(const struct chosen *chosen, const struct traced_status *status)
{
	char *heading;

	if (!chosen->old.snapshot)
		return query_describe(&chosen->new, status);
	if (asprintf(&heading, "%s -> %s, %.1f s apart", chosen->old.snapshot->name,
		     chosen->new.snapshot->name, seconds_apart(chosen)) < 0)
		return NULL;
	return heading;
}

static struct err *show(struct console *console, const struct tree *tree,
			const struct tree_view *view, const struct chosen *chosen)
{
	_cleanup_free_ char *text = NULL, *heading = NULL;
	struct traced_status status;
	size_t size;
	FILE *f;
	struct err *err = traced_status(console->traced, &status);

	if (err)
		return err;
	heading = heading_of(chosen, &status);
	f = heading ? open_memstream(&text, &size) : NULL;
	if (!f)
		return &err_nomem;
	if (console->want_json)
		err = jsonl_tree(begin_json(console, chosen), f, tree, view, merge_source(console));
	else
		err = text_tree(f, tree, view, heading);
	return query_finish(console, f, &text, err);
}

struct err *cmd_tree(struct console *console, const struct args *args)
{
	_cleanup_(chosen_deinit) struct chosen chosen = {{0}};
	_cleanup_tree_ struct tree *tree = NULL;
	struct tree_view view;
	struct err *err = parse_view(console, args, &view);

	if (!err)
		err = check_tree(args);
	if (!err)
		err = choose(console, args, &chosen);
	if (!err)
		err = make_tree(console, args, &chosen, &tree);
	return err ? err : show(console, tree, &view, &chosen);
}
