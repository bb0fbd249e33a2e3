// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics: top diff.
#include "config.h"

#include "console/commands/by_process.h"
#include "console/commands/describe.h"
#include "console/commands/merge.h"
#include "console/commands/query.h"
#include "console/commands/snapshot_ref.h"
#include "console/terminal/progress.h"
#include "report/json_stats.h"
#include "report/text.h"
#include "supervisor/code.h"
#include "supervisor/traced.h"

#include <string.h>

/** Rows that are made, whatever is printed: `traceback #RANK` may ask for them. */
#define MIN_ROWS 1000

static size_t rows_to_make(size_t num_printed)
{
	return num_printed > MIN_ROWS ? num_printed : MIN_ROWS;
}

/** Print stats, and keep them for `traceback`. Takes over stats and doc (NULL: print text) in any
 *  case. */
static struct err *show(struct console *console, struct stats *stats, bool is_diff, size_t rows,
			const char *heading, struct jsonl *doc)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct err *err = NULL;

	query_keep(console, stats, is_diff);
	if (!f) {
		jsonl_destroy(doc);
		return &err_nomem;
	}
	if (console->want_json)
		err = jsonl_stats(doc, f, stats, is_diff, merge_last_source(console), rows);
	else if (is_diff)
		text_diff(f, stats, rows, heading);
	else
		text_top(f, stats, rows, heading);
	return query_finish(console, f, &text, err);
}

static struct err *make_top(struct console *console, const struct snapshot *snapshot,
			    const struct stats_options *options, enum stats_sort sort,
			    struct stats **ret)
{
	struct progress *progress = progress_begin(console->traced, console->out, NULL);
	struct err *err =
		stats_snapshot(snapshot, options, sort, merge_source(console)->resolver, ret);

	progress_end(progress);
	return err;
}

static struct err *make_diff(struct console *console, const struct snapshot *old,
			     const struct snapshot *new, const struct stats_options *options,
			     enum stats_sort sort, struct stats **ret)
{
	struct progress *progress = progress_begin(console->traced, console->out, NULL);
	struct err *err = stats_diff(old, new, options, sort, merge_source(console)->resolver, ret);

	progress_end(progress);
	return err;
}

struct err *check_top(const struct args *args)
{
	struct err *err = query_check_key(args);

	return !err && args_has(args, "--processes") ? by_process_check(args) : err;
}

struct err *cmd_top(struct console *console, const struct args *args)
{
	static const enum stats_sort sorts[] = {SORT_DEFAULT, SORT_COUNT, SORT_ALLOCATED,
						SORT_CALLS};
	struct stats_options options = query_options(console, args);
	_cleanup_snapshot_ref_ struct snapshot_ref ref = {0};
	_cleanup_free_ char *heading = NULL;
	struct traced_status status;
	struct jsonl *doc = NULL;
	struct stats *stats;
	size_t rows = 0;
	struct err *err = query_parse_rows(args, &rows);

	if (!err && args_has(args, "--processes"))
		return by_process_top(console, args, &options, sorts[args_choice(args, "--by")],
				      rows);
	options.is_cumulative = args_has(args, "--cumulative");
	options.max_rows = rows_to_make(rows);
	if (!err && args->num_words)
		err = group_key_parse(args->words[0], &options.key);
	if (!err)
		err = merge_find_top(console, args, &ref);
	if (!err)
		err = traced_status(console->traced, &status);
	if (!err)
		err = make_top(console, ref.snapshot, &options, sorts[args_choice(args, "--by")],
			       &stats);
	if (err)
		return err;
	if (console->want_json) {
		doc = query_begin_json(console, "top");
		describe_snapshot_json(doc, "snapshot", ref.snapshot);
	} else {
		heading = query_describe(&ref, &status);
	}
	return show(console, stats, false, rows, heading ? heading : "", doc);
}

/** Sort out [OLD [NEW]] [KEY]: the last word is KEY when it is the name of one (no snapshot has
 *  such a name), and a third word cannot be anything else. */
static struct err *parse_snapshots(struct console *console, const struct args *args,
				   enum group_key *key_ret, struct snapshot_ref *old_ret,
				   struct snapshot_ref *new_ret)
{
	size_t num = args->num_words;
	struct err *err;

	if (num) {
		err = group_key_parse(args->words[num - 1], key_ret);
		if (err && num == 3)
			return err;
		if (!err)
			num--;
		err_destroy(err);
	}
	if (num == 3)
		return err_create(ERR_USAGE, "too many snapshots");
	if (!num && args_has(args, "--merge"))
		return err_create(ERR_USAGE, "which snapshot is it to be compared with? usage: "
					     "diff OLD [NEW] --merge PROGRAM");
	err = num ? merge_find_side(console, args, 0, args->words[0], old_ret)
		  : snapshot_ref_newest(console, old_ret);
	if (err)
		return err;
	return merge_find_side(console, args, 1, num == 2 ? args->words[1] : NULL, new_ret);
}

static struct jsonl *begin_diff(const struct console *console, const struct snapshot *old,
				const struct snapshot *new)
{
	struct jsonl *doc = query_begin_json(console, "diff");

	describe_snapshot_json(doc, "old", old);
	describe_snapshot_json(doc, "new", new);
	jsonl_real(doc, "seconds", ((double)new->time_ns - (double)old->time_ns) / 1e9);
	return doc;
}

static struct err *show_diff(struct console *console, struct stats *stats, size_t rows,
			     const struct snapshot *old, const struct snapshot *new,
			     bool want_stacks)
{
	_cleanup_free_ char *heading = NULL;
	struct err *err;

	if (console->want_json)
		return show(console, stats, true, rows, "", begin_diff(console, old, new));
	if (asprintf(&heading, "%s -> %s, %.1f s apart", old->name, new->name,
		     ((double)new->time_ns - (double)old->time_ns) / 1e9) < 0)
		heading = NULL;
	err = show(console, stats, true, rows, heading ? heading : "", NULL);
	if (!err)
		text_older_note(console->out, stats);
	if (!err && old->nframe != new->nframe &&want_stacks)
		fprintf(console->out,
			"# %s has %u frames a stack and %s %u: the same stack may count as two\n",
			old->name, old->nframe, new->name, new->nframe);
	return err;
}

struct err *cmd_diff(struct console *console, const struct args *args)
{
	static const enum stats_sort sorts[] = {SORT_DEFAULT, SORT_GROWTH, SORT_SHRINK};
	struct stats_options options = query_options(console, args);
	_cleanup_snapshot_ref_ struct snapshot_ref old = {0}, new = {0};
	struct stats *stats;
	size_t rows = 0;
	struct err *err = query_parse_rows(args, &rows);

	options.is_cumulative = args_has(args, "--cumulative");
	options.want_changed = args_has(args, "--changed");
	options.max_rows = rows_to_make(rows);
	if (!err)
		err = parse_snapshots(console, args, &options.key, &old, &new);
	if (!err)
		err = make_diff(console, old.snapshot, new.snapshot, &options,
				sorts[args_choice(args, "--sort")], &stats);
	if (err)
		return err;
	return show_diff(console, stats, rows, old.snapshot, new.snapshot,
			 options.key == KEY_TRACEBACK || options.is_cumulative);
}
