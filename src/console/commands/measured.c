// SPDX-License-Identifier: GPL-3.0-or-later
// Results of `measure`. They come at any time, so the console prints them, not a handler.
#include "config.h"

#include "console/commands/measured.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/commands.h"
#include "report/json_stats.h"
#include "report/text.h"
#include "supervisor/code.h"
#include "supervisor/measure.h"

#include <inttypes.h>
#include <math.h>

/** Rows of what stayed allocated. */
#define STAYED_ROWS 5

static void print_sums(FILE *out, const struct measured_result *m)
{
	bool is_estimate = m->stayed->sample_rate;
	const char *mark = is_estimate ? "~" : "";
	char size[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX];

	fputs("[ Measured ", out);
	utf8_print(out, m->function);
	fprintf(out, " ] calls=%" PRIu64 ", net=%s (%s%+" PRId64 " B) in %s blocks", m->num_calls,
		fmt_estimated_size((double)m->net_bytes, sqrt(m->net_errors.size), is_estimate,
				   true, size),
		mark, m->net_bytes,
		fmt_estimated_count(m->net_blocks, sqrt(m->net_errors.count), is_estimate, true,
				    count));
	fprintf(out, ", peak=%s (%s%" PRIu64 " B), duration=%.3f ms",
		fmt_estimated_size((double)m->peak_bytes, sqrt(m->peak_error), is_estimate, false,
				   size),
		mark, m->peak_bytes, (double)m->duration_ns / 1e6);
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
		fprintf(out, "%zu other: %s%s\n", stats->num_rows - STAYED_ROWS,
			stats->sample_rate ? "~" : "", fmt_size((double)other, false, size));
}

static struct err *measured_json(struct console *console, const struct measured_result *m,
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
	if (m->stayed->sample_rate) {
		jsonl_real(doc, "net_size_stderr", sqrt(m->net_errors.size));
		jsonl_real(doc, "net_count_stderr", sqrt(m->net_errors.count));
		jsonl_real(doc, "peak_stderr", sqrt(m->peak_error));
	}
	jsonl_real(doc, "seconds", (double)m->duration_ns / 1e9);
	jsonl_real(doc, "longest_seconds", (double)m->max_duration_ns / 1e9);
	return jsonl_stats(doc, console->out, stats, false, traced_source(console->traced),
			   STAYED_ROWS);
}

void measured_print(struct console *console, const struct measured_result *measured)
{
	const struct stats_options options = {
		.key = KEY_LINENO, .want_long = console->is_long, .skip = console->skip};
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_err_ struct err *err = stats_snapshot(measured->stayed, &options, SORT_DEFAULT,
						       traced_resolver(console->traced), &stats);

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
