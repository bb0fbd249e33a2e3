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

/** Write a size in bytes as CPython's tracemalloc prints it (_format_size in Lib/tracemalloc.py).
 *  Units are B to TiB. A value below 100 has one decimal, except in B. From 10 * 1024 of one unit
 *  on, the next unit is used. Fractions are allowed, for averages. is_signed prints a '+' before
 *  zero and positive sizes. Returns buf. */
char *fmt_size(double size, bool is_signed, char buf[FMT_SIZE_MAX]);

/** Room for any estimate with its NUL. */
#define FMT_ESTIMATE_MAX 72

/** Write a size that may be an estimate with a standard error: as fmt_size(), or as "~SIZE +-SIZE".
 *  Returns buf. */
char *fmt_estimated_size(double size, double error, bool is_estimate, bool is_signed,
			 char buf[FMT_ESTIMATE_MAX]);
/** The same with a number: "N" or "~N +-N". An error below 10 has one decimal. */
char *fmt_estimated_count(int64_t count, double error, bool is_estimate, bool is_signed,
			  char buf[FMT_ESTIMATE_MAX]);

/** Parse "4096", "10KiB" or "1.5MiB" to bytes, rounded down. Units are B KiB MiB GiB TiB in any
 *  case, and blanks may stand before the unit. ERR_USAGE with a text that names the accepted
 *  forms. */
struct err *fmt_parse_size(const char *text, uint64_t *ret) __must_check;

#endif
