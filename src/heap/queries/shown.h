// SPDX-License-Identifier: GPL-3.0-or-later
/** What rows show: labels with short names. Used by group.c and result.c only. */
#ifndef HEAP_QUERIES_SHOWN_H
#define HEAP_QUERIES_SHOWN_H

#include "heap/arena.h"
#include "heap/stats.h"

/** A label, with the name of the location's function shortened where it is in the label. It lives
 *  as long as arena, or as label. NULL: out of memory. */
const char *shown_label(struct arena *arena, const struct strtab *strings,
			const struct location *location, const char *label);

/** Let rows show their whole labels where different labels would look the same.
 *  O(num * log num). */
struct err *shown_tell_apart(struct stat_row *rows, size_t num) __must_check;

#endif
