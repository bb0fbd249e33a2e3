// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics: top diff.
#include "config.h"

#include "console/commands.h"
#include "console/describe.h"
#include "report/text.h"

#include <string.h>

#define DEFAULT_ROWS 10

/** A snapshot to work on: a kept one, which is borrowed, or a copy of the live state, which is
 *  owned. */
struct subject {
	const struct snapshot *snapshot;
	struct snapshot *owned;
};

static void subject_deinit(struct subject *subject)
{
	snapshot_destroy(subject->owned);
}

#define _cleanup_subject_ _cleanup_(subject_deinit)

static struct err *subject_find(struct console *console, const char *name, struct subject *ret)
{
	struct err *err;

	if (name && strcmp(name, "live") != 0)
		return session_find_snapshot(console->session, name, &ret->snapshot);
	err = session_live(console->session, &ret->owned);
	if (!err)
		ret->snapshot = ret->owned;
	return err;
}

static struct err *parse_rows(const struct args *args, size_t *ret)
{
	const char *text = args_value(args, "-n");
	long rows = DEFAULT_ROWS;
	struct err *err = NULL;

	if (text)
		err = args_parse_number(text, 0, &rows);
	if (!err)
		*ret = (size_t)rows;
	return err;
}

/** Print a table whose first line is its heading. */
static void print_table(const struct console *console, const char *text)
{
	int heading = (int)strcspn(text, "\n");

	if (console->is_coloured)
		fprintf(console->out, "\033[1m%.*s\033[0m%s", heading, text, text + heading);
	else
		fputs(text, console->out);
}

/** Print stats as what, and keep them for `traceback`. Takes them over in any case. */
static struct err *show(struct console *console, struct stats *stats, bool is_diff, size_t rows,
			const char *heading)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	stats_destroy(console->last);
	console->last = stats;
	console->is_last_diff = is_diff;
	if (!f)
		return &err_nomem;
	if (is_diff)
		text_diff(f, stats, rows, heading);
	else
		text_top(f, stats, rows, heading);
	if (fclose(f) != 0)
		return &err_nomem;
	print_table(console, text);
	return NULL;
}

struct err *cmd_top(struct console *console, const struct args *args)
{
	static const enum stats_sort sorts[] = {SORT_DEFAULT, SORT_COUNT, SORT_ALLOCATED,
						SORT_CALLS};
	struct stats_options options = {.is_cumulative = args_has(args, "--cumulative"),
					.want_all = args_has(args, "--all")};
	_cleanup_subject_ struct subject subject = {0};
	_cleanup_free_ char *heading = NULL;
	struct session_status status;
	struct stats *stats;
	size_t rows = 0;
	struct err *err = parse_rows(args, &rows);

	if (!err && args->num_words)
		err = group_key_parse(args->words[0], &options.key);
	if (!err)
		err = subject_find(console, args_value(args, "--snapshot"), &subject);
	if (!err)
		err = session_status(console->session, &status);
	if (!err)
		err = stats_snapshot(subject.snapshot, &options, sorts[args_choice(args, "--by")],
				     session_resolver(console->session), &stats);
	if (err)
		return err;
	heading = subject.owned ? describe_live(subject.snapshot, &status)
				: describe_snapshot(subject.snapshot, &status);
	return show(console, stats, false, rows, heading ? heading : "");
}

/** The newest snapshot is what is compared when OLD is not given. */
static struct err *newest_snapshot(struct console *console, const struct snapshot **ret)
{
	size_t num = session_num_snapshots(console->session);

	if (!num)
		return err_create(ERR_NOT_FOUND,
				  "there is no snapshot to compare with; 'snapshot' takes one");
	*ret = session_get_snapshot(console->session, num - 1);
	return NULL;
}

/** Sort out [OLD [NEW]] [KEY]: the last word is KEY when it is the name of one (no snapshot has
 *  such a name), and a third word cannot be anything else. */
static struct err *parse_subjects(struct console *console, const struct args *args,
				  enum group_key *key_ret, const struct snapshot **old_ret,
				  struct subject *new_ret)
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
	err = num ? session_find_snapshot(console->session, args->words[0], old_ret)
		  : newest_snapshot(console, old_ret);
	if (err)
		return err;
	return subject_find(console, num == 2 ? args->words[1] : NULL, new_ret);
}

static void drop_unchanged(struct stats *stats)
{
	size_t num = 0, i;

	for (i = 0; i < stats->num_rows; i++)
		if (stats->rows[i].size_diff || stats->rows[i].count_diff)
			stats->rows[num++] = stats->rows[i];
	stats->num_rows = num;
}

struct err *cmd_diff(struct console *console, const struct args *args)
{
	static const enum stats_sort sorts[] = {SORT_DEFAULT, SORT_GROWTH, SORT_SHRINK};
	struct stats_options options = {.is_cumulative = args_has(args, "--cumulative"),
					.want_all = args_has(args, "--all")};
	_cleanup_subject_ struct subject new = {0};
	_cleanup_free_ char *heading = NULL;
	const struct snapshot *old;
	struct stats *stats;
	size_t rows = 0;
	struct err *err = parse_rows(args, &rows);

	if (!err)
		err = parse_subjects(console, args, &options.key, &old, &new);
	if (!err)
		err = stats_diff(old, new.snapshot, &options, sorts[args_choice(args, "--sort")],
				 session_resolver(console->session), &stats);
	if (err)
		return err;
	if (args_has(args, "--changed"))
		drop_unchanged(stats);
	if (asprintf(&heading, "%s -> %s, %.1f s apart", old->name, new.snapshot->name,
		     ((double)new.snapshot->time_ns - (double)old->time_ns) / 1e9) < 0)
		heading = NULL;
	err = show(console, stats, true, rows, heading ? heading : "");
	if (!err && options.key == KEY_TRACEBACK && old->nframe != new.snapshot->nframe)
		fprintf(console->out,
			"# %s has %u frames a stack and %s %u: the same stack may count as two\n",
			old->name, old->nframe, new.snapshot->name, new.snapshot->nframe);
	return err;
}
