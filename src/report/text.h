// SPDX-License-Identifier: GPL-3.0-or-later
/** Rows, tables and tracebacks as text, to the letter of tracemalloc's own output where it has
 *  one. Names are foreign bytes: they are written as by utf8_print(). */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "heap/gate.h"
#include "heap/growth.h"
#include "heap/stats.h"
#include "heap/traces.h"

#include <stdio.h>

/** LABEL: size=S, count=N[, average=A] (F2). No newline. */
void text_stat_row(FILE *out, const struct stat_row *row);
/** LABEL: size=S (+D), count=N (+D)[, average=A] (F3). No newline. */
void text_diff_row(FILE *out, const struct stat_row *row);

/** "[ Top N ] ..." and rows, "N other: SIZE" unless there is none, "Total allocated size: SIZE",
 *  each a line. tracemalloc's pretty top recipe. N is the number of rows printed, at most limit;
 *  heading follows "[ Top N ] ". Rows ordered by SORT_ALLOCATED or SORT_CALLS end in ",
 *  allocated=SIZE, calls=N", what they are ordered by. */
void text_top(FILE *out, const struct stats *stats, size_t limit, const char *heading);
/** "[ Top N differences ] ..." and rows, "N other: +SIZE" unless there is none, "Total change:
 *  +SIZE in +N blocks". */
void text_diff(FILE *out, const struct stats *stats, size_t limit, const char *heading);

/** "[ Top N growing ] ..." and rows as in text_diff_row() that end in ", +SIZE/snapshot, +SIZE/s,
 *  grew N of N" and, when it never shrank but stood still, ", never shrank"; then "N other: +SIZE"
 *  unless there is none. First what grew in every step. N is the number of rows printed, at most
 *  limit. */
void text_growth(FILE *out, const struct growth *growth, size_t limit, const char *heading);

/** When older blocks were freed between the two moments of a comparison: "# N blocks from before attach were freed in between,
 *  about SIZE: their sizes are estimated", and how many of them count 0 bytes because their size is not known. Else nothing. */
void text_older_note(FILE *out, const struct stats *stats);

/** Every trace a line, `size=S, count=N, domain=D, frames=N: FRAME < FRAME < ...`, newest frame
 *  first; at the end ` < (N more)` for what the frame limit cut off, ` < (truncated)` where the
 *  unwind broke off. frames is the true depth, in which inlined functions do not count. The error
 *  is the resolver's. */
struct err *text_traces(FILE *out, const struct traces *traces,
			const struct resolver *resolver) __must_check;

struct traceback_options {
	/** F6 and F7: without a limit all frames; positive: so many of the most recent; 0: none;
	 *  negative: the abs(limit) oldest, or with is_compat all but the abs(limit) most
	 *  recent. */
	bool has_limit;
	long limit;
	bool is_most_recent_first;
	bool is_compat;
};

/** Of num locations, most recent first, the limit leaves [*begin_ret, *end_ret). */
void text_traceback_slice(size_t num, const struct traceback_options *options, size_t *begin_ret,
			  size_t *end_ret);

/** A frame a line, oldest first unless told otherwise: `  File "F", line N, in FUNCTION` (without
 *  `, in FUNCTION` when it is unknown) and, when read_line finds a line that is not blank, that
 *  line stripped and indented by four. A frame without line information: `  MODULE(FUNCTION+0xOFF)`
 *  or `  <unknown>:0`. locations are most recent first. read_line may be NULL; it returns a string
 *  to free, or NULL. */
void text_traceback(FILE *out, const struct location *locations, size_t num,
		    const struct strtab *strings, const struct traceback_options *options,
		    char *(*read_line)(void *ctx, const char *file, uint32_t line), void *ctx);

/** "growth of OLD -> NEW: +SIZE in +N blocks, more than SIZE" or "..., within SIZE"; heading is
 *  "OLD -> NEW". When it is exceeded, at most limit of the rows that grew, each with its traceback
 *  if it has one, follow. The error is the resolver's. */
struct err *text_gate(FILE *out, const struct gate *gate, size_t limit, const char *heading,
		      const struct traceback_options *options,
		      char *(*read_line)(void *ctx, const char *file, uint32_t line),
		      void *ctx) __must_check;

#endif
