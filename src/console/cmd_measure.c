// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of a function: measure.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands.h"
#include "report/json_stats.h"
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

/** Rows of what stayed allocated. */
#define STAYED_ROWS 5

static void print_sums(FILE *out, const struct session_measured *m)
{
	char net[FMT_SIZE_MAX], peak[FMT_SIZE_MAX];

	fputs("[ Measured ", out);
	utf8_print(out, m->function);
	fprintf(out, " ] calls=%" PRIu64 ", net=%s (%+" PRId64 " B) in %+" PRId64 " blocks",
		m->num_calls, fmt_size((double)m->net_bytes, true, net), m->net_bytes,
		m->net_blocks);
	fprintf(out, ", peak=%s (%" PRIu64 " B), duration=%.3f ms",
		fmt_size((double)m->peak_bytes, false, peak), m->peak_bytes,
		(double)m->duration_ns / 1e6);
	if (m->num_calls > 1)
		fprintf(out, ", longest=%.3f ms", (double)m->max_duration_ns / 1e6);
	if (m->tid)
		fprintf(out, ", thread=%" PRId32, m->tid);
	else
		fputs(", thread=several", out);
	if (m->num_left)
		fprintf(out, ", left=%" PRIu64, m->num_left);
	fputc('\n', out);
}

static void print_stayed(FILE *out, const struct stats *stats)
{
	char size[FMT_SIZE_MAX];
	int64_t other = 0;
	size_t i;

	for (i = 0; i < stats->num_rows; i++) {
		if (i >= STAYED_ROWS) {
			other += stats->rows[i].size;
			continue;
		}
		text_stat_row(out, &stats->rows[i]);
		fputc('\n', out);
	}
	if (stats->num_rows > STAYED_ROWS)
		fprintf(out, "%zu other: %s\n", stats->num_rows - STAYED_ROWS,
			fmt_size((double)other, false, size));
}

static struct err *measured_json(struct console *console, const struct session_measured *m,
				 struct stats *stats)
{
	struct jsonl *doc = jsonl_begin("measured");

	jsonl_string(doc, "function", m->function);
	jsonl_uint(doc, "calls", m->num_calls);
	jsonl_uint(doc, "left", m->num_left);
	if (m->tid)
		jsonl_int(doc, "thread", m->tid);
	else
		jsonl_string(doc, "thread", NULL);
	jsonl_int(doc, "net_size", m->net_bytes);
	jsonl_int(doc, "net_count", m->net_blocks);
	jsonl_uint(doc, "peak", m->peak_bytes);
	jsonl_real(doc, "seconds", (double)m->duration_ns / 1e9);
	jsonl_real(doc, "longest_seconds", (double)m->max_duration_ns / 1e9);
	return jsonl_stats(doc, console->out, stats, false, session_source(console->session),
			   STAYED_ROWS);
}

void measured_print(struct console *console, const struct session_measured *measured)
{
	const struct stats_options options = {.key = KEY_LINENO};
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_err_ struct err *err = stats_snapshot(measured->stayed, &options, SORT_DEFAULT,
						       session_resolver(console->session), &stats);

	if (console->is_json && !err) {
		err_destroy(measured_json(console, measured, stats));
		return;
	}
	print_sums(console->out, measured);
	if (err)
		fprintf(console->out, "# %s\n", err_text(err));
	else
		print_stayed(console->out, stats);
}

static void add_one(void *ctx, const char *function, uint64_t num_calls, uint64_t num_done,
		    uint64_t num_active)
{
	jsonl_open_object(ctx, NULL);
	jsonl_string(ctx, "function", function);
	jsonl_uint(ctx, "calls", num_done);
	jsonl_uint(ctx, "in_progress", num_active);
	jsonl_uint(ctx, "calls_per_result", num_calls);
	jsonl_close(ctx);
}

static struct err *list_json(struct console *console)
{
	struct jsonl *doc = jsonl_begin("measure");

	jsonl_open_array(doc, "functions");
	session_measure_list(console->session, add_one, doc);
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

static void list_one(void *ctx, const char *function, uint64_t num_calls, uint64_t num_done,
		     uint64_t num_active)
{
	struct console *console = ctx;

	utf8_print(console->out, function);
	fprintf(console->out,
		": calls=%" PRIu64 ", in progress=%" PRIu64 ", a result every %" PRIu64 " calls\n",
		num_done, num_active, num_calls);
}

static struct err *parse_calls(const struct args *args, long *ret)
{
	const char *function = args->words[0], *calls = args_value(args, "--calls");

	if (args->num_words > 1 && strcmp(function, "off") != 0)
		return err_create(ERR_USAGE, "too many arguments for 'measure %s'", function);
	return calls ? args_parse_number(calls, 1, ret) : NULL;
}

struct err *check_measure(const struct args *args)
{
	long num_calls;

	return parse_calls(args, &num_calls);
}

struct err *cmd_measure(struct console *console, const struct args *args)
{
	const char *function = args->words[0];
	bool is_off = strcmp(function, "off") == 0;
	long num_calls = 1;
	struct err *err = parse_calls(args, &num_calls);

	if (err)
		return err;
	if (is_off)
		return session_measure_off(console->session,
					   args->num_words > 1 ? args->words[1] : NULL);
	if (strcmp(function, "list") == 0 && console->want_json)
		return list_json(console);
	if (strcmp(function, "list") == 0) {
		session_measure_list(console->session, list_one, console);
		return NULL;
	}
	return session_measure(console->session, function, (uint64_t)num_calls);
}
