// SPDX-License-Identifier: GPL-3.0-or-later
/** Rows, tables and tracebacks as text. Where tracemalloc has an output of its own, ours is the
 *  same to the letter. Names are foreign bytes, so they are written as by utf8_print(). */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "heap/gate.h"
#include "heap/growth.h"
#include "heap/stats.h"
#include "heap/traces.h"

#include <stdio.h>

/** Estimates (stats->sample_rate) are written as ~S +-E, where E is the standard error; averages
 *  and sums of rows that are not shown as ~S alone. Differences end in ", within the noise" if they
 *  may well be none. */

/** In rows and frames names are short (base/short_name.h), unless the query or an option wants long
 *  ones. */

/** LABEL: size=S, count=N[, average=A] (F2). No newline. */
void text_stat_row(FILE *out, const struct stat_row *row);
/** LABEL: size=S (+D), count=N (+D)[, average=A] (F3). No newline. */
void text_diff_row(FILE *out, const struct stat_row *row);

/** Write a table, one item a line: "[ Top N ] ...", the rows, "N other: SIZE" if other rows remain,
 *  and "Total allocated size: SIZE". This is tracemalloc's pretty top recipe. N is the number of
 *  rows printed, at most limit. heading follows "[ Top N ] ". Rows ordered by SORT_ALLOCATED or
 *  SORT_CALLS end in what they are ordered by: ", allocated=SIZE, calls=N". */
void text_top(FILE *out, const struct stats *stats, size_t limit, const char *heading);
/** Write a table of differences: "[ Top N differences ] ...", the rows, "N other: +SIZE" if other
 *  rows remain, and "Total change: +SIZE in +N blocks". limit and heading are as for text_top(). */
void text_diff(FILE *out, const struct stats *stats, size_t limit, const char *heading);

/** Write a table of what grows: "[ Top N growing ] ...", the rows, and "N other: +SIZE" if other
 *  rows remain. A row is as in text_diff_row() and ends in ", +SIZE/snapshot, +SIZE/s, grew N of
 *  N". A row that never shrank but stood still ends in ", never shrank". Rows that grew in every
 *  step come first. N is the number of rows printed, at most limit. */
void text_growth(FILE *out, const struct growth *growth, size_t limit, const char *heading);

/** If older blocks were freed between the two moments of a comparison, write "# N blocks from
 *  before attach were freed in between, about SIZE: their sizes are estimated", and how many of
 *  them count 0 bytes because their size is not known. Else write nothing. */
void text_older_note(FILE *out, const struct stats *stats);

/** Write every trace as a line, `size=S, count=N, domain=D, frames=N: FRAME < FRAME < ...`, newest
 *  frame first. A line ends in ` < (N more)` when the frame limit cut something off, and in ` <
 *  (truncated)` when the walk could not go on. frames is the true depth, in which inlined functions
 *  do not count. want_long: names are not shortened. The error is the resolver's. */
struct err *text_traces(FILE *out, const struct traces *traces, const struct resolver *resolver,
			bool want_long) __must_check;

struct traceback_options {
	/** The rules F6 and F7 of doc/SEMANTICS.md. Without a limit all frames are shown. Positive:
	 *  so many of the most recent. 0: none. Negative: the abs(limit) oldest; with is_compat,
	 *  all but the abs(limit) most recent. */
	bool has_limit;
	long limit;
	bool is_most_recent_first;
	bool is_compat;
	/** Names are not shortened. */
	bool want_long;
};

/** Of num locations, most recent first, those in [*begin_ret, *end_ret) are left by the limit. */
void text_traceback_slice(size_t num, const struct traceback_options *options, size_t *begin_ret,
			  size_t *end_ret);

/** Write one frame a line, oldest first unless the options say otherwise: ` File "F", line N, in
 *  FUNCTION`. `, in FUNCTION` is missing when the function is unknown. When read_line finds a line
 *  that is not blank, it follows, stripped and indented by four. A frame without line information
 *  is ` MODULE(FUNCTION+0xOFF)` or ` <unknown>:0`. locations are most recent first. read_line may
 *  be NULL; it returns a string to free, or NULL. */
void text_traceback(FILE *out, const struct location *locations, size_t num,
		    const struct strtab *strings, const struct traceback_options *options,
		    char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx);

/** Write the outcome: "growth of OLD -> NEW: +SIZE in +N blocks, more than SIZE" or "..., within
 *  SIZE"; of estimates also "more than SIZE, but not by more than the noise". heading is "OLD ->
 *  NEW". When the limit of the gate is exceeded, at most limit rows that grew follow, each with its
 *  traceback if it has one. The error is the resolver's. */
struct err *text_gate(FILE *out, const struct gate *gate, size_t limit, const char *heading,
		      const struct traceback_options *options,
		      char *(*read_line)(void *ctx, const char *file, uint32_t line),
		      void *ctx) __must_check;

#endif
