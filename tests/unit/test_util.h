// SPDX-License-Identifier: GPL-3.0-or-later
/** Helpers of the unit tests. */
#ifndef TESTS_UNIT_TEST_UTIL_H
#define TESTS_UNIT_TEST_UTIL_H

#include "base/err.h"

#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** The call must succeed. Otherwise its error text is the failure. */
#define ck_ok(expr)                                                         \
	do {                                                                \
		_cleanup_err_ struct err *ck_ok_err = (expr);               \
		if (ck_ok_err)                                              \
			ck_abort_msg("%s: %s", #expr, err_text(ck_ok_err)); \
	} while (0)

/** Fails the test unless err has the code and its text contains part. */
static __attribute__((noinline, unused)) void test_check_err(const char *expr,
							     const struct err *err,
							     enum err_code code, const char *part)
{
	const char *text = err ? err_text(err) : "no error";

	ck_assert_msg(err != NULL, "%s: succeeded", expr);
	ck_assert_msg(err && err->code == code, "%s: %s", expr, text);
	ck_assert_msg(strstr(text, part) != NULL, "%s: text is %s", expr, text);
}

/** The call must fail with this code, and its text must contain part ("" fits any text). */
#define ck_err(expr, expected_code, part)                                   \
	do {                                                                \
		_cleanup_err_ struct err *ck_err_err = (expr);              \
		test_check_err(#expr, ck_err_err, (expected_code), (part)); \
	} while (0)

/** fork(). In check, a child writes its messages into the file of its parent, at the parent's
 *  position. The next reader would find rubbish there. So the child gets /dev/null in place of that
 *  file, which has no name any more. */
static __attribute__((noinline, unused)) pid_t test_fork(void)
{
	char link[64], target[256];
	pid_t pid = fork();
	ssize_t len;
	int fd, null;

	if (pid != 0)
		return pid;
	null = open("/dev/null", O_RDWR);
	for (fd = 3; fd < 256; fd++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, target, sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = '\0';
		if (strstr(target, " (deleted)"))
			dup2(null, fd);
	}
	return 0;
}

/** Pseudo-random numbers that are the same on every run (xorshift64*). *state must not be 0. */
static inline uint64_t test_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

#endif
