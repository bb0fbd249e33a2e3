// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/io.h"
#include "test_util.h"

#include <errno.h>
#include <grp.h>
#include <unistd.h>

static void check_fields(void)
{
	char buf[64], expected[64];

	ck_assert(io_proc_field(getpid(), "Pid", buf, sizeof(buf)));
	snprintf(expected, sizeof(expected), "%d", (int)getpid());
	ck_assert_str_eq(buf, expected);
	ck_assert(io_proc_field(getpid(), "SigCgt", buf, sizeof(buf)));
	ck_assert_uint_eq(strlen(buf), 16);
	ck_assert(io_proc_field(getpid(), "SigIgn", buf, 5));
	ck_assert_uint_eq(strlen(buf), 4);
	ck_assert(!io_proc_field(getpid(), "SigCg", buf, sizeof(buf)));
	ck_assert(!io_proc_field(getpid(), "gCgt", buf, sizeof(buf)));
}

#suite base_io

#tcase proc_field

#test fields
	char buf[64];

	check_fields();
	ck_assert(!io_proc_field(-1, "Pid", buf, sizeof(buf)));

#test many_groups
	static gid_t groups[20000];
	char buf[64];
	size_t i, num;

	// Lines of many lengths around the size of the buffer, and some times as long.
	for (num = 300; num <= 20000; num += num < 1500 ? 1 : 6000) {
		for (i = 0; i < num; i++)
			groups[i] = 100000 + (gid_t)i;
		if (setgroups(num, groups) != 0) {
			ck_assert_int_eq(errno, EPERM);
			return;
		}
		check_fields();
		ck_assert(io_proc_field(getpid(), "Groups", buf, sizeof(buf)));
		ck_assert_int_eq(strncmp(buf, "100000 100001 ", 14), 0);
	}
