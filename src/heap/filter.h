// SPDX-License-Identifier: GPL-3.0-or-later
/** Filters: tracemalloc's Filter, DomainFilter and the list that filter_traces() takes (L1 to L11
 *  of doc/SEMANTICS.md). They choose traces: stacks with a domain. A query applies them (struct
 *  stats_options); a snapshot never changes. */
#ifndef HEAP_FILTER_H
#define HEAP_FILTER_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

/** How many filters a set can have. Their results for one frame fit into a word. */
#define FILTERS_MAX 60

struct filter {
	bool is_inclusive;
	/** Shell pattern for the file name of a frame (heap/queries/pattern.h). The name is what
	 *  rows by filename show: the source file; without line information the module's path; or
	 *  <unknown>. NULL: this is a domain filter. */
	char *pattern;
	/** The line must match, too. 0 is the line of frames that have none (L5). */
	bool has_line;
	uint32_t line;
	/** Any frame may match (L4), not only the one that stands for the stack (L3). */
	bool want_all_frames;
	/** Matches only traces of this domain (L6, L7). Always set in a domain filter. */
	bool has_domain;
	uint32_t domain;
};

/** Free what the filter owns. */
void filter_deinit(struct filter *filter);

/** Parse `+PATTERN[:LINE]`, `-PATTERN[:LINE]`, `+@DOMAIN` or `-@DOMAIN`. + includes, - excludes. In
 *  a pattern that begins with @ or ends in :DIGITS, write [@] or [:]. domain is the value of
 *  --domain, or NULL. domain and want_all_frames go with a pattern only. ERR_USAGE with the remedy:
 *  no + or -, no pattern, unknown domain. */
struct err *filter_parse(const char *text, bool want_all_frames, const char *domain,
			 struct filter *ret) __must_check;

/** The same for the words of a command, in any order: one text as above, `--all-frames`, `--domain
 *  D`, `--domain=D`, `--`. ERR_USAGE also for other words that begin with --, and when there is not
 *  exactly one text. */
struct err *filter_parse_words(const char *const words[], size_t num,
			       struct filter *ret) __must_check;

/** The filter as one line, from which filter_parse_words() makes the same filter. The caller frees
 *  it. NULL: out of memory. */
char *filter_text(const struct filter *filter);

/** An ordered set. Zero-filled is empty: every trace passes. */
struct filters {
	VEC(struct filter) list;
};

/** Append a copy. ERR_USAGE: FILTERS_MAX are there. On failure the set is unchanged. */
struct err *filters_add(struct filters *filters, const struct filter *filter) __must_check;

/** Drop all; the set is empty and usable again. */
void filters_clear(struct filters *filters);

static inline void cleanup_filter(struct filter *filter)
{
	filter_deinit(filter);
}

/** Free what the filter owns when it leaves the scope. */
#define _cleanup_filter_ _cleanup_(cleanup_filter)

#endif
