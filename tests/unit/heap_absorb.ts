// SPDX-License-Identifier: GPL-3.0-or-later
/** Heaps of processes that have ended, added up. */
#include "heap_fixture.h"

#include "heap/snapshot.h"

static struct fixture sum, process;
/** Texts of the stacks of process, by id. */
static const char *texts[8];
static bool is_failing;

static struct err *map_stack(void *ctx, uint32_t stack, uint32_t *ret)
{
	ck_assert_ptr_eq(ctx, &sum);
	if (is_failing && stack > 0)
		return &err_nomem;
	*ret = fixture_stack(&sum, texts[stack]);
	return NULL;
}

static uint64_t alloc(uint32_t domain, int32_t tid, uint64_t size, const char *text)
{
	texts[fixture_stack(&process, text)] = text;
	return fixture_alloc(&process, 1, domain, tid, size, text);
}

static struct err *absorb(void)
{
	return heap_absorb(sum.heap, process.heap, map_stack, &sum);
}

/** Rows by line as "LABEL SIZE/COUNT; ...". */
static void check_rows(struct snapshot *s, const char *expected)
{
	struct stats_options options = {.key = KEY_LINENO, .want_all = true};
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &sum.resolver, &stats));
	for (i = 0; i < stats->num_rows; i++)
		fprintf(out, "%s%s %ld/%ld", i ? "; " : "", stats->rows[i].group.label,
			(long)stats->rows[i].size, (long)stats->rows[i].count);
	fclose(out);
	ck_assert_str_eq(text, expected);
	snapshot_destroy(s);
}

static void setup(void)
{
	fixture_init(&sum);
	fixture_init(&process);
	is_failing = false;
}

static void teardown(void)
{
	fixture_deinit(&process);
	fixture_deinit(&sum);
}

#suite heap_absorb

#tcase absorb

#test sums_of_two_processes
	struct heap_totals totals;
	struct snapshot *peak;
	uint64_t big;

	// Frames and stacks have other ids there.
	fixture_stack(&sum, "elsewhere.c:1");
	alloc(DOMAIN_MALLOC, 7, 10, "a.c:1");
	big = alloc(DOMAIN_NEW, 8, 1000, "big.c:2");
	heap_free(process.heap, big);
	heap_free(process.heap, 0x999);
	heap_count_unrecorded(process.heap, 5);
	ck_ok(heap_free_older(process.heap, 24, 17));
	ck_ok(heap_free_older(process.heap, 0, 0));
	alloc(DOMAIN_MALLOC, 7, 3, "late.c:3");
	ck_ok(absorb());
	ck_ok(absorb());
	totals = heap_totals(sum.heap);
	ck_assert_uint_eq(totals.live_bytes, 26);
	ck_assert_uint_eq(totals.live_blocks, 4);
	ck_assert_uint_eq(totals.total_bytes, 2 * (1013 + 5));
	ck_assert_uint_eq(totals.total_blocks, 8);
	ck_assert_uint_eq(totals.frees, 2);
	ck_assert_uint_eq(totals.unknown_frees, 2);
	ck_assert_uint_eq(totals.unrecorded_blocks, 2);
	ck_assert_uint_eq(totals.peak_bytes, 2020);
	ck_assert_uint_eq(totals.peak_blocks, 4);
	ck_assert_uint_eq(totals.older_frees, 4);
	ck_assert_uint_eq(totals.older_unsized, 2);
	// The middle of [17, 24] each, taken from the sum.
	ck_assert_uint_eq(heap_older_size(sum.heap), 41);
	check_rows(fixture_snapshot(&sum, "now"), "a.c:1 20/2; late.c:3 6/2; <before attach> -41/-4");
	ck_ok(snapshot_create_peak(sum.heap, "peak", &peak));
	ck_assert_uint_eq(peak->totals.live_bytes, 2020);
	check_rows(peak, "big.c:2 2000/2; a.c:1 20/2");

#test threads_are_taken_together
	size_t i;

	alloc(DOMAIN_MALLOC, 1, 10, "a.c:1");
	alloc(DOMAIN_MALLOC, 2, 20, "a.c:1");
	ck_ok(absorb());
	ck_assert_uint_eq(heap_num_sites(sum.heap), 1);
	for (i = 0; i < heap_num_sites(sum.heap); i++)
		ck_assert_int_eq(heap_site(sum.heap, i)->tid, 0);

#test sites_without_counters_stay_behind
	uint32_t id;

	alloc(DOMAIN_MALLOC, 1, 10, "a.c:1");
	ck_ok(heap_define_site(process.heap, fixture_stack(&process, "loaded.c:9"), 0, 1, &id));
	ck_ok(absorb());
	ck_assert_uint_eq(heap_num_sites(sum.heap), 1);

#test a_failure_changes_no_counter
	alloc(DOMAIN_MALLOC, 1, 10, "a.c:1");
	alloc(DOMAIN_MALLOC, 1, 20, "b.c:1");
	is_failing = true;
	ck_assert_ptr_eq(absorb(), &err_nomem);
	ck_assert_uint_eq(heap_totals(sum.heap).live_bytes, 0);
	ck_assert_uint_eq(heap_totals(sum.heap).total_blocks, 0);
	is_failing = false;
	ck_ok(absorb());
	ck_assert_uint_eq(heap_totals(sum.heap).live_bytes, 30);
	check_rows(fixture_snapshot(&sum, "now"), "b.c:1 20/1; a.c:1 10/1");

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
