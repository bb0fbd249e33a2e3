// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/gate.h"

#include "heap/filter.h"
#include "heap_fixture.h"

/** Compare, and check growth, outcome and the rows that are left: "LABEL +DIFF; ...". */
static void check(struct fixture *f, const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
		  struct stats_options options, const char *pattern, uint64_t max, int64_t growth,
		  bool is_exceeded, const char *rows)
{
	struct gate_options gate_options = {max, pattern};
	_cleanup_gate_ struct gate *gate = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	ck_ok(gate_check(old_snapshot, new_snapshot, &options, &gate_options, &f->resolver, &gate));
	for (i = 0; i < gate->stats->num_rows; i++)
		fprintf(out, "%s%s %+ld", i ? "; " : "", gate->stats->rows[i].group.label,
			gate->stats->rows[i].size_diff);
	fclose(out);
	ck_assert_str_eq(text, rows);
	ck_assert_int_eq(gate->growth, growth);
	ck_assert_int_eq(gate->is_exceeded, is_exceeded);
	ck_assert_uint_eq(gate->max, max);
}

#suite heap_gate

#tcase gate

#test total
	struct fixture f;
	struct snapshot *s1, *s2;
	struct stats_options by_lineno = {.key = KEY_LINENO};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 30, "c.c:1");
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1");
	fixture_alloc(&f, 2, 0, 1, 25, "b.c:1");
	s2 = fixture_snapshot(&f, "s2");
	check(&f, s1, s2, by_lineno, NULL, 119, 120, true, "a.c:1 +100; b.c:1 +50");
	check(&f, s1, s2, by_lineno, NULL, 120, 120, false, "a.c:1 +100; b.c:1 +50");
	check(&f, s1, s1, by_lineno, NULL, 0, 0, false, "");
	// Less than before exceeds nothing.
	check(&f, s2, s1, by_lineno, NULL, 0, -120, false, "c.c:1 +30");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test one_key_and_pattern
	struct fixture f;
	struct snapshot *s1, *s2;
	struct stats_options options = {.key = KEY_LINENO};
	struct filters filters = {0};
	struct filter not_b = {.pattern = (char[]){"/src/b.c"}};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 40, "/src/c.c:1@h@/lib/liby.so");
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_alloc(&f, 1, 0, 7, 100, "/src/a.c:1@f@/lib/libx.so");
	fixture_alloc(&f, 1, 0, 7, 10, "/src/a.c:2@f@/lib/libx.so");
	fixture_alloc(&f, 1, 0, 8, 25, "/src/b.c:1@g@/lib/libx.so");
	fixture_alloc(&f, 1, 1, 8, 5, "=libz.so(q+0x10)@q@/opt/libz.so");
	s2 = fixture_snapshot(&f, "s2");
	check(&f, s1, s2, options, "/src/a.c:*", 100, 110, true, "/src/a.c:1 +100; /src/a.c:2 +10");
	check(&f, s1, s2, options, "/src/a.c:1", 99, 100, true, "/src/a.c:1 +100");
	check(&f, s1, s2, options, "/src/a.c", 200, 110, false, "/src/a.c:1 +100; /src/a.c:2 +10");
	check(&f, s1, s2, options, "/src/[bc].c", 0, -15, false, "/src/b.c:1 +25");
	check(&f, s1, s2, options, "/opt/libz.so", 4, 5, true, "libz.so(q+0x10) +5");
	check(&f, s1, s2, options, "nothing", 0, 0, false, "");
	options.key = KEY_FILENAME;
	check(&f, s1, s2, options, "*/a.c", 100, 110, true, "/src/a.c +110");
	options.is_compat = true;
	check(&f, s1, s2, options, "*/a.c", 100, 110, true, "/src/a.c:0 +110");
	options = (struct stats_options){.key = KEY_FUNCTION};
	check(&f, s1, s2, options, "f", 100, 110, true, "f (libx.so) +110");
	check(&f, s1, s2, options, "f (*)", 100, 110, true, "f (libx.so) +110");
	options.key = KEY_MODULE;
	check(&f, s1, s2, options, "libx.so", 100, 135, true, "/lib/libx.so +135");
	check(&f, s1, s2, options, "/lib/*", 100, 95, false, "/lib/libx.so +135");
	options.key = KEY_DOMAIN;
	check(&f, s1, s2, options, "new", 4, 5, true, "new +5");
	options.key = KEY_THREAD;
	check(&f, s1, s2, options, "7", 109, 110, true, "thread 7 +110");
	options.key = KEY_TRACEBACK;
	check(&f, s1, s2, options, "/src/b.c:1", 24, 25, true, "/src/b.c:1 +25");
	// Filters come first; rows must not overlap, so cumulative is no matter here.
	ck_ok(filters_add(&filters, &not_b));
	options = (struct stats_options){.key = KEY_LINENO, .is_cumulative = true, .filters = &filters};
	check(&f, s1, s2, options, NULL, 0, 75, true,
	      "/src/a.c:1 +100; /src/a.c:2 +10; libz.so(q+0x10) +5");
	filters_clear(&filters);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test matched_and_errors
	struct fixture f;
	struct snapshot *s;
	struct stats_options options = {.key = KEY_LINENO};
	struct gate_options gate_options = {0, "b*"};
	struct gate *gate;

	fixture_init(&f);
	fixture_s1(&f);
	s = fixture_snapshot(&f, "s");
	ck_ok(gate_check(s, s, &options, &gate_options, &f.resolver, &gate));
	ck_assert_uint_eq(gate->num_matched, 1);
	ck_assert_uint_eq(gate->stats->num_rows, 0);
	ck_assert_int_eq(gate->count_growth, 0);
	gate_destroy(gate);
	gate_destroy(NULL);
	f.is_broken = true;
	gate = NULL;
	ck_err(gate_check(s, s, &options, &gate_options, &f.resolver, &gate), ERR_FORMAT, "broken");
	ck_assert_ptr_null(gate);
	snapshot_destroy(s);
	fixture_deinit(&f);
