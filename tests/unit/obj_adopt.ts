// SPDX-License-Identifier: GPL-3.0-or-later
/** Modules of several processes, put together. */
#include "obj_fixture.h"

#include "base/cleanup.h"
#include "heap/frame.h"

#include <string.h>

static struct modules *another(void)
{
	struct modules_delta delta = {0};
	struct modules *ret;

	ck_ok(modules_create(&ret));
	ck_ok(modules_refresh(ret, getpid(), &delta));
	modules_delta_deinit(&delta);
	return ret;
}

static struct err *on_malloc(void *ctx, size_t index, uint64_t addr, uint64_t size)
{
	(void)index;
	(void)size;
	*(uint64_t *)ctx = addr;
	return NULL;
}

static uint64_t find_malloc(struct modules *in, uint32_t id)
{
	static const char *const names[] = {"malloc"};
	uint64_t addr = 0;

	ck_ok(module_find_functions(in, id, names, 1, false, on_malloc, &addr));
	return addr;
}

static uint32_t libc_of(const struct modules *in)
{
	uint32_t id;

	for (id = 1; id <= modules_num(in); id++)
		if (strncmp(modules_get(in, id)->name, "libc.so", 7) == 0)
			return id;
	ck_abort_msg("no libc");
	return 0;
}

#suite obj_adopt

#tcase adopt

#test same_files_have_one_id
	struct modules *first = another(), *second = another(), *sum;
	uint32_t num = modules_num(first), id, got, again;
	uint64_t addr = find_malloc(first, libc_of(first));

	ck_ok(modules_create(&sum));
	// Backwards, so that ids differ.
	for (id = num; id > 0; id--) {
		ck_ok(modules_adopt(sum, first, id, 1000, &got));
		ck_assert_uint_eq(got, num + 1 - id);
		ck_assert_str_eq(modules_get(sum, got)->path, modules_get(first, id)->path);
		ck_assert(!modules_get(sum, got)->is_live);
	}
	modules_destroy(first);
	for (id = 1; id <= modules_num(second); id++) {
		ck_ok(modules_adopt(sum, second, id, 1000, &again));
		ck_assert_str_eq(modules_get(sum, again)->path, modules_get(second, id)->path);
	}
	ck_assert_uint_eq(modules_num(sum), num);
	modules_destroy(second);
	// Their files are open still.
	ck_assert_uint_ne(addr, 0);
	ck_assert_uint_eq(find_malloc(sum, libc_of(sum)), addr);
	modules_destroy(sum);

#test so_many_and_no_more
	struct modules *first = another(), *sum;
	uint32_t got = 7;

	ck_ok(modules_create(&sum));
	ck_ok(modules_adopt(sum, first, 1, 1, &got));
	ck_assert_uint_eq(got, 1);
	ck_ok(modules_adopt(sum, first, 2, 1, &got));
	ck_assert_uint_eq(got, 0);
	ck_ok(modules_adopt(sum, first, 1, 1, &got));
	ck_assert_uint_eq(got, 1);
	ck_ok(modules_adopt(sum, first, 1000000, 10, &got));
	ck_assert_uint_eq(got, 0);
	modules_destroy(first);
	modules_destroy(sum);

#main-pre
	tcase_add_checked_fixture(tc1_1, fixture_setup, fixture_teardown);
