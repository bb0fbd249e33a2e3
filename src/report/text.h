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

/** "[ Top N ] ..." and rows, "N other: SIZE", "Total allocated size: SIZE". heading is what follows "[ Top N ] ". At most
 *  limit rows. tracemalloc's pretty top recipe. */
void text_top(FILE *out, const struct stats *stats, size_t limit, const char *heading);
/** "[ Top N differences ] ..." and rows, "N other: +SIZE", "Total change: +SIZE in +N blocks". */
void text_diff(FILE *out, const struct stats *stats, size_t limit, const char *heading);

struct traceback_options {
	/** F6 and F7: SIZE_MAX-like "all" is has_limit = false; negative: the abs(limit) oldest frames. */
	bool has_limit;
	long limit;
	bool is_most_recent_first;
};

/** `  File "F", line N, in FUNCTION` and the source line indented by four when it can be read; a frame without line
 *  information: `  MODULE(FUNCTION+0xOFF)`. locations are most recent first. read_line may be NULL; it returns a string to free, or
 *  NULL. */
void text_traceback(FILE *out, const struct location *locations, size_t num,
		    const struct strtab *strings, const struct traceback_options *options,
		    char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx);

#endif
