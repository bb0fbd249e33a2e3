// SPDX-License-Identifier: GPL-3.0-or-later
/** Shell patterns, with the results of Python's fnmatch.fnmatchcase() to the letter (L8, L9): the
 *  whole string must match, case counts, '*' and '?' cross '/' and leading dots, a backslash is an
 *  ordinary character, only '!' negates a set, there are no classes ([:alpha:]), an unclosed '[' is
 *  ordinary, empty ranges ([c-a]) match nothing.
 *
 *  Characters are those of UTF-8; a stray byte is a character of its own. fnmatch(3) will not do:
 *  it takes [^a] and [[:alpha:]] otherwise, and characters by locale. */
#ifndef HEAP_QUERIES_PATTERN_H
#define HEAP_QUERIES_PATTERN_H

#include "base/err.h"

#include <stdbool.h>

struct pattern;

/** Any text is a pattern. O(length). */
struct err *pattern_create(const char *text, struct pattern **ret) __must_check;
/** NULL is fine. */
void pattern_destroy(struct pattern *pattern);

/** Does the whole string match? At most O(length of pattern * length of string), whatever stars
 *  there are. */
bool pattern_matches(const struct pattern *pattern, const char *s);

static inline void cleanup_pattern(struct pattern **pattern)
{
	pattern_destroy(*pattern);
}

/** Destroy the pattern when it leaves the scope. */
#define _cleanup_pattern_ _cleanup_(cleanup_pattern)

#endif
