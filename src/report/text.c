// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "report/text.h"

#include "base/fmt.h"
#include "base/short_name.h"
#include "base/utf8.h"
#include "heap/domain.h"
#include "heap/traceback.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void print_average(FILE *out, const struct stat_row *row)
{
	char average[FMT_SIZE_MAX];

	// Plus 0, because older blocks without a known size have 0 / -N, which is -0.
	if (row->count)
		fprintf(out, ", average=%s%s", row->is_estimate ? "~" : "",
			fmt_size((double)row->size / (double)row->count + 0.0, false, average));
}

static void print_size(FILE *out, const struct stat_row *row, double size, double error,
		       bool is_signed)
{
	char text[FMT_ESTIMATE_MAX];

	fputs(fmt_estimated_size(size, error, row->is_estimate, is_signed, text), out);
}

static void print_count(FILE *out, const struct stat_row *row, int64_t count, double error,
			bool is_signed)
{
	char text[FMT_ESTIMATE_MAX];

	fputs(fmt_estimated_count(count, error, row->is_estimate, is_signed, text), out);
}

void text_stat_row(FILE *out, const struct stat_row *row)
{
	utf8_print(out, row->group.shown);
	fputs(": size=", out);
	print_size(out, row, (double)row->size, row->error.size, false);
	fputs(", count=", out);
	print_count(out, row, row->count, row->error.count, false);
	print_average(out, row);
}

void text_diff_row(FILE *out, const struct stat_row *row)
{
	utf8_print(out, row->group.shown);
	fputs(": size=", out);
	print_size(out, row, (double)row->size, row->error.size, false);
	fputs(" (", out);
	print_size(out, row, (double)row->size_diff, row->error.size_diff, true);
	fputs("), count=", out);
	print_count(out, row, row->count, row->error.count, false);
	fputs(" (", out);
	print_count(out, row, row->count_diff, row->error.count_diff, true);
	putc(')', out);
	print_average(out, row);
	if (stats_is_noise(row->size_diff, row->error.size_diff))
		fputs(", within the noise", out);
}

static void print_heading(FILE *out, size_t num, const char *what, const char *heading)
{
	fprintf(out, "[ Top %zu%s ]%s", num, what, *heading ? " " : "");
	utf8_print(out, heading);
	putc('\n', out);
}

static void print_calls(FILE *out, const struct stat_row *row)
{
	fputs(", allocated=", out);
	print_size(out, row, (double)row->total_size, row->error.total_size, false);
	fputs(", calls=", out);
	print_count(out, row, (int64_t)row->total_count, row->error.total_count, false);
}

void text_top(FILE *out, const struct stats *stats, size_t limit, const char *heading)
{
	size_t num = limit < stats->num_rows ? limit : stats->num_rows, i;
	char size[FMT_SIZE_MAX], total[FMT_ESTIMATE_MAX];
	bool is_estimate = stats->sample_rate != 0;
	int64_t other = stats->more_size;

	print_heading(out, num, "", heading);
	for (i = 0; i < num; i++) {
		text_stat_row(out, &stats->rows[i]);
		if (stats->sort == SORT_ALLOCATED || stats->sort == SORT_CALLS)
			print_calls(out, &stats->rows[i]);
		putc('\n', out);
	}
	for (; i < stats->num_rows; i++)
		other += stats->rows[i].size;
	if (num < stats->num_rows + stats->num_more)
		fprintf(out, "%zu other: %s%s\n", stats->num_rows + stats->num_more - num,
			is_estimate ? "~" : "", fmt_size((double)other, false, size));
	fprintf(out, "Total allocated size: %s\n",
		fmt_estimated_size((double)stats->total_size, stats->error.size, is_estimate, false,
				   total));
}

void text_diff(FILE *out, const struct stats *stats, size_t limit, const char *heading)
{
	size_t num = limit < stats->num_rows ? limit : stats->num_rows, i;
	char size[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX], more[FMT_SIZE_MAX];
	const struct stat_error *error = &stats->error;
	bool is_estimate = stats->sample_rate != 0;
	int64_t other = stats->more_size_diff;

	print_heading(out, num, " differences", heading);
	for (i = 0; i < num; i++) {
		text_diff_row(out, &stats->rows[i]);
		putc('\n', out);
	}
	for (; i < stats->num_rows; i++)
		other += stats->rows[i].size_diff;
	if (num < stats->num_rows + stats->num_more)
		fprintf(out, "%zu other: %s%s\n", stats->num_rows + stats->num_more - num,
			is_estimate ? "~" : "", fmt_size((double)other, true, more));
	fprintf(out, "Total change: %s in %s blocks%s\n",
		fmt_estimated_size((double)stats->total_size_diff, error->size_diff, is_estimate,
				   true, size),
		fmt_estimated_count(stats->total_count_diff, error->count_diff, is_estimate, true,
				    count),
		stats_is_noise(stats->total_size_diff, error->size_diff) ? ", within the noise"
									 : "");
}

static void print_trend(FILE *out, const struct growth_trend *trend, size_t num_steps)
{
	char by_snapshot[FMT_SIZE_MAX], by_second[FMT_SIZE_MAX];

	fprintf(out, ", %s/snapshot, %s/s, grew %zu of %zu",
		fmt_size(trend->per_snapshot, true, by_snapshot),
		fmt_size(trend->per_second, true, by_second), trend->num_grown, num_steps);
	if (growth_is_monotone(trend) && trend->num_grown < num_steps)
		fputs(", never shrank", out);
}

void text_growth(FILE *out, const struct growth *growth, size_t limit, const char *heading)
{
	const struct stats *stats = growth->stats;
	size_t num = limit < stats->num_rows ? limit : stats->num_rows, i;
	int64_t other = 0;
	char size[FMT_SIZE_MAX];

	print_heading(out, num, " growing", heading);
	for (i = 0; i < num; i++) {
		text_diff_row(out, &stats->rows[i]);
		print_trend(out, &growth->trends[i], growth->num_snapshots - 1);
		putc('\n', out);
	}
	for (; i < stats->num_rows; i++)
		other += stats->rows[i].size_diff;
	if (num < stats->num_rows)
		fprintf(out, "%zu other: %s%s\n", stats->num_rows - num,
			stats->sample_rate ? "~" : "", fmt_size((double)other, true, size));
}

void text_older_note(FILE *out, const struct stats *stats)
{
	const struct stats_older *older = &stats->older;
	uint64_t blocks = (uint64_t)llabs(older->blocks), unsized = (uint64_t)llabs(older->unsized);
	bool is_one = blocks == 1;
	char size[FMT_SIZE_MAX];

	if (!blocks)
		return;
	fprintf(out, "# %" PRIu64 " block%s from before attach %s freed in between", blocks,
		is_one ? "" : "s", is_one ? "was" : "were");
	if (unsized == blocks) {
		fprintf(out, ": %s not known and count%s 0 bytes\n",
			is_one ? "its size is" : "their sizes are", is_one ? "s" : "");
		return;
	}
	fprintf(out, ", about %s: %s estimated", fmt_size(fabs((double)older->size), false, size),
		is_one ? "its size is" : "their sizes are");
	if (unsized)
		fprintf(out, "; %" PRIu64 " of them without a known size count%s 0 bytes", unsized,
			unsized == 1 ? "s" : "");
	putc('\n', out);
}

static struct err *print_stack(FILE *out, const struct traceback *traceback,
			       const struct stack *stack, const struct strtab *strings,
			       bool want_long)
{
	size_t i;

	for (i = 0; i < traceback->num; i++) {
		const struct location *location = &traceback->locations[i];
		_cleanup_free_ char *label = want_long ? location_label(location, strings)
						       : location_short_label(location, strings);

		if (!label)
			return &err_nomem;
		fputs(i ? " < " : "", out);
		utf8_print(out, label);
	}
	if (stack->flags & STACK_TRUNCATED)
		fputs(" < (truncated)", out);
	else if (stack->total_nframe > stack->num_frames)
		fprintf(out, " < (%u more)", stack->total_nframe - stack->num_frames);
	putc('\n', out);
	return NULL;
}

struct err *text_traces(FILE *out, const struct traces *traces, const struct resolver *resolver,
			bool want_long)
{
	_cleanup_traceback_ struct traceback traceback = {0};
	char size[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX], domain[DOMAIN_NAME_MAX];
	bool is_estimate = traces->sample_rate != 0;
	size_t i;

	for (i = 0; i < traces->num; i++) {
		const struct trace *trace = &traces->items[i];
		struct stack stack = stacks_get(heap_stacks(traces->heap), trace->stack);
		struct err *err = traceback_fill(&traceback, resolver, &stack);

		if (err)
			return err;
		fprintf(out, "size=%s, count=%s, domain=%s, frames=%u: ",
			fmt_estimated_size((double)trace->size, sqrt(trace->variance.size),
					   is_estimate, false, size),
			fmt_estimated_count((int64_t)trace->count, sqrt(trace->variance.count),
					    is_estimate, false, count),
			domain_name(trace->domain, domain), stack.total_nframe);
		err = print_stack(out, &traceback, &stack, resolver->strings, want_long);
		if (err)
			return err;
	}
	return NULL;
}

static void print_source(FILE *out, const char *line)
{
	static const char blanks[] = " \t\n\v\f\r";
	size_t len, part;

	line += strspn(line, blanks);
	len = strlen(line);
	while (len && strchr(blanks, line[len - 1]))
		len--;
	if (!len)
		return;
	fputs("    ", out);
	// A tab within a source line is printed as it is.
	for (; len; line += part, len -= part) {
		_cleanup_free_ char *text = NULL;

		part = strcspn(line, "\t");
		part = part < len ? part : len;
		text = strndup(line, part);
		utf8_print(out, text ? text : "");
		for (; part < len && line[part] == '\t'; part++)
			putc('\t', out);
	}
	putc('\n', out);
}

/** A text that may contain the name of the location's function. */
static void print_name(FILE *out, const char *text, const struct location *location,
		       const struct strtab *strings, bool want_long)
{
	_cleanup_free_ char *brief = NULL;

	if (!want_long && location->function)
		brief = short_name_within(text, strtab_get(strings, location->function));
	utf8_print(out, brief ? brief : text);
}

static void print_frame(FILE *out, const struct location *location, const struct strtab *strings,
			bool want_long,
			char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx)
{
	const char *file = strtab_get(strings, location->file);
	_cleanup_free_ char *source = NULL;

	if (!location->has_line) {
		fputs("  ", out);
		print_name(out, file, location, strings, want_long);
		fputs(strcmp(file, "<unknown>") == 0 ? ":0\n" : "\n", out);
		return;
	}
	fputs("  File \"", out);
	utf8_print(out, file);
	fprintf(out, "\", line %" PRIu32, location->line);
	if (location->function) {
		fputs(", in ", out);
		print_name(out, strtab_get(strings, location->function), location, strings,
			   want_long);
	}
	putc('\n', out);
	if (read_line && location->line)
		source = read_line(ctx, file, location->line);
	if (source)
		print_source(out, source);
}

void text_traceback_slice(size_t num, const struct traceback_options *options, size_t *begin_ret,
			  size_t *end_ret)
{
	size_t wanted = options->limit < 0 ? -(size_t)options->limit : (size_t)options->limit;

	*begin_ret = 0;
	*end_ret = num;
	if (!options->has_limit)
		return;
	if (wanted > num)
		wanted = num;
	if (options->limit >= 0)
		*end_ret = wanted;
	else
		*begin_ret = options->is_compat ? wanted : num - wanted;
}

void text_traceback(FILE *out, const struct location *locations, size_t num,
		    const struct strtab *strings, const struct traceback_options *options,
		    char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx)
{
	size_t begin, end, i;

	text_traceback_slice(num, options, &begin, &end);
	for (i = begin; i < end; i++) {
		size_t at = options->is_most_recent_first ? i : end - 1 - (i - begin);

		print_frame(out, &locations[at], strings, options->want_long, read_line, ctx);
	}
}

static void print_outcome(FILE *out, const struct gate *gate)
{
	char growth[FMT_ESTIMATE_MAX], count[FMT_ESTIMATE_MAX], max[FMT_SIZE_MAX];
	bool is_estimate = gate->stats->sample_rate != 0;

	fprintf(out, ": %s in %s blocks, %s %s%s\n",
		fmt_estimated_size((double)gate->growth, gate->error, is_estimate, true, growth),
		fmt_estimated_count(gate->count_growth, gate->count_error, is_estimate, true,
				    count),
		gate->is_exceeded || gate->is_noise ? "more than" : "within",
		fmt_size((double)gate->max, false, max),
		gate->is_noise ? ", but not by more than the noise" : "");
}

struct err *text_gate(FILE *out, const struct gate *gate, size_t limit, const char *heading,
		      const struct traceback_options *options,
		      char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx)
{
	size_t i;

	fputs("growth of ", out);
	utf8_print(out, heading);
	print_outcome(out, gate);
	for (i = 0; gate->is_exceeded && i < limit && i < gate->stats->num_rows; i++) {
		const struct location *locations = NULL;
		size_t num = 0;
		struct err *err = NULL;

		if (!gate->stats->rows[i].group.is_older)
			err = stats_traceback(gate->stats, i, &locations, &num);
		if (err)
			return err;
		text_diff_row(out, &gate->stats->rows[i]);
		putc('\n', out);
		text_traceback(out, locations, num, gate->stats->resolver->strings, options,
			       read_line, ctx);
	}
	return NULL;
}
