// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of the peak, and of what came since another. */
#include "heap_fixture.h"

static struct snapshot *peak_of(struct fixture *f)
{
	struct snapshot *s;

	ck_ok(snapshot_create_peak(f->heap, "peak", &s));
	return s;
}

static struct snapshot *since(struct fixture *f, const struct snapshot *old_snapshot)
{
	struct snapshot *s;

	ck_ok(snapshot_create_since(f->heap, old_snapshot->seq, "since", &s));
	return s;
}

/** Rows by line of a snapshot as "LABEL SIZE/COUNT; ...". */
static void check_rows(struct fixture *f, const struct snapshot *s, const char *expected)
{
	struct stats_options options = {.key = KEY_LINENO};
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_free_ char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f->resolver, &stats));
	for (i = 0; i < stats->num_rows; i++)
		fprintf(out, "%s%s %lu/%lu", i ? "; " : "", stats->rows[i].group.label, stats->rows[i].size,
			stats->rows[i].count);
	fclose(out);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(stats->total_size, s->totals.live_bytes);
	ck_assert_uint_eq(stats->total_count, s->totals.live_blocks);
}

static void check_sites(const struct snapshot *s)
{
	uint64_t bytes = 0, blocks = 0;
	size_t i;

	for (i = 0; i < s->num_sites; i++) {
		bytes += s->sites[i].live_bytes;
		blocks += s->sites[i].live_blocks;
		if (i)
			ck_assert_uint_lt(s->sites[i - 1].site, s->sites[i].site);
	}
	ck_assert_uint_eq(bytes, s->totals.live_bytes);
	ck_assert_uint_eq(blocks, s->totals.live_blocks);
}

#suite heap_peak

#tcase peak

#test composition
	struct fixture f;
	struct snapshot *s, *now;
	struct stats_options options = {.key = KEY_LINENO};
	struct stats *stats;
	uint64_t big;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:1");
	big = fixture_alloc(&f, 1, 0, 1, 1000, "big.c:1");
	fixture_alloc(&f, 1, 0, 2, 5, "a.c:1");
	heap_free(f.heap, big);
	fixture_alloc(&f, 2, 0, 1, 20, "late.c:1");
	s = peak_of(&f);
	check_rows(&f, s, "big.c:1 1000/1; a.c:1 15/2");
	ck_assert_str_eq(s->name, "peak");
	ck_assert_uint_eq(s->totals.live_bytes, 1015);
	ck_assert_uint_eq(s->totals.peak_bytes, 1015);
	ck_assert_uint_eq(s->totals.live_blocks, 3);
	ck_assert_uint_eq(s->num_live_stacks, 2);
	ck_assert_uint_eq(s->seq, SNAPSHOT_NO_SEQ);
	// Usable wherever a snapshot is: what has come and gone since.
	now = fixture_snapshot(&f, "now");
	ck_ok(stats_diff(s, now, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->num_rows, 3);
	ck_assert_int_eq(stats->total_size_diff, 40 - 1000);
	ck_assert_int_eq(stats->rows[0].size_diff, -1000);
	stats_destroy(stats);
	snapshot_destroy(now);
	snapshot_destroy(s);
	// Immutable: later peaks are others.
	s = peak_of(&f);
	fixture_alloc(&f, 1, 0, 1, 5000, "later.c:1");
	check_rows(&f, s, "big.c:1 1000/1; a.c:1 15/2");
	snapshot_destroy(s);
	s = peak_of(&f);
	check_rows(&f, s, "later.c:1 5000/1; late.c:1 40/2; a.c:1 15/2");
	snapshot_destroy(s);
	fixture_deinit(&f);

#test of_nothing_reset_and_clear
	struct fixture f;
	struct snapshot *s;
	uint64_t big;

	fixture_init(&f);
	s = peak_of(&f);
	ck_assert_uint_eq(s->num_sites, 0);
	snapshot_destroy(s);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:1");
	big = fixture_alloc(&f, 1, 0, 1, 1000, "big.c:1");
	heap_free(f.heap, big);
	heap_reset_peak(f.heap);
	s = peak_of(&f);
	check_rows(&f, s, "a.c:1 10/1");
	snapshot_destroy(s);
	heap_clear(f.heap);
	s = peak_of(&f);
	check_rows(&f, s, "");
	snapshot_destroy(s);
	fixture_deinit(&f);

#test sums_are_the_peak
	struct fixture f;
	uint64_t state = 11;
	int step;

	fixture_init(&f);
	for (step = 0; step < 3000; step++) {
		char text[32];

		snprintf(text, sizeof(text), "a.c:%u", (unsigned)test_random(&state) % 20);
		// Waves, so that old maxima are left and passed again.
		if (test_random(&state) % 10 < (step / 500 % 2 ? 3 : 6))
			fixture_alloc(&f, 1, test_random(&state) % 2, test_random(&state) % 2,
				      test_random(&state) % 100, text);
		else
			heap_free(f.heap, 0x1000 + 16 * (test_random(&state) % (f.next_addr / 16)));
		if (test_random(&state) % 500 == 0)
			heap_reset_peak(f.heap);
		if (step % 10 == 0) {
			struct snapshot *s = peak_of(&f);

			check_sites(s);
			ck_assert_uint_eq(s->totals.live_bytes, heap_totals(f.heap).peak_bytes);
			ck_assert_uint_eq(s->totals.live_blocks, heap_totals(f.heap).peak_blocks);
			snapshot_destroy(s);
		}
	}
	fixture_deinit(&f);

#tcase since

#test only_later_blocks
	// Growth that a difference hides: as much went as came.
	struct fixture f;
	struct snapshot *before, *s;
	uint64_t old_block, passing;
	size_t i;

	fixture_init(&f);
	old_block = fixture_alloc(&f, 1, 0, 1, 100, "a.c:1");
	fixture_alloc(&f, 1, 0, 1, 7, "b.c:1");
	before = fixture_snapshot(&f, "before");
	heap_free(f.heap, old_block);
	fixture_alloc(&f, 2, 0, 1, 50, "a.c:1");
	passing = fixture_alloc(&f, 1, 0, 1, 9, "c.c:1");
	heap_free(f.heap, passing);
	s = since(&f, before);
	check_rows(&f, s, "a.c:1 100/2");
	check_sites(s);
	ck_assert_str_eq(s->name, "since");
	ck_assert_uint_eq(s->num_sites, 1);
	ck_assert_uint_eq(s->num_live_stacks, 1);
	ck_assert_uint_eq(s->seq, heap_seq(f.heap));
	ck_assert_uint_eq(s->totals.total_bytes, 100);
	ck_assert_uint_eq(s->totals.unknown_frees, 0);
	ck_assert_uint_eq(s->sites[0].total_blocks, 2);
	snapshot_destroy(s);
	// Since the beginning: everything that lives. Since now: nothing.
	ck_ok(snapshot_create_since(f.heap, 0, "all", &s));
	check_rows(&f, s, "a.c:1 100/2; b.c:1 7/1");
	snapshot_destroy(s);
	ck_ok(snapshot_create_since(f.heap, heap_seq(f.heap), "none", &s));
	check_rows(&f, s, "");
	snapshot_destroy(s);
	// A clear forgets the blocks, not where the sequence stands.
	heap_clear(f.heap);
	for (i = 0; i < 3; i++)
		fixture_alloc(&f, 1, 0, 1, 1, "d.c:1");
	s = since(&f, before);
	check_rows(&f, s, "d.c:1 3/3");
	snapshot_destroy(s);
	snapshot_destroy(before);
	fixture_deinit(&f);

#test failed_realloc_stays_old
	struct fixture f;
	struct snapshot *before, *s;
	struct block block;
	uint64_t addr;

	fixture_init(&f);
	addr = fixture_alloc(&f, 1, 0, 1, 100, "a.c:1");
	before = fixture_snapshot(&f, "before");
	ck_assert(heap_take(f.heap, addr, &block));
	ck_ok(heap_put_back(f.heap, &block));
	s = since(&f, before);
	check_rows(&f, s, "");
	snapshot_destroy(s);
	snapshot_destroy(before);
	fixture_deinit(&f);

#test since_the_peak_is_unknown
	struct fixture f;
	struct snapshot *peak, *s = NULL;

	fixture_init(&f);
	fixture_s1(&f);
	peak = peak_of(&f);
	ck_err(snapshot_create_since(f.heap, peak->seq, "since", &s), ERR_USAGE, "taken in this session");
	ck_assert_ptr_null(s);
	snapshot_destroy(peak);
	fixture_deinit(&f);

#test since_equals_the_blocks
	struct fixture f;
	uint64_t state = 5, marks[200] = {0}, sizes[3000] = {0};
	bool is_live[3000] = {false};
	size_t num_marks = 0, num = 0, i, k;

	fixture_init(&f);
	while (num < 3000) {
		if (test_random(&state) % 3) {
			sizes[num] = test_random(&state) % 90;
			is_live[num] = true;
			fixture_alloc(&f, 1, 0, test_random(&state) % 3, sizes[num], num % 2 ? "a.c:1" : "b.c:1");
			num++;
		} else if (num) {
			k = test_random(&state) % num;
			ck_assert_int_eq(heap_free(f.heap, 0x1000 + 16 * (k + 1)), is_live[k]);
			is_live[k] = false;
		}
		if (num % 100 == 0 && num_marks < 200)
			marks[num_marks++] = heap_seq(f.heap);
	}
	for (i = 0; i < num_marks; i++) {
		uint64_t bytes = 0, blocks = 0;
		struct snapshot *s;

		for (k = marks[i]; k < num; k++) {
			bytes += is_live[k] ? sizes[k] : 0;
			blocks += is_live[k];
		}
		ck_ok(snapshot_create_since(f.heap, marks[i], "s", &s));
		check_sites(s);
		ck_assert_uint_eq(s->totals.live_bytes, bytes);
		ck_assert_uint_eq(s->totals.live_blocks, blocks);
		snapshot_destroy(s);
	}
	fixture_deinit(&f);
