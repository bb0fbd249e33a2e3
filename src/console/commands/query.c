// SPDX-License-Identifier: GPL-3.0-or-later
// What `top`, `diff`, `traces`, `growth` and `check` have in common beside their snapshots.
#include "config.h"

#include "console/commands/query.h"

#include "console/commands/describe.h"
#include "console/commands/snapshot_ref.h"
#include "heap/filter.h"
#include "heap/merged.h"

#include <string.h>

#define DEFAULT_ROWS 10

bool query_want_long(const struct console *console, const struct args *args)
{
	return console->is_long || args_has(args, "--long");
}

struct stats_options query_options(const struct console *console, const struct args *args)
{
	return (struct stats_options){
		.want_all = args_has(args, "--all"),
		.is_compat = args_has(args, "--compat"),
		.want_long = query_want_long(console, args),
		.skip = console->skip,
		.filters = console->filters.list.num ? &console->filters : NULL,
	};
}

struct err *query_parse_rows(const struct args *args, size_t *ret)
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

struct err *query_check_key(const struct args *args)
{
	enum group_key key;
	size_t rows;
	struct err *err = query_parse_rows(args, &rows);

	return !err && args->num_words ? group_key_parse(args->words[0], &key) : err;
}

void query_keep(struct console *console, struct stats *stats, bool is_diff)
{
	stats_destroy(console->last);
	merged_destroy(console->last_merged);
	console->last = stats;
	console->last_merged = console->merged;
	console->merged = NULL;
	console->is_last_diff = is_diff;
}

static void print_filters(const struct console *console)
{
	size_t i;

	if (!console->filters.list.num)
		return;
	fputs("# filtered by", console->out);
	for (i = 0; i < console->filters.list.num; i++) {
		_cleanup_free_ char *text = filter_text(&console->filters.list.items[i]);

		fprintf(console->out, "%s %s", i ? "," : "", text ? text : "?");
	}
	fputc('\n', console->out);
}

void query_print(const struct console *console, const char *text)
{
	int heading = (int)strcspn(text, "\n");

	if (console->is_coloured)
		fprintf(console->out, "\033[1m%.*s\033[0m%s", heading, text, text + heading);
	else
		fputs(text, console->out);
	print_filters(console);
}

struct err *query_finish(struct console *console, FILE *f, char *const *text, struct err *err)
{
	if (fclose(f) != 0 && !err)
		err = &err_nomem;
	if (err)
		return err;
	console->has_json = console->want_json;
	if (console->want_json)
		fputs(*text, console->out);
	else
		query_print(console, *text);
	return NULL;
}

struct jsonl *query_begin_json(const struct console *console, const char *command)
{
	struct jsonl *doc = jsonl_begin(command);
	size_t i;

	if (!console->filters.list.num)
		return doc;
	jsonl_open_array(doc, "filters");
	for (i = 0; i < console->filters.list.num; i++) {
		_cleanup_free_ char *text = filter_text(&console->filters.list.items[i]);

		jsonl_string(doc, NULL, text);
	}
	jsonl_close(doc);
	return doc;
}

char *query_describe(const struct snapshot_ref *ref, const struct traced_status *status)
{
	return ref->owned ? describe_live(ref->snapshot, status)
			  : describe_snapshot(ref->snapshot, status);
}
