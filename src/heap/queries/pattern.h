// SPDX-License-Identifier: GPL-3.0-or-later
/** Shell patterns that match exactly as Python's fnmatch.fnmatchcase() does (L8, L9). The whole
 *  string must match, and case counts. '*' and '?' cross '/' and leading dots. A backslash is an
 *  ordinary character. Only '!' negates a set. There are no classes ([:alpha:]). An unclosed '[' is
 *  ordinary. Empty ranges ([c-a]) match nothing.
 *
 *  Characters are those of UTF-8; a stray byte is a character of its own. fnmatch(3) does not
 *  serve: it understands [^a] and [[:alpha:]] in another way, and takes characters from the
 *  locale. */
#ifndef HEAP_QUERIES_PATTERN_H
#define HEAP_QUERIES_PATTERN_H

#include "base/err.h"

#include <stdbool.h>

struct pattern;

/** Any text is a pattern. O(length). */
struct err *pattern_create(const char *text, struct pattern **ret) __must_check;
/** NULL is fine. */
void pattern_destroy(struct pattern *pattern);

/** Tell whether the whole string matches. At most O(length of pattern * length of string), however
 *  many stars there are. */
bool pattern_matches(const struct pattern *pattern, const char *s);

static inline void cleanup_pattern(struct pattern **pattern)
{
	pattern_destroy(*pattern);
}

/** Destroy the pattern when it leaves the scope. */
#define _cleanup_pattern_ _cleanup_(cleanup_pattern)

#endif
