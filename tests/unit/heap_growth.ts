// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/growth.h"

#include "heap/filter.h"
#include "heap_fixture.h"

#include <math.h>

#define NUM_MAX 8

/** Snapshots, ten seconds apart. */
struct series {
	struct fixture f;
	struct snapshot *snapshots[NUM_MAX];
	size_t num;
};

static void series_add(struct series *s)
{
	struct snapshot *snapshot = fixture_snapshot(&s->f, "s");

	snapshot->time_ns = 5000000000 + s->num * 10000000000;
	s->snapshots[s->num++] = snapshot;
}

static struct growth *series_growth(struct series *s, struct stats_options options)
{
	struct growth *growth;

	ck_ok(growth_create((const struct snapshot *const *)s->snapshots, s->num, &options,
			    &s->f.resolver, &growth));
	return growth;
}

static void series_deinit(struct series *s)
{
	while (s->num)
		snapshot_destroy(s->snapshots[--s->num]);
	fixture_deinit(&s->f);
}

/** Rows as "LABEL SIZE(+DIFF) COUNT(+DIFF) grown GROWN shrunk SHRUNK; ...". */
static void check_rows(const struct growth *growth, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < growth->stats->num_rows; i++) {
		const struct stat_row *row = &growth->stats->rows[i];

		fprintf(out, "%s%s %lu(%+ld) %lu(%+ld) grown %zu shrunk %zu", i ? "; " : "",
			row->group.label, row->size, row->size_diff, row->count, row->count_diff,
			growth->trends[i].num_grown, growth->trends[i].num_shrunk);
	}
	fclose(out);
	ck_assert_str_eq(text, expected);
}

/** A leak, a cache that fills, something steady, something that comes and goes, one that turns up late, one that goes. */
static void make_rounds(struct series *s)
{
	uint64_t wave = 0, gone;
	int round;

	fixture_init(&s->f);
	fixture_alloc(&s->f, 1, 0, 1, 7, "steady.c:1");
	gone = fixture_alloc(&s->f, 1, 0, 1, 3, "gone.c:1");
	for (round = 0; round < 4; round++) {
		fixture_alloc(&s->f, 1, 0, 1, 100, "leak.c:1");
		if (round < 2)
			fixture_alloc(&s->f, 1, 0, 1, 5000, "cache.c:1");
		if (round % 2)
			heap_free(s->f.heap, wave);
		else
			wave = fixture_alloc(&s->f, 1, 0, 1, 64, "wave.c:1");
		if (round == 3)
			fixture_alloc(&s->f, 1, 0, 1, 40, "late.c:1");
		if (round == 1)
			heap_free(s->f.heap, gone);
		series_add(s);
	}
}

#suite heap_growth

#tcase growth

#test a_leak_comes_before_a_cache
	struct series s = {.num = 0};
	struct growth *growth;

	make_rounds(&s);
	growth = series_growth(&s, (struct stats_options){.key = KEY_LINENO});
	check_rows(growth, "leak.c:1 400(+300) 4(+3) grown 3 shrunk 0; "
			   "cache.c:1 10000(+5000) 2(+1) grown 1 shrunk 0; "
			   "late.c:1 40(+40) 1(+1) grown 1 shrunk 0; "
			   "steady.c:1 7(+0) 1(+0) grown 0 shrunk 0; "
			   "gone.c:1 0(-3) 0(-1) grown 0 shrunk 1; "
			   "wave.c:1 0(-64) 0(-1) grown 1 shrunk 2");
	ck_assert_uint_eq(growth->num_growing, 1);
	ck_assert_uint_eq(growth->num_snapshots, 4);
	ck_assert_uint_eq(growth->span_ns, 30000000000);
	ck_assert(growth_is_monotone(&growth->trends[0]));
	ck_assert(growth_is_monotone(&growth->trends[1]));
	ck_assert(!growth_is_monotone(&growth->trends[5]));
	ck_assert_int_eq(growth->stats->total_size_diff, 300 + 5000 + 40 - 3 - 64);
	ck_assert_uint_eq(growth->stats->total_size, s.snapshots[3]->totals.live_bytes);
	ck_assert_int_eq(growth->stats->total_count_diff, 3);
	growth_destroy(growth);
	growth_destroy(NULL);
	series_deinit(&s);

#test slopes
	// Least squares, against the textbook formula: (n Sxy - Sx Sy) / (n Sxx - Sx Sx).
	struct series s = {.num = 0};
	static const unsigned blocks[] = {3, 4, 9, 1, 12};
	double sx = 0, sy = 0, sxy = 0, sxx = 0, slope;
	struct growth *growth;
	unsigned i;

	fixture_init(&s.f);
	for (i = 0; i < 5; i++) {
		fixture_free_all(&s.f);
		fixture_alloc(&s.f, blocks[i], 0, 1, 10, "a.c:1");
		if (i == 4)
			fixture_alloc(&s.f, 1, 0, 1, 50, "late.c:1");
		series_add(&s);
		sx += i;
		sy += blocks[i] * 10;
		sxy += i * blocks[i] * 10;
		sxx += i * i;
	}
	slope = (5 * sxy - sx * sy) / (5 * sxx - sx * sx);
	growth = series_growth(&s, (struct stats_options){.key = KEY_LINENO});
	check_rows(growth, "a.c:1 120(+90) 12(+9) grown 3 shrunk 1; "
			   "late.c:1 50(+50) 1(+1) grown 1 shrunk 0");
	ck_assert_double_eq_tol(growth->trends[0].per_snapshot, slope, 1e-9);
	ck_assert_double_eq_tol(growth->trends[0].per_second, slope / 10, 1e-9);
	// 0 0 0 0 50: 2 * 50 / 10.
	ck_assert_double_eq_tol(growth->trends[1].per_snapshot, 10, 1e-9);
	growth_destroy(growth);
	// All at one time: no slope by time.
	for (i = 0; i < 5; i++)
		s.snapshots[i]->time_ns = 1;
	growth = series_growth(&s, (struct stats_options){.key = KEY_LINENO});
	ck_assert_double_eq_tol(growth->trends[0].per_snapshot, slope, 1e-9);
	ck_assert_double_eq_tol(growth->trends[0].per_second, 0, 1e-12);
	growth_destroy(growth);
	series_deinit(&s);

#test options
	struct series s = {.num = 0};
	struct filters filters = {0};
	struct filter filter = {.pattern = (char[]){"leak.c"}, .want_all_frames = true};
	struct growth *growth = NULL;
	struct stats_options options = {.key = KEY_FILENAME, .is_cumulative = true};

	fixture_init(&s.f);
	fixture_alloc(&s.f, 1, 0, 1, 10, "leak.c:1 leak.c:1 main.c:1");
	fixture_alloc(&s.f, 1, 1, 2, 1, "!new.h:1 b.c:1 main.c:1");
	series_add(&s);
	fixture_alloc(&s.f, 1, 0, 1, 10, "leak.c:1 leak.c:1 main.c:1");
	series_add(&s);
	growth = series_growth(&s, options);
	check_rows(growth, "main.c 21(+10) 3(+1) grown 1 shrunk 0; leak.c 20(+10) 2(+1) grown 1 shrunk 0; "
			   "new.h 1(+0) 1(+0) grown 0 shrunk 0; b.c 1(+0) 1(+0) grown 0 shrunk 0");
	growth_destroy(growth);
	options.is_compat = true;
	growth = series_growth(&s, options);
	check_rows(growth, "leak.c:0 40(+20) 4(+2) grown 1 shrunk 0; main.c:0 21(+10) 3(+1) grown 1 shrunk 0; "
			   "new.h:0 1(+0) 1(+0) grown 0 shrunk 0; b.c:0 1(+0) 1(+0) grown 0 shrunk 0");
	growth_destroy(growth);
	ck_ok(filters_add(&filters, &filter));
	options = (struct stats_options){.key = KEY_LINENO, .filters = &filters};
	growth = series_growth(&s, options);
	check_rows(growth, "b.c:1 1(+0) 1(+0) grown 0 shrunk 0");
	ck_assert_int_eq(growth->stats->total_size_diff, 0);
	ck_assert_uint_eq(growth->stats->total_size, 1);
	growth_destroy(growth);
	options = (struct stats_options){.key = KEY_THREAD, .want_all = true};
	growth = series_growth(&s, options);
	check_rows(growth, "thread 1 20(+10) 2(+1) grown 1 shrunk 0; thread 2 1(+0) 1(+0) grown 0 shrunk 0");
	growth_destroy(growth);
	options.is_cumulative = true;
	growth = NULL;
	ck_err(growth_create((const struct snapshot *const *)s.snapshots, 2, &options, &s.f.resolver, &growth),
	       ERR_USAGE, "cumulative");
	options.is_cumulative = false;
	ck_err(growth_create((const struct snapshot *const *)s.snapshots, 1, &options, &s.f.resolver, &growth),
	       ERR_USAGE, "two snapshots or more, there is 1");
	s.f.is_broken = true;
	options.key = KEY_LINENO;
	ck_err(growth_create((const struct snapshot *const *)s.snapshots, 2, &options, &s.f.resolver, &growth),
	       ERR_FORMAT, "broken");
	ck_assert_ptr_null(growth);
	filters_clear(&filters);
	series_deinit(&s);

#test rows_are_those_of_a_comparison
	// Whatever lies between, size and difference are those of first and last.
	struct series s = {.num = 0};
	uint64_t state = 3;
	int key, i;

	fixture_init(&s.f);
	while (s.num < NUM_MAX) {
		for (i = 0; i < 40; i++) {
			char text[64];

			snprintf(text, sizeof(text), "f%u.c:%u g.c:%u", (unsigned)test_random(&state) % 5,
				 (unsigned)test_random(&state) % 5, (unsigned)test_random(&state) % 3);
			fixture_alloc(&s.f, 1, test_random(&state) % 2, 1, test_random(&state) % 90, text);
			heap_free(s.f.heap, 0x1000 + 16 * (test_random(&state) % (40 * (s.num + 1))));
		}
		series_add(&s);
	}
	for (key = 0; key < NUM_KEYS; key++) {
		struct stats_options options = {.key = key};
		struct growth *growth = series_growth(&s, options);
		struct stats *diff;
		size_t k, n;

		ck_ok(stats_diff(s.snapshots[0], s.snapshots[s.num - 1], &options, SORT_GROWTH, &s.f.resolver,
				 &diff));
		ck_assert_int_eq(diff->total_size_diff, growth->stats->total_size_diff);
		ck_assert_uint_eq(diff->total_size, growth->stats->total_size);
		for (k = 0; k < diff->num_rows; k++) {
			const struct stat_row *a = &diff->rows[k], *b = NULL;

			// Equal labels of tracebacks are told apart by their stacks; the rest by label.
			for (n = 0; n < growth->stats->num_rows; n++) {
				b = &growth->stats->rows[n];
				if (strcmp(a->group.label, b->group.label) == 0 && a->size == b->size &&
				    a->size_diff == b->size_diff && a->count == b->count &&
				    a->count_diff == b->count_diff)
					break;
			}
			ck_assert_uint_lt(n, growth->stats->num_rows);
		}
		for (k = 1; k < growth->num_growing; k++)
			ck_assert_int_ge(growth->stats->rows[k - 1].size_diff, growth->stats->rows[k].size_diff);
		for (k = 0; k < growth->stats->num_rows; k++)
			ck_assert_int_eq(k < growth->num_growing, growth->trends[k].num_grown == s.num - 1);
		stats_destroy(diff);
		growth_destroy(growth);
	}
	series_deinit(&s);

#test example_is_of_the_last_snapshot
	struct series s = {.num = 0};
	struct growth *growth;

	fixture_init(&s.f);
	fixture_alloc(&s.f, 1, 0, 1, 1000, "a.c:1");
	series_add(&s);
	fixture_free_all(&s.f);
	fixture_alloc(&s.f, 1, 0, 1, 5, "a.c:2");
	fixture_alloc(&s.f, 1, 0, 1, 50, "a.c:3");
	series_add(&s);
	growth = series_growth(&s, (struct stats_options){.key = KEY_FILENAME});
	ck_assert_uint_eq(growth->stats->rows[0].group.example_stack, fixture_stack(&s.f, "a.c:3"));
	growth_destroy(growth);
	series_deinit(&s);
