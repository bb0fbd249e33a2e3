// SPDX-License-Identifier: GPL-3.0-or-later
/** Filters: tracemalloc's Filter, DomainFilter and the list that filter_traces() takes (L1 to L11
 *  of doc/SEMANTICS.md). They choose traces, i.e. stacks with a domain; a query applies them
 *  (struct stats_options), a snapshot never changes. */
#ifndef HEAP_FILTER_H
#define HEAP_FILTER_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

/** Filters of one set at most: the results of all of them for one frame fit into a word. */
#define FILTERS_MAX 60

struct filter {
	bool is_inclusive;
	/** Shell pattern (heap/pattern.h) for the file name of a frame, as the rows of the key
	 *  filename show it: the source file, or the module's path without line information, or
	 *  <unknown>. NULL: a domain filter. */
	char *pattern;
	/** The line must be this one, too; 0 is the line of frames without one (L5). */
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

/** Parse `+PATTERN[:LINE]`, `-PATTERN[:LINE]`, `+@DOMAIN` or `-@DOMAIN`; + includes, - excludes. A
 *  pattern that begins with @ or ends in :DIGITS is written with [@] or [:]. domain is the value of
 *  --domain, or NULL; it and want_all_frames go with a pattern only. ERR_USAGE with the remedy: no
 *  + or -, no pattern, unknown domain. */
struct err *filter_parse(const char *text, bool want_all_frames, const char *domain,
			 struct filter *ret) __must_check;

/** The same for the words of a command, in any order: one text as above, `--all-frames`, `--domain
 *  D`, `--domain=D`, `--`. ERR_USAGE also for other words that begin with -- and when there is not
 *  exactly one text. */
struct err *filter_parse_words(const char *const words[], size_t num,
			       struct filter *ret) __must_check;

/** What filter_parse_words() makes the same filter of, in one line; the caller frees. NULL: out of
 *  memory. */
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
