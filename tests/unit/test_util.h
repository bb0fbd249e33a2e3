// SPDX-License-Identifier: GPL-3.0-or-later
/** Helpers of the unit tests. */
#ifndef TESTS_UNIT_TEST_UTIL_H
#define TESTS_UNIT_TEST_UTIL_H

#include "base/err.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

/** The call must succeed; else its error text is the failure. */
#define ck_ok(expr)                                                         \
	do {                                                                \
		_cleanup_err_ struct err *ck_ok_err = (expr);               \
		if (ck_ok_err)                                              \
			ck_abort_msg("%s: %s", #expr, err_text(ck_ok_err)); \
	} while (0)

/** The call must fail with this code, and its text must contain part ("" does for any). */
#define ck_err(expr, expected_code, part)                                                     \
	do {                                                                                  \
		_cleanup_err_ struct err *ck_err_err = (expr);                                \
		if (!ck_err_err)                                                              \
			ck_abort_msg("%s: succeeded", #expr);                                 \
		ck_assert_msg(ck_err_err->code == (expected_code), "%s: code %d: %s", #expr,  \
			      ck_err_err->code, err_text(ck_err_err));                        \
		ck_assert_msg(strstr(err_text(ck_err_err), (part)) != NULL, "%s: text is %s", \
			      #expr, err_text(ck_err_err));                                   \
	} while (0)

/** Pseudo-random numbers that are the same on every run (xorshift64*). *state must not be 0. */
static inline uint64_t test_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

#endif
