// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/by_process.h"

#include "console/commands/describe.h"
#include "console/commands/query.h"
#include "report/text.h"
#include "supervisor/code.h"
#include "supervisor/processes.h"
#include "supervisor/snapshots.h"
#include "supervisor/traced.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct process_row {
	struct stat_row row;
	/** Owned; row refers to it. */
	char *label;
	struct traced_status status;
	enum stats_sort sort;
};

struct process_rows {
	VEC(struct process_row) items;
};

static void rows_deinit(struct process_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->items.num; i++)
		free(rows->items.items[i].label);
	vec_deinit(&rows->items);
}

struct err *by_process_check(const struct args *args)
{
	static const char *const others[] = {"--snapshot", "--since", "--merge", "--cumulative"};
	size_t i;

	if (args->num_words)
		return err_create(ERR_USAGE, "--processes is a key of its own: no '%s'",
				  args->words[0]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (args_has(args, others[i]))
			return err_create(ERR_USAGE, "--processes shows live states: no %s",
					  others[i]);
	return NULL;
}

static char *make_label(const struct traced_status *status)
{
	const char *slash = strrchr(status->exe, '/'), *name = slash ? slash + 1 : status->exe;
	char state[DESCRIBE_STATE_MAX], *label;

	describe_state(status, state);
	if ((status->num_folded
		     ? asprintf(&label, "%s (%zu processes, %s)", name, status->num_folded, state)
		     : asprintf(&label, "%s (%d, %s)", name, (int)status->pid, state)) < 0)
		return NULL;
	return label;
}

/** What passes the filters is summed up by domain, which looks up no frame without filters. */
static struct err *sum_up(struct traced *process, const struct stats_options *options,
			  struct stat_row *ret)
{
	struct stats_options by_domain = *options;
	_cleanup_snapshot_ struct snapshot *live = NULL;
	_cleanup_stats_ struct stats *stats = NULL;
	struct err *err = traced_live(process, &live);
	size_t i;

	by_domain.key = KEY_DOMAIN;
	if (!err)
		err = stats_snapshot(live, &by_domain, SORT_CALLS, traced_resolver(process),
				     &stats);
	if (err)
		return err;
	for (i = 0; i < stats->num_rows; i++) {
		ret->total_size += stats->rows[i].total_size;
		ret->total_count += stats->rows[i].total_count;
	}
	ret->size = stats->total_size;
	ret->count = stats->total_count;
	ret->is_estimate = stats->sample_rate;
	ret->error = stats->error;
	return NULL;
}

static struct err *add_process(struct process_rows *rows, struct traced *process,
			       const struct stats_options *options, enum stats_sort sort)
{
	struct process_row added = {.sort = sort};
	struct err *err = traced_status(process, &added.status);

	if (!err)
		err = sum_up(process, options, &added.row);
	if (err)
		return err;
	added.label = make_label(&added.status);
	added.row.group.label = added.row.group.shown = added.label;
	if (added.label && vec_push(&rows->items, added))
		return NULL;
	free(added.label);
	return &err_nomem;
}

static int64_t value_of(const struct process_row *row)
{
	switch (row->sort) {
	case SORT_COUNT:
		return row->row.count;
	case SORT_ALLOCATED:
		return (int64_t)row->row.total_size;
	case SORT_CALLS:
		return (int64_t)row->row.total_count;
	default:
		return row->row.size;
	}
}

static int compare(const void *a, const void *b)
{
	const struct process_row *ra = a, *rb = b;
	int64_t va = value_of(ra), vb = value_of(rb);

	return va != vb ? (va > vb ? -1 : 1) : strcmp(ra->label, rb->label);
}

static void add_json(struct jsonl *doc, const struct process_row *row)
{
	char state[DESCRIBE_STATE_MAX];

	jsonl_open_object(doc, NULL);
	jsonl_string(doc, "label", row->label);
	if (row->status.num_folded)
		jsonl_uint(doc, "processes", row->status.num_folded);
	else
		jsonl_int(doc, "pid", row->status.pid);
	jsonl_string(doc, "program", row->status.exe);
	jsonl_string(doc, "state", describe_state(&row->status, state));
	jsonl_int(doc, "size", row->row.size);
	jsonl_int(doc, "count", row->row.count);
	jsonl_uint(doc, "allocated", row->row.total_size);
	jsonl_uint(doc, "calls", row->row.total_count);
	if (row->row.is_estimate) {
		jsonl_real(doc, "size_stderr", row->row.error.size);
		jsonl_real(doc, "count_stderr", row->row.error.count);
	}
	jsonl_close(doc);
}

static struct err *show_json(struct console *console, const struct process_rows *rows,
			     const struct stats *sums, size_t limit)
{
	struct jsonl *doc = query_begin_json(console, "top");
	size_t i;

	jsonl_string(doc, "key", "process");
	jsonl_int(doc, "total_size", sums->total_size);
	jsonl_int(doc, "total_count", sums->total_count);
	if (sums->sample_rate) {
		jsonl_uint(doc, "sample_rate", sums->sample_rate);
		jsonl_real(doc, "total_size_stderr", sums->error.size);
	}
	jsonl_uint(doc, "num_rows", rows->items.num);
	jsonl_open_array(doc, "rows");
	for (i = 0; i < rows->items.num && i < limit; i++)
		add_json(doc, &rows->items.items[i]);
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

static struct err *show(struct console *console, const struct process_rows *rows,
			enum stats_sort sort, size_t limit)
{
	size_t num = rows->items.num, i, size;
	_cleanup_free_ struct stat_row *list = calloc(num + 1, sizeof(*list));
	struct stats sums = {.sort = sort, .rows = list, .num_rows = num};
	_cleanup_free_ char *text = NULL;
	FILE *f;

	if (!list)
		return &err_nomem;
	for (i = 0; i < num; i++) {
		const struct process_row *row = &rows->items.items[i];

		list[i] = row->row;
		sums.total_size += row->row.size;
		sums.total_count += row->row.count;
		sums.error.size = hypot(sums.error.size, row->row.error.size);
		if (row->status.sample_rate)
			sums.sample_rate = row->status.sample_rate;
	}
	if (console->want_json)
		return show_json(console, rows, &sums, limit);
	f = open_memstream(&text, &size);
	if (!f)
		return &err_nomem;
	text_top(f, &sums, limit, "live, by process");
	if (fclose(f) != 0)
		return &err_nomem;
	query_print(console, text);
	return NULL;
}

struct err *by_process_top(struct console *console, const struct args *args,
			   const struct stats_options *options, enum stats_sort sort, size_t limit)
{
	_cleanup_(rows_deinit) struct process_rows rows = {0};
	size_t num = session_num_processes(console->session), i;
	struct err *err = by_process_check(args);

	for (i = 0; i < num && !err; i++)
		err = add_process(&rows, session_process(console->session, i), options, sort);
	if (err)
		return err;
	qsort(rows.items.items, rows.items.num, sizeof(*rows.items.items), compare);
	return show(console, &rows, sort, limit);
}
