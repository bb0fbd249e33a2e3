// SPDX-License-Identifier: GPL-3.0-or-later
/** Numbers as text and back. */
#ifndef BASE_FMT_H
#define BASE_FMT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for any size text with its NUL. */
#define FMT_SIZE_MAX 32

/** A size in bytes as CPython's tracemalloc prints it (_format_size in Lib/tracemalloc.py): units B to TiB, one
 *  decimal below 100 of a unit except for B, the next unit from 10 * 1024 of one. Fractions are allowed (averages).
 *  is_signed prints a '+' before zero and positive sizes. Returns buf. */
char *fmt_size(double size, bool is_signed, char buf[FMT_SIZE_MAX]);

/** Parse "4096", "10KiB", "1.5MiB" (units B KiB MiB GiB TiB, any case, blanks before the unit allowed) to bytes,
 *  rounded down. ERR_USAGE with a text that names the accepted forms. */
struct err *fmt_parse_size(const char *text, uint64_t *ret) __must_check;

#endif
