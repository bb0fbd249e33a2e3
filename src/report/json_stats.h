// SPDX-License-Identifier: GPL-3.0-or-later
/** The JSON documents of the queries. Each function takes a document (report/json.h) to which the
 *  caller may have added members. The function adds its own, writes the document as one line, and
 *  destroys it in any case. Rows are written one by one, so that many rows take no memory. source
 *  is where the frames of the result come from.
 *
 *  Errors are the resolver's and &err_nomem. The line may then be half written; where that matters,
 *  the caller writes into memory first.
 *
 *  A row of older blocks has no location, and a traceback without frames. Comparisons, and
 *  statistics with such rows, have a member "older": what was freed of older blocks, whatever the
 *  filters. */
#ifndef REPORT_JSON_STATS_H
#define REPORT_JSON_STATS_H

#include "heap/gate.h"
#include "heap/growth.h"
#include "heap/stats.h"
#include "heap/traces.h"
#include "report/json.h"
#include "report/text.h"

/** Write the first limit rows of a snapshot's statistics, or of a comparison if is_diff. Each row
 *  has the traceback of its example stack. Totals, and the sums of the other rows, are members
 *  too. */
struct err *jsonl_stats(struct jsonl *doc, FILE *out, const struct stats *stats, bool is_diff,
			const struct frame_source *source, size_t limit) __must_check;

/** Write the first limit rows, each with its trend. */
struct err *jsonl_growth(struct jsonl *doc, FILE *out, const struct growth *growth,
			 const struct frame_source *source, size_t limit) __must_check;

/** Write the outcome and the first limit rows of what grew, whether the limit of the gate is
 *  exceeded or not. */
struct err *jsonl_gate(struct jsonl *doc, FILE *out, const struct gate *gate,
		       const struct frame_source *source, size_t limit) __must_check;

/** Write one row (from 0) with its traceback, and with source lines where they can be read.
 *  stats_check_traceback() must have said that the row has a traceback. Frames are always most
 *  recent first; of the options only the limit holds. */
struct err *jsonl_traceback(struct jsonl *doc, FILE *out, const struct stats *stats, size_t row,
			    bool is_diff, const struct frame_source *source,
			    const struct traceback_options *options) __must_check;

/** Write a line for each trace. It is a document of its own: engine, domain, size, count,
 *  total_nframe, frames. */
struct err *jsonl_traces(FILE *out, const struct traces *traces,
			 const struct frame_source *source) __must_check;

#endif
