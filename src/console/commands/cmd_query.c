// SPDX-License-Identifier: GPL-3.0-or-later
// Filters, and queries beside top and diff: filter traces growth check.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/describe.h"
#include "console/commands/query.h"
#include "console/commands/snapshot_ref.h"
#include "console/terminal/progress.h"
#include "report/json_stats.h"
#include "report/text.h"
#include "supervisor/code.h"
#include "supervisor/snapshots.h"

#include <stdlib.h>
#include <string.h>

/** Rows of a failed gate that are shown with their tracebacks. */
#define GATE_ROWS 5

static struct err *parse_filter(const struct args *args, struct filter *ret)
{
	return filter_parse_words(args->raw + 1, args->num_raw - 1, ret);
}

static struct err *list_filters(struct console *console)
{
	size_t i;

	if (console->want_json)
		return commands_end_json(console, query_begin_json(console, "filter"));
	for (i = 0; i < console->filters.list.num; i++) {
		_cleanup_free_ char *text = filter_text(&console->filters.list.items[i]);

		if (!text)
			return &err_nomem;
		utf8_print(console->out, text);
		fputc('\n', console->out);
	}
	if (!i)
		fputs("# no filters; 'filter add' adds one\n", console->out);
	return NULL;
}

struct err *check_filter(const struct args *args)
{
	const char *what = args->raw[0];
	_cleanup_filter_ struct filter filter = {0};

	if (strcmp(what, "add") == 0)
		return parse_filter(args, &filter);
	if (strcmp(what, "list") != 0 && strcmp(what, "clear") != 0)
		return err_create(ERR_USAGE, "filter can add, list and clear, not '%s'", what);
	if (args->num_raw > 1)
		return err_create(ERR_USAGE, "too many arguments for 'filter %s'", what);
	return NULL;
}

struct err *cmd_filter(struct console *console, const struct args *args)
{
	const char *what = args->raw[0];
	_cleanup_filter_ struct filter filter = {0};
	struct err *err = check_filter(args);

	if (err)
		return err;
	if (strcmp(what, "list") == 0)
		return list_filters(console);
	if (strcmp(what, "clear") == 0) {
		filters_clear(&console->filters);
		return NULL;
	}
	err = parse_filter(args, &filter);
	return err ? err : filters_add(&console->filters, &filter);
}

struct err *cmd_traces(struct console *console, const struct args *args)
{
	struct stats_options options = query_options(console, args);
	_cleanup_snapshot_ref_ struct snapshot_ref ref = {0};
	_cleanup_traces_ struct traces *traces = NULL;
	struct err *err = snapshot_ref_find(console, args_value(args, "--snapshot"), &ref);

	if (!err)
		err = traces_create(ref.snapshot, &options, traced_resolver(console->traced),
				    &traces);
	if (err)
		return err;
	if (!console->want_json)
		return text_traces(console->out, traces, traced_resolver(console->traced),
				   options.want_long);
	// A document for each trace, none when there is none.
	console->has_json = true;
	return jsonl_traces(console->out, traces, traced_source(console->traced));
}

struct err *check_growth(const struct args *args)
{
	const char *last = args_value(args, "--last");
	long wanted = 0;
	struct err *err = query_check_key(args);

	return !err && last ? args_parse_number(last, 2, &wanted) : err;
}

/** The last snapshots that are kept, oldest first; at least two. */
static struct err *last_snapshots(struct console *console, const struct args *args,
				  const struct snapshot ***ret, size_t *num_ret)
{
	size_t num = traced_num_snapshots(console->traced), first = 0, i;
	const char *last = args_value(args, "--last");
	const struct snapshot **list;
	long wanted = 0;
	struct err *err = last ? args_parse_number(last, 2, &wanted) : NULL;

	if (err)
		return err;
	if (num < 2)
		return err_create(ERR_NOT_FOUND, "growth needs two snapshots or more, there %s %zu",
				  num == 1 ? "is" : "are", num);
	if (wanted && (size_t)wanted < num)
		first = num - (size_t)wanted;
	list = malloc((num - first) * sizeof(const struct snapshot *));
	if (!list)
		return &err_nomem;
	for (i = first; i < num; i++)
		list[i - first] = traced_get_snapshot(console->traced, i);
	*ret = list;
	*num_ret = num - first;
	return NULL;
}

static struct err *show_growth(struct console *console, struct growth *growth, size_t rows,
			       const struct snapshot *const *list)
{
	const struct snapshot *first = list[0], *last = list[growth->num_snapshots - 1];
	_cleanup_free_ char *heading = NULL, *text = NULL;
	size_t size;
	FILE *f;

	if (console->want_json) {
		struct jsonl *doc = query_begin_json(console, "growth");

		describe_snapshot_json(doc, "old", first);
		describe_snapshot_json(doc, "new", last);
		console->has_json = true;
		return jsonl_growth(doc, console->out, growth, traced_source(console->traced),
				    rows);
	}
	if (asprintf(&heading, "over %zu snapshots, %s -> %s, %.1f s apart", growth->num_snapshots,
		     first->name, last->name, (double)growth->span_ns / 1e9) < 0)
		heading = NULL;
	f = open_memstream(&text, &size);
	if (!f)
		return &err_nomem;
	text_growth(f, growth, rows, heading ? heading : "");
	if (fclose(f) != 0)
		return &err_nomem;
	query_print(console, text);
	text_older_note(console->out, growth->stats);
	return NULL;
}

static struct err *make_growth(struct console *console, const struct snapshot *const *list,
			       size_t num, const struct stats_options *options, struct growth **ret)
{
	struct progress *progress = progress_begin(console->traced, console->out, NULL);
	struct err *err = growth_create(list, num, options, traced_resolver(console->traced), ret);

	progress_end(progress);
	return err;
}

struct err *cmd_growth(struct console *console, const struct args *args)
{
	struct stats_options options = query_options(console, args);
	_cleanup_free_ const struct snapshot **list = NULL;
	_cleanup_growth_ struct growth *growth = NULL;
	size_t rows = 0, num = 0;
	struct err *err = query_parse_rows(args, &rows);

	options.is_cumulative = args_has(args, "--cumulative");
	if (!err && args->num_words)
		err = group_key_parse(args->words[0], &options.key);
	if (!err)
		err = last_snapshots(console, args, &list, &num);
	if (!err)
		err = make_growth(console, list, num, &options, &growth);
	if (!err)
		err = show_growth(console, growth, rows, list);
	if (err)
		return err;
	query_keep(console, growth->stats, true);
	growth->stats = NULL;
	return NULL;
}

/** Sort out growth OLD [NEW] [KEY PATTERN] --max SIZE. *has_new_ret: there is NEW. */
static struct err *parse_gate(const struct args *args, enum group_key *key_ret,
			      struct gate_options *ret, bool *has_new_ret)
{
	const char *max = args_value(args, "--max");
	size_t num = args->num_words;
	struct err *err;

	if (strcmp(args->words[0], "growth") != 0)
		return err_create(ERR_USAGE, "only growth can be checked, not '%s'",
				  args->words[0]);
	if (!max)
		return err_create(ERR_USAGE, "how much growth is allowed? --max SIZE");
	err = fmt_parse_size(max, &ret->max);
	if (!err && num >= 4) {
		err = group_key_parse(args->words[num - 2], key_ret);
		ret->pattern = args->words[num - 1];
		num -= 2;
	}
	*has_new_ret = num == 3;
	return err;
}

struct err *check_check(const struct args *args)
{
	struct gate_options options;
	enum group_key key;
	bool has_new;

	return parse_gate(args, &key, &options, &has_new);
}

static struct err *print_gate(struct console *console, struct gate *gate, const char *pattern,
			      bool want_long, const struct snapshot *old,
			      const struct snapshot *new)
{
	const struct traceback_options options = {.want_long = want_long};
	_cleanup_free_ char *heading = NULL;
	struct err *err;

	if (asprintf(&heading, "%s -> %s", old->name, new->name) < 0) {
		heading = NULL;
		return &err_nomem;
	}
	err = text_gate(console->out, gate, GATE_ROWS, heading, &options, traced_source_line,
			console->traced);
	if (!err && pattern && !gate->num_matched)
		fprintf(console->out, "# nothing matches '%s' in either snapshot\n", pattern);
	if (!err)
		text_older_note(console->out, gate->stats);
	return err;
}

static struct err *show_gate(struct console *console, struct gate *gate, const char *pattern,
			     bool want_long, const struct snapshot *old, const struct snapshot *new)
{
	struct jsonl *doc;

	if (!console->want_json)
		return print_gate(console, gate, pattern, want_long, old, new);
	doc = query_begin_json(console, "check");
	describe_snapshot_json(doc, "old", old);
	describe_snapshot_json(doc, "new", new);
	jsonl_string(doc, "pattern", pattern);
	console->has_json = true;
	return jsonl_gate(doc, console->out, gate, traced_source(console->traced), GATE_ROWS);
}

struct err *cmd_check(struct console *console, const struct args *args)
{
	struct stats_options options = query_options(console, args);
	_cleanup_snapshot_ref_ struct snapshot_ref old = {0}, new = {0};
	struct gate_options gate_options = {0};
	_cleanup_gate_ struct gate *gate = NULL;
	struct progress *progress;
	bool has_new = false;
	struct err *err = parse_gate(args, &options.key, &gate_options, &has_new);

	if (!err)
		err = snapshot_ref_find_old(console, args->words[1], &old);
	if (!err)
		err = snapshot_ref_find(console, has_new ? args->words[2] : NULL, &new);
	progress = progress_begin(console->traced, console->out, NULL);
	if (!err)
		err = gate_check(old.snapshot, new.snapshot, &options, &gate_options,
				 traced_resolver(console->traced), &gate);
	progress_end(progress);
	if (!err)
		err = show_gate(console, gate, gate_options.pattern, options.want_long,
				old.snapshot, new.snapshot);
	if (err)
		return err;
	console->has_failed_gate |= gate->is_exceeded;
	query_keep(console, gate->stats, true);
	gate->stats = NULL;
	return NULL;
}
