// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/subject.h"

#include "heap/filter.h"

#include <ctype.h>
#include <string.h>

#define DEFAULT_ROWS 10

void subject_deinit(struct subject *subject)
{
	snapshot_destroy(subject->owned);
}

struct err *subject_find(struct console *console, const char *name, struct subject *ret)
{
	struct snapshot *owned = NULL;
	struct session_status status;
	struct err *err = session_status(console->session, &status);

	if (err)
		return err;
	// In a file, "live" and "peak" may be names like any other.
	if (status.is_stored)
		return name ? session_find_snapshot(console->session, name, &ret->snapshot)
			    : subject_newest(console, ret);
	if (!name || strcmp(name, "live") == 0)
		err = session_live(console->session, &owned);
	else if (strcmp(name, "peak") == 0)
		err = session_peak(console->session, &owned);
	else
		return session_find_snapshot(console->session, name, &ret->snapshot);
	if (err)
		return err;
	ret->owned = owned;
	ret->snapshot = owned;
	return NULL;
}

struct err *subject_find_old(struct console *console, const char *name, struct subject *ret)
{
	if (strcmp(name, "live") == 0)
		return session_find_snapshot(console->session, name, &ret->snapshot);
	return subject_find(console, name, ret);
}

struct err *subject_since(struct console *console, const char *name, struct subject *ret)
{
	const struct snapshot *snapshot;
	struct err *err;

	if (strcmp(name, "live") == 0 || strcmp(name, "peak") == 0)
		return err_create(ERR_USAGE, "--since takes a snapshot that was kept, not %s",
				  name);
	err = session_find_snapshot(console->session, name, &snapshot);
	if (!err)
		err = session_since(console->session, snapshot, &ret->owned);
	if (!err)
		ret->snapshot = ret->owned;
	return err;
}

struct err *subject_newest(struct console *console, struct subject *ret)
{
	size_t num = session_num_snapshots(console->session);

	if (!num)
		return err_create(ERR_NOT_FOUND,
				  "there is no snapshot to compare with; 'snapshot' takes one");
	ret->snapshot = session_get_snapshot(console->session, num - 1);
	return NULL;
}

struct err *subject_check_name(const char *name)
{
	const char *p;
	size_t i;

	for (i = 0; i < NUM_KEYS; i++)
		if (strcmp(name, group_key_names[i]) == 0)
			return err_create(ERR_USAGE, "'%s' is a key, choose another name", name);
	if (strcmp(name, "live") == 0)
		return err_create(ERR_USAGE, "'live' is the present state, choose another name");
	if (strcmp(name, "peak") == 0)
		return err_create(ERR_USAGE,
				  "'peak' is the state at the maximum, choose another name");
	for (p = name; *p; p++)
		if (iscntrl((unsigned char)*p))
			return err_create(ERR_USAGE, "a name has no control characters");
	if (!*name || strchr("-#", *name))
		return err_create(ERR_USAGE, "'%s' cannot be a name", name);
	return NULL;
}

struct stats_options subject_options(const struct console *console, const struct args *args)
{
	return (struct stats_options){
		.want_all = args_has(args, "--all"),
		.is_compat = args_has(args, "--compat"),
		.filters = console->filters.list.num ? &console->filters : NULL,
	};
}

struct err *subject_parse_rows(const struct args *args, size_t *ret)
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

void subject_keep(struct console *console, struct stats *stats, bool is_diff)
{
	stats_destroy(console->last);
	console->last = stats;
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

void subject_print(const struct console *console, const char *text)
{
	int heading = (int)strcspn(text, "\n");

	if (console->is_coloured)
		fprintf(console->out, "\033[1m%.*s\033[0m%s", heading, text, text + heading);
	else
		fputs(text, console->out);
	print_filters(console);
}

struct jsonl *subject_json(const struct console *console, const char *command)
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

void subject_add_json(struct jsonl *doc, const char *key, const struct snapshot *snapshot)
{
	jsonl_open_object(doc, key);
	jsonl_string(doc, "name", snapshot->name);
	jsonl_real(doc, "seconds", (double)(snapshot->time_ns - snapshot->start_ns) / 1e9);
	jsonl_uint(doc, "size", snapshot->totals.live_bytes);
	jsonl_uint(doc, "count", snapshot->totals.live_blocks);
	jsonl_uint(doc, "peak_size", snapshot->totals.peak_bytes);
	jsonl_uint(doc, "peak_count", snapshot->totals.peak_blocks);
	jsonl_uint(doc, "stacks", snapshot->num_live_stacks);
	jsonl_uint(doc, "unknown_frees", snapshot->totals.unknown_frees);
	jsonl_uint(doc, "older_frees", snapshot->totals.older_frees);
	jsonl_uint(doc, "nframe", snapshot->nframe);
	jsonl_bool(doc, "from_launch", snapshot->is_from_launch);
	jsonl_close(doc);
}
