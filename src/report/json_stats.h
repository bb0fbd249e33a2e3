// SPDX-License-Identifier: GPL-3.0-or-later
/** JSON documents of the queries. Each takes a document (report/json.h) with whatever members the
 *  caller has added, adds its own, writes it as one line and destroys it, in any case; rows are
 *  written one by one, so that many of them take no memory. Errors are the resolver's and
 *  &err_nomem; the line may then be begun and not ended (write into memory first where that
 *  matters). source is where the frames of the result come from. */
#ifndef REPORT_JSON_STATS_H
#define REPORT_JSON_STATS_H

#include "heap/gate.h"
#include "heap/growth.h"
#include "heap/stats.h"
#include "heap/traces.h"
#include "report/json.h"
#include "report/text.h"

/** A row of older blocks has no location, and a traceback without frames. Comparisons, and statistics with such rows, have a
 *  member "older": what was freed of them, filters or not. */

/** The first limit rows of a snapshot's statistics, or with is_diff of a comparison, each with the
 *  traceback of its example stack; totals, and what the other rows sum up to. */
struct err *jsonl_stats(struct jsonl *doc, FILE *out, const struct stats *stats, bool is_diff,
			const struct frame_source *source, size_t limit) __must_check;

/** The first limit rows, each with its trend. */
struct err *jsonl_growth(struct jsonl *doc, FILE *out, const struct growth *growth,
			 const struct frame_source *source, size_t limit) __must_check;

/** The outcome and, exceeded or not, the first limit rows of what grew. */
struct err *jsonl_gate(struct jsonl *doc, FILE *out, const struct gate *gate,
		       const struct frame_source *source, size_t limit) __must_check;

/** One row (from 0), which must have one (stats_check_traceback()), with its traceback, source lines where they can be read. Frames are most recent
 *  first whatever the options say; the limit holds. */
struct err *jsonl_traceback(struct jsonl *doc, FILE *out, const struct stats *stats, size_t row,
			    bool is_diff, const struct frame_source *source,
			    const struct traceback_options *options) __must_check;

/** A line for each trace, which is an object of its own: domain, size, count, total_nframe,
 *  frames. */
struct err *jsonl_traces(FILE *out, const struct traces *traces,
			 const struct frame_source *source) __must_check;

#endif
