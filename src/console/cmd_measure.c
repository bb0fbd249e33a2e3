// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of a function: measure.
#include "config.h"

#include "base/fmt.h"
#include "console/commands.h"
#include "report/text.h"

#include <inttypes.h>
#include <string.h>

/** Rows of what stayed allocated. */
#define STAYED_ROWS 5

static void print_sums(FILE *out, const struct session_measured *m)
{
	char net[FMT_SIZE_MAX], peak[FMT_SIZE_MAX];

	fprintf(out,
		"[ Measured %s ] calls=%" PRIu64 ", net=%s (%+" PRId64 " B) in %+" PRId64 " blocks",
		m->function, m->num_calls, fmt_size((double)m->net_bytes, true, net), m->net_bytes,
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
	uint64_t other = 0;
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

void measured_print(struct console *console, const struct session_measured *measured)
{
	const struct stats_options options = {.key = KEY_LINENO};
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_err_ struct err *err = stats_snapshot(measured->stayed, &options, SORT_DEFAULT,
						       session_resolver(console->session), &stats);

	print_sums(console->out, measured);
	if (err)
		fprintf(console->out, "# %s\n", err_text(err));
	else
		print_stayed(console->out, stats);
}

static void list_one(void *ctx, const char *function, uint64_t num_calls, uint64_t num_done,
		     uint64_t num_active)
{
	struct console *console = ctx;

	fprintf(console->out,
		"%s: calls=%" PRIu64 ", in progress=%" PRIu64 ", a result every %" PRIu64
		" calls\n",
		function, num_done, num_active, num_calls);
}

struct err *cmd_measure(struct console *console, const struct args *args)
{
	const char *function = args->words[0], *calls = args_value(args, "--calls");
	bool is_off = strcmp(function, "off") == 0;
	long num_calls = 1;
	struct err *err = NULL;

	if (args->num_words > 1 && !is_off)
		return err_create(ERR_USAGE, "too many arguments for 'measure %s'", function);
	if (calls)
		err = args_parse_number(calls, 1, &num_calls);
	if (err)
		return err;
	if (is_off)
		return session_measure_off(console->session,
					   args->num_words > 1 ? args->words[1] : NULL);
	if (strcmp(function, "list") == 0) {
		session_measure_list(console->session, list_one, console);
		return NULL;
	}
	return session_measure(console->session, function, (uint64_t)num_calls);
}
