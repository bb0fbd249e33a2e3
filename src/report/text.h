// SPDX-License-Identifier: GPL-3.0-or-later
/** Rows, tables and tracebacks as text, to the letter of tracemalloc's own output where it has one. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "heap/stats.h"

#include <stdio.h>

/** LABEL: size=S, count=N[, average=A] (F2). No newline. */
void text_stat_row(FILE *out, const struct stat_row *row);
/** LABEL: size=S (+D), count=N (+D)[, average=A] (F3). No newline. */
void text_diff_row(FILE *out, const struct stat_row *row);

/** "[ Top N ] ..." and rows, "N other: SIZE" unless there is none, "Total allocated size: SIZE", each a line.
 *  tracemalloc's pretty top recipe. N is the number of rows printed, at most limit; heading follows "[ Top N ] ". Rows
 *  ordered by SORT_ALLOCATED or SORT_CALLS end in ", allocated=SIZE, calls=N", what they are ordered by. */
void text_top(FILE *out, const struct stats *stats, size_t limit, const char *heading);
/** "[ Top N differences ] ..." and rows, "N other: +SIZE" unless there is none, "Total change: +SIZE in +N blocks". */
void text_diff(FILE *out, const struct stats *stats, size_t limit, const char *heading);

struct traceback_options {
	/** F6 and F7: without a limit all frames; positive: so many of the most recent; 0: none; negative: the abs(limit)
	 *  oldest, or with is_compat all but the abs(limit) most recent. */
	bool has_limit;
	long limit;
	bool is_most_recent_first;
	bool is_compat;
};

/** A frame a line, oldest first unless told otherwise: `  File "F", line N, in FUNCTION` (without `, in FUNCTION` when it is
 *  unknown) and, when read_line finds a line that is not blank, that line stripped and indented by four. A frame without
 *  line information: `  MODULE(FUNCTION+0xOFF)` or `  <unknown>:0`. locations are most recent first. read_line may be
 *  NULL; it returns a string to free, or NULL. */
void text_traceback(FILE *out, const struct location *locations, size_t num,
		    const struct strtab *strings, const struct traceback_options *options,
		    char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx);

#endif
