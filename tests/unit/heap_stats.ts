// SPDX-License-Identifier: GPL-3.0-or-later
/** Statistics and comparison: the numbered statements of tracemalloc's semantics, each test named after its own. */
#include "heap_fixture.h"

/** Rows as text: "LABEL SIZE/COUNT; ..." or "LABEL SIZE(+DIFF) COUNT(+DIFF); ...". Freed by the caller. */
static char *rows_text(const struct stats *stats, bool is_diff)
{
	char *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < stats->num_rows; i++) {
		const struct stat_row *row = &stats->rows[i];

		fprintf(out, "%s%s ", i ? "; " : "", row->group.label);
		if (is_diff)
			fprintf(out, "%lu(%+ld) %lu(%+ld)", row->size, row->size_diff, row->count,
				row->count_diff);
		else
			fprintf(out, "%lu/%lu", row->size, row->count);
	}
	fclose(out);
	return text;
}

static void check_top_by(struct fixture *f, const struct snapshot *s, struct stats_options options,
			 enum stats_sort sort, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	struct stats *stats;

	ck_ok(stats_snapshot(s, &options, sort, &f->resolver, &stats));
	text = rows_text(stats, false);
	stats_destroy(stats);
	ck_assert_str_eq(text, expected);
}

static void check_top(struct fixture *f, const struct snapshot *s, struct stats_options options,
		      const char *expected)
{
	check_top_by(f, s, options, SORT_DEFAULT, expected);
}

/** The same for a snapshot of now. */
static void check_now(struct fixture *f, struct stats_options options, const char *expected)
{
	struct snapshot *s = fixture_snapshot(f, "now");

	check_top(f, s, options, expected);
	snapshot_destroy(s);
}

static void check_diff_by(struct fixture *f, const struct snapshot *old_snapshot,
			  const struct snapshot *new_snapshot, struct stats_options options,
			  enum stats_sort sort, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	struct stats *stats;

	ck_ok(stats_diff(old_snapshot, new_snapshot, &options, sort, &f->resolver, &stats));
	text = rows_text(stats, true);
	stats_destroy(stats);
	ck_assert_str_eq(text, expected);
}

static void check_diff(struct fixture *f, const struct snapshot *old_snapshot,
		       const struct snapshot *new_snapshot, enum group_key key, const char *expected)
{
	check_diff_by(f, old_snapshot, new_snapshot, (struct stats_options){.key = key},
		      SORT_DEFAULT, expected);
}

static const struct stats_options by_lineno = {.key = KEY_LINENO};
static const struct stats_options by_filename = {.key = KEY_FILENAME};
static const struct stats_options by_function = {.key = KEY_FUNCTION};
static const struct stats_options by_module = {.key = KEY_MODULE};
static const struct stats_options by_traceback = {.key = KEY_TRACEBACK};

/** Random stacks of up to 5 frames out of 20 lines, some of them recursive, in 3 domains and 2 threads. */
static void random_allocs(struct fixture *f, uint64_t *state, unsigned num)
{
	for (; num; num--) {
		char text[128] = "";
		unsigned depth = 1 + test_random(state) % 5;

		for (; depth; depth--) {
			unsigned line = test_random(state) % 20;

			sprintf(text + strlen(text), "f%u.c:%u ", line % 4, line);
		}
		fixture_alloc(f, 1, test_random(state) % 3, test_random(state) % 2,
			      test_random(state) % 50, text);
	}
}

static void random_frees(struct fixture *f, uint64_t *state, unsigned num)
{
	uint64_t span = (f->next_addr - 0x1000) / 16;

	for (; num; num--)
		heap_free(f->heap, 0x1000 + 16 * (test_random(state) % span + 1));
}

/** Sizes with all digits, and many equal ones. */
static void varied_allocs(struct fixture *f, uint64_t *state, unsigned num)
{
	for (; num; num--) {
		char text[64];

		sprintf(text, "a.c:%u b.c:%u", (unsigned)(test_random(state) % 50),
			(unsigned)(test_random(state) % 40));
		fixture_alloc(f, 1, 0, 1, test_random(state) % 3 << test_random(state) % 40, text);
	}
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/** Is row b not before row a by the numbers of O1 and O2? */
static bool is_in_order(const struct stat_row *a, const struct stat_row *b)
{
	const uint64_t pairs[][2] = {{magnitude(a->size_diff), magnitude(b->size_diff)},
				     {a->size, b->size},
				     {magnitude(a->count_diff), magnitude(b->count_diff)},
				     {a->count, b->count}};
	int i;

	for (i = 0; i < 4; i++)
		if (pairs[i][0] != pairs[i][1])
			return pairs[i][0] > pairs[i][1];
	return true;
}

/** The first max_rows rows are those of all, and the rest is summed up. */
static void check_limited(struct fixture *f, const struct snapshot *s1, const struct snapshot *s2,
			  enum stats_sort sort, size_t max_rows)
{
	struct stats_options options = {.key = KEY_TRACEBACK};
	_cleanup_free_ char *all_text = NULL, *text = NULL;
	struct stats *all, *stats;
	uint64_t size = 0;
	int64_t size_diff = 0;
	size_t i;

	ck_ok(stats_diff(s1, s2, &options, sort, &f->resolver, &all));
	options.max_rows = max_rows;
	ck_ok(stats_diff(s1, s2, &options, sort, &f->resolver, &stats));
	ck_assert_uint_eq(stats->num_rows, max_rows < all->num_rows ? max_rows : all->num_rows);
	ck_assert_uint_eq(stats->num_rows + stats->num_more, all->num_rows);
	for (i = stats->num_rows; i < all->num_rows; i++) {
		size += all->rows[i].size;
		size_diff += all->rows[i].size_diff;
	}
	ck_assert_uint_eq(stats->more_size, size);
	ck_assert_int_eq(stats->more_size_diff, size_diff);
	text = rows_text(stats, true);
	all->num_rows = stats->num_rows;
	all_text = rows_text(all, true);
	ck_assert_str_eq(text, all_text);
	stats_destroy(all);
	stats_destroy(stats);
}

#suite heap_stats

#tcase order

#test O1_size_then_count_then_traceback
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:1");
	fixture_alloc(&f, 2, 0, 1, 5, "b.c:1");
	fixture_alloc(&f, 2, 0, 1, 5, "c.c:1");
	fixture_alloc(&f, 1, 0, 1, 11, "d.c:1");
	check_now(&f, by_lineno, "d.c:1 11/1; c.c:1 10/2; b.c:1 10/2; a.c:1 10/1");
	check_now(&f, by_traceback, "d.c:1 11/1; c.c:1 10/2; b.c:1 10/2; a.c:1 10/1");
	fixture_deinit(&f);

#test O2_differences
	struct fixture f;
	struct snapshot *s1, *s2;
	uint64_t b;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1");
	fixture_alloc(&f, 1, 0, 1, 50, "b.c:1");
	b = fixture_alloc(&f, 1, 0, 1, 50, "b.c:1");
	fixture_alloc(&f, 1, 0, 1, 30, "g.c:1");
	fixture_alloc(&f, 1, 0, 1, 10, "e.c:1");
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1");
	fixture_alloc(&f, 1, 0, 1, 100, "d.c:1");
	ck_assert(heap_free(f.heap, b));
	ck_assert(heap_free(f.heap, b - 16));
	fixture_alloc(&f, 1, 0, 1, 0, "e.c:1");
	s2 = fixture_snapshot(&f, "s2");
	check_diff(&f, s1, s2, KEY_LINENO,
		   "a.c:1 200(+100) 2(+1); d.c:1 100(+100) 1(+1); b.c:1 0(-100) 0(-2); "
		   "g.c:1 30(+0) 1(+0); e.c:1 10(+0) 2(+1)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test O2_count_diff_then_count_then_traceback
	struct fixture f;
	struct snapshot *s1, *s2;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "p.c:1");
	fixture_alloc(&f, 2, 0, 1, 5, "q.c:1");
	fixture_alloc(&f, 1, 0, 1, 10, "r.c:1");
	fixture_alloc(&f, 1, 0, 1, 10, "s.c:1");
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 2, 0, 1, 0, "p.c:1");
	fixture_alloc(&f, 2, 0, 1, 0, "q.c:1");
	s2 = fixture_snapshot(&f, "s2");
	check_diff(&f, s1, s2, KEY_LINENO,
		   "q.c:1 10(+0) 4(+2); p.c:1 10(+0) 3(+2); s.c:1 10(+0) 1(+0); r.c:1 10(+0) 1(+0)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test O3_ties_greatest_first
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 1, "B.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "a.c:10");
	fixture_alloc(&f, 1, 0, 1, 1, "\xc3\xa9.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "a.c:2");
	check_now(&f, by_lineno, "\xc3\xa9.c:1 1/1; a.c:10 1/1; a.c:2 1/1; B.c:1 1/1");
	check_now(&f, by_traceback, "\xc3\xa9.c:1 1/1; a.c:10 1/1; a.c:2 1/1; B.c:1 1/1");
	fixture_deinit(&f);

#test O3_tracebacks_oldest_frame_first_prefix_smaller
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 1, "z.c:9 a.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "a.c:1 b.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "x.c:1 a.c:1 b.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "b.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "y.c:1 a.c:1 b.c:1");
	fixture_alloc(&f, 1, 0, 1, 1, "c.c:1 b.c:1");
	check_now(&f, by_traceback,
		  "c.c:1 1/1; y.c:1 1/1; x.c:1 1/1; a.c:1 1/1; b.c:1 1/1; z.c:9 1/1");
	fixture_deinit(&f);

#test O3_deep_ties
	// Long common beginnings, odd and even lengths, and prefixes of one another: all of the same size.
	struct fixture f;
	char text[200 * 6] = "", expected[200 * 11 + 1] = "";
	int depth;

	fixture_init(&f);
	for (depth = 1; depth <= 200; depth++) {
		strcat(text, depth > 1 ? " m.c:1" : "m.c:1");
		fixture_alloc(&f, 1, 0, 1, 1, text);
	}
	for (depth = 1; depth <= 200; depth++)
		sprintf(expected + strlen(expected), "%sm.c:1 1/1", depth > 1 ? "; " : "");
	check_now(&f, by_traceback, expected);
	{
		struct stats_options options = {.key = KEY_TRACEBACK};
		struct snapshot *s = fixture_snapshot(&f, "s");
		const struct location *locations;
		struct stats *stats;
		size_t num, i;

		ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
		for (i = 0; i < stats->num_rows; i++) {
			ck_ok(stats_traceback(stats, i, &locations, &num));
			ck_assert_uint_eq(num, 200 - i);
		}
		stats_destroy(stats);
		snapshot_destroy(s);
	}
	fixture_deinit(&f);

#test O3_ties_of_names
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 3, 7, 1, "a.c:1@f@/lib/x.so");
	fixture_alloc(&f, 1, 0, 20, 1, "a.c:2@g@/lib/x.so");
	fixture_alloc(&f, 1, 1, 100, 1, "a.c:3@f@/lib/y.so");
	fixture_alloc(&f, 1, 40, -1, 1, "a.c:4@e@/opt/y.so");
	check_now(&f, by_function, "g (x.so) 1/1; f (y.so) 1/1; f (x.so) 1/1; e (y.so) 1/1");
	check_now(&f, by_module, "/lib/x.so 2/2; /opt/y.so 1/1; /lib/y.so 1/1");
	check_now(&f, (struct stats_options){.key = KEY_DOMAIN},
		  "domain 40 1/1; mmap 1/1; new 1/1; malloc 1/1");
	check_now(&f, (struct stats_options){.key = KEY_THREAD},
		  "thread 100 1/1; thread 20 1/1; thread 7 1/1; thread -1 1/1");
	fixture_deinit(&f);

#test O4_order_does_not_depend_on_history
	// The same heap made in another order gives the same rows.
	static const char *const stacks[] = {"a.c:1 m.c:1", "a.c:2 m.c:1", "b.c:1", "a.c:1 n.c:1"};
	struct fixture f, g;
	struct snapshot *s, *t;
	_cleanup_free_ char *ab = NULL, *ba = NULL;
	struct stats *stats;
	int i, key;

	fixture_init(&f);
	fixture_init(&g);
	for (i = 0; i < 4; i++) {
		fixture_alloc(&f, 1, i, i, 5, stacks[i]);
		fixture_alloc(&g, 1, 3 - i, 3 - i, 5, stacks[3 - i]);
	}
	s = fixture_snapshot(&f, "s");
	t = fixture_snapshot(&g, "t");
	for (key = 0; key < NUM_KEYS; key++) {
		struct stats_options options = {.key = key};

		ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
		ab = rows_text(stats, false);
		stats_destroy(stats);
		ck_ok(stats_snapshot(t, &options, SORT_DEFAULT, &g.resolver, &stats));
		ba = rows_text(stats, false);
		stats_destroy(stats);
		ck_assert_str_eq(ab, ba);
		free(no_cleanup_ptr(ab));
		free(no_cleanup_ptr(ba));
	}
	snapshot_destroy(s);
	snapshot_destroy(t);
	fixture_deinit(&f);
	fixture_deinit(&g);

#test O1_O2_many_rows
	struct fixture f;
	struct snapshot *s1, *s2;
	struct stats *stats;
	uint64_t state = 7;
	size_t i;

	fixture_init(&f);
	varied_allocs(&f, &state, 3000);
	s1 = fixture_snapshot(&f, "s1");
	random_frees(&f, &state, 1000);
	varied_allocs(&f, &state, 1000);
	s2 = fixture_snapshot(&f, "s2");
	ck_ok(stats_snapshot(s1, &by_traceback, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_gt(stats->num_rows, 1000);
	for (i = 1; i < stats->num_rows; i++)
		ck_assert(is_in_order(&stats->rows[i - 1], &stats->rows[i]));
	stats_destroy(stats);
	ck_ok(stats_diff(s1, s2, &by_traceback, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_gt(stats->num_rows, 1000);
	for (i = 1; i < stats->num_rows; i++)
		ck_assert(is_in_order(&stats->rows[i - 1], &stats->rows[i]));
	stats_destroy(stats);
	ck_ok(stats_diff(s1, s2, &by_traceback, SORT_GROWTH, &f.resolver, &stats));
	for (i = 1; i < stats->num_rows; i++)
		ck_assert_int_ge(stats->rows[i - 1].size_diff, stats->rows[i].size_diff);
	stats_destroy(stats);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test the_first_rows_alone
	static const size_t limits[] = {1, 2, 10, 300, 1500, 100000};
	struct fixture f;
	struct snapshot *s1, *s2;
	uint64_t state = 11;
	int sort;
	size_t i;

	fixture_init(&f);
	varied_allocs(&f, &state, 2000);
	s1 = fixture_snapshot(&f, "s1");
	random_frees(&f, &state, 500);
	varied_allocs(&f, &state, 500);
	s2 = fixture_snapshot(&f, "s2");
	for (sort = SORT_DEFAULT; sort <= SORT_SHRINK; sort++)
		for (i = 0; i < sizeof(limits) / sizeof(*limits); i++)
			check_limited(&f, s1, s2, sort, limits[i]);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test only_what_changed
	struct stats_options options = {.key = KEY_LINENO, .want_changed = true};
	struct fixture f;
	struct snapshot *s1, *s2;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "same.c:1");
	fixture_alloc(&f, 2, 0, 1, 5, "count.c:1");
	fixture_alloc(&f, 1, 0, 1, 7, "size.c:1");
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "same.c:1");
	fixture_alloc(&f, 1, 0, 1, 10, "count.c:1");
	fixture_alloc(&f, 1, 0, 1, 8, "size.c:1");
	s2 = fixture_snapshot(&f, "s2");
	check_diff_by(&f, s1, s2, options, SORT_DEFAULT,
		      "size.c:1 8(+1) 1(+0); count.c:1 10(+0) 1(-1)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test other_orders
	struct fixture f;
	struct snapshot *s1, *s2;

	fixture_init(&f);
	heap_free(f.heap, fixture_alloc(&f, 1, 0, 1, 5000, "gone.c:1"));
	fixture_alloc(&f, 9, 0, 1, 1, "many.c:1");
	fixture_alloc(&f, 1, 0, 1, 100, "big.c:1");
	s1 = fixture_snapshot(&f, "s1");
	check_top_by(&f, s1, by_lineno, SORT_DEFAULT, "big.c:1 100/1; many.c:1 9/9");
	check_top_by(&f, s1, by_lineno, SORT_COUNT, "many.c:1 9/9; big.c:1 100/1");
	check_top_by(&f, s1, by_lineno, SORT_ALLOCATED, "gone.c:1 0/0; big.c:1 100/1; many.c:1 9/9");
	check_top_by(&f, s1, by_lineno, SORT_CALLS, "many.c:1 9/9; big.c:1 100/1; gone.c:1 0/0");
	check_top_by(&f, s1, by_lineno, SORT_GROWTH, "big.c:1 100/1; many.c:1 9/9");
	fixture_free_all(&f);
	fixture_alloc(&f, 1, 0, 1, 40, "gone.c:1");
	fixture_alloc(&f, 9, 0, 1, 1, "many.c:1");
	s2 = fixture_snapshot(&f, "s2");
	check_diff_by(&f, s1, s2, by_lineno, SORT_DEFAULT,
		      "big.c:1 0(-100) 0(-1); gone.c:1 40(+40) 1(+1); many.c:1 9(+0) 9(+0)");
	check_diff_by(&f, s1, s2, by_lineno, SORT_GROWTH,
		      "gone.c:1 40(+40) 1(+1); many.c:1 9(+0) 9(+0); big.c:1 0(-100) 0(-1)");
	check_diff_by(&f, s1, s2, by_lineno, SORT_SHRINK,
		      "big.c:1 0(-100) 0(-1); many.c:1 9(+0) 9(+0); gone.c:1 40(+40) 1(+1)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#tcase group

#test G1_keys
	enum group_key key;
	int i;

	for (i = 0; i < NUM_KEYS; i++) {
		ck_ok(group_key_parse(group_key_names[i], &key));
		ck_assert_int_eq(key, i);
	}
	key = KEY_MODULE;
	ck_err(group_key_parse("foo", &key), ERR_USAGE, "unknown key_type: 'foo'; there are ");
	// The remedy leaves none out.
	for (i = 0; i < NUM_KEYS; i++)
		ck_err(group_key_parse("foo", &key), ERR_USAGE, group_key_names[i]);
	ck_err(group_key_parse("", &key), ERR_USAGE, "unknown key_type: ''");
	ck_err(group_key_parse("line", &key), ERR_USAGE, "unknown key_type: 'line'");
	ck_assert_int_eq(key, KEY_MODULE);

#test G1_newest_frame
	struct fixture f;

	fixture_init(&f);
	fixture_s1(&f);
	check_now(&f, by_traceback, "b.py:1 66/1; a.py:2 30/3; <unknown>:0 7/1; a.py:5 2/1");
	fixture_deinit(&f);

#test G2_domains_and_threads_merge
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:1 b.c:1");
	fixture_alloc(&f, 1, 7, 2, 20, "a.c:1 b.c:1");
	check_now(&f, by_lineno, "a.c:1 30/2");
	check_now(&f, by_traceback, "a.c:1 30/2");
	fixture_deinit(&f);

#test G2_total_nframe_is_not_part_of_the_key
	struct fixture f;
	uint64_t frames[2];
	uint32_t id;

	fixture_init(&f);
	frames[0] = fixture_frame(&f, "a.c:1");
	frames[1] = fixture_frame(&f, "b.c:1");
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 2, 2, 0, &id));
	ck_ok(heap_alloc(f.heap, 16, 1, id, 0, 1));
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 2, 9, 0, &id));
	ck_ok(heap_alloc(f.heap, 32, 2, id, 0, 1));
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 2, 2, STACK_TRUNCATED, &id));
	ck_ok(heap_alloc(f.heap, 48, 4, id, 0, 1));
	check_now(&f, by_traceback, "a.c:1 7/3");
	fixture_deinit(&f);

#test G2_same_lines_at_other_addresses_merge
	// Two call sites on one line, and one that is inlined: for tracemalloc there is but the line.
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 1, "a.c:1@f b.c:1");
	fixture_alloc(&f, 1, 0, 1, 2, "a.c:1@g b.c:1");
	fixture_alloc(&f, 1, 0, 1, 4, "a.c:1@f|b.c:1");
	check_now(&f, by_traceback, "a.c:1 7/3");
	check_now(&f, by_lineno, "a.c:1 7/3");
	fixture_deinit(&f);

#test G3_cumulative_keys
	struct fixture f;
	struct snapshot *s;
	struct stats *stats = NULL;
	struct stats_options options = {.key = KEY_TRACEBACK, .is_cumulative = true};

	fixture_init(&f);
	fixture_s1(&f);
	s = fixture_snapshot(&f, "s1");
	ck_err(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_USAGE,
	       "cumulative mode cannot by used with key type 'traceback'");
	ck_err(stats_diff(s, s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_USAGE,
	       "cumulative mode cannot by used with key type 'traceback'");
	options.key = KEY_DOMAIN;
	ck_err(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_USAGE,
	       "'domain'");
	options.key = KEY_THREAD;
	ck_err(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_USAGE,
	       "'thread'");
	ck_assert_ptr_null(stats);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test G4_once_per_trace
	struct fixture f;
	struct stats_options options = {.key = KEY_FILENAME, .is_cumulative = true};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1 a.c:1 a.c:2 m.c:9");
	check_now(&f, options, "m.c 100/1; a.c 100/1");
	options.key = KEY_LINENO;
	check_now(&f, options, "m.c:9 100/1; a.c:2 100/1; a.c:1 100/1");
	fixture_deinit(&f);

#test G4_compat_counts_recursion
	struct fixture f;
	struct stats_options options = {
		.key = KEY_FILENAME, .is_cumulative = true, .is_compat = true};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1 a.c:1 a.c:2 m.c:9");
	check_now(&f, options, "a.c:0 300/3; m.c:0 100/1");
	options.key = KEY_LINENO;
	check_now(&f, options, "a.c:1 200/2; m.c:9 100/1; a.c:2 100/1");
	fixture_deinit(&f);

#test G4_fixture
	struct fixture f;
	struct stats_options options = {.key = KEY_FILENAME, .is_cumulative = true};

	fixture_init(&f);
	fixture_s1(&f);
	check_now(&f, options, "b.py 98/5; a.py 32/4; <unknown> 7/1");
	options.key = KEY_LINENO;
	check_now(&f, options, "b.py:1 66/1; b.py:4 32/4; a.py:2 30/3; <unknown>:0 7/1; a.py:5 2/1");
	fixture_deinit(&f);

#test G4_two_traces_of_one_group_both_count
	// The same stack in two threads, one after the other in the table.
	struct fixture f;
	struct stats_options options = {.key = KEY_FILENAME, .is_cumulative = true};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1 a.c:2");
	fixture_alloc(&f, 1, 0, 2, 100, "a.c:1 a.c:2");
	check_now(&f, options, "a.c 200/2");
	fixture_deinit(&f);

#test G5_fixture
	struct fixture f;

	fixture_init(&f);
	fixture_s1(&f);
	check_now(&f, by_lineno, "b.py:1 66/1; a.py:2 30/3; <unknown>:0 7/1; a.py:5 2/1");
	check_now(&f, by_filename, "b.py 66/1; a.py 32/4; <unknown> 7/1");
	fixture_deinit(&f);

#test domain_and_thread
	struct fixture f;

	fixture_init(&f);
	fixture_s1(&f);
	fixture_alloc(&f, 1, 4, 77, 1000, "a.c:1");
	check_now(&f, (struct stats_options){.key = KEY_DOMAIN},
		  "domain 4 1000/1; new[] 66/1; malloc 30/3; mmap 7/1; new 2/1");
	check_now(&f, (struct stats_options){.key = KEY_THREAD}, "thread 77 1000/1; thread 1 105/6");
	fixture_deinit(&f);

#test function_and_module
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 64, "a.c:1@f@/lib/libx.so.1");
	fixture_alloc(&f, 1, 0, 1, 32, "a.c:2@f@/lib/libx.so.1");
	fixture_alloc(&f, 1, 0, 1, 16, "a.c:1@f@/lib/liby.so");
	fixture_alloc(&f, 1, 0, 1, 8, "=liby.so(g+0x10)@g@/lib/liby.so");
	fixture_alloc(&f, 1, 0, 1, 4, "=liby.so(+0x99)@@/lib/liby.so");
	fixture_alloc(&f, 1, 0, 1, 2, "z.c:1@lone");
	fixture_alloc(&f, 1, 0, 1, 1, "<unknown>");
	check_now(&f, by_function,
		  "f (libx.so.1) 96/2; f (liby.so) 16/1; g (liby.so) 8/1; liby.so(+0x99) 4/1; "
		  "lone 2/1; <unknown> 1/1");
	check_now(&f, by_module, "/lib/libx.so.1 96/2; /lib/liby.so 28/3; <unknown> 3/2");
	fixture_deinit(&f);

#test no_line_information
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 8, "=libz.so(g+0x10)@g@/lib/libz.so");
	fixture_alloc(&f, 1, 0, 1, 4, "=libz.so(+0x99)@@/lib/libz.so");
	fixture_alloc(&f, 1, 0, 1, 2, "<unknown>");
	fixture_alloc(&f, 1, 0, 1, 1, "a.c:0");
	check_now(&f, by_lineno, "libz.so(g+0x10) 8/1; libz.so(+0x99) 4/1; <unknown>:0 2/1; a.c:0 1/1");
	check_now(&f, by_traceback,
		  "libz.so(g+0x10) 8/1; libz.so(+0x99) 4/1; <unknown>:0 2/1; a.c:0 1/1");
	check_now(&f, by_filename, "/lib/libz.so 12/2; <unknown> 2/1; a.c 1/1");
	fixture_deinit(&f);

#test F4_filename_rows
	struct fixture f;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 1, "a.c:5");
	check_now(&f, by_filename, "a.c 1/1");
	check_now(&f, (struct stats_options){.key = KEY_FILENAME, .is_compat = true}, "a.c:0 1/1");
	fixture_deinit(&f);

#test F5_traceback_rows
	struct fixture f;
	struct stats_options options = {.key = KEY_TRACEBACK};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 1, "!new.h:1 a.c:5 main.c:12");
	check_now(&f, options, "a.c:5 1/1");
	options.want_all = true;
	check_now(&f, options, "new.h:1 1/1");
	options.is_compat = true;
	check_now(&f, options, "main.c:12 1/1");
	fixture_deinit(&f);

#test plumbing_is_skipped
	struct fixture f;
	struct stats_options options = {.key = KEY_LINENO};

	fixture_init(&f);
	// Whole frames, inlined locations, and a stack of nothing else.
	fixture_alloc(&f, 1, 0, 1, 8, "!=libstdc++.so(operator_new+0x1) !alloc.h:9 a.c:5 main.c:12");
	fixture_alloc(&f, 1, 0, 1, 4, "!vector.h:1|!vector.h:2|b.c:7@g main.c:12");
	fixture_alloc(&f, 1, 0, 1, 2, "!strdup.c:1 !xstrdup.c:2");
	check_now(&f, options, "a.c:5 8/1; b.c:7 4/1; strdup.c:1 2/1");
	options.key = KEY_FILENAME;
	check_now(&f, options, "a.c 8/1; b.c 4/1; strdup.c 2/1");
	options.key = KEY_TRACEBACK;
	check_now(&f, options, "a.c:5 8/1; b.c:7 4/1; strdup.c:1 2/1");
	options.key = KEY_LINENO;
	options.want_all = true;
	check_now(&f, options, "libstdc++.so(operator_new+0x1) 8/1; vector.h:1 4/1; strdup.c:1 2/1");
	fixture_deinit(&f);

#test compat_knows_no_plumbing
	struct fixture f;
	struct stats_options options = {.key = KEY_LINENO, .is_compat = true};

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 8, "!new.h:9 a.c:5 main.c:12");
	check_now(&f, options, "new.h:9 8/1");
	options.key = KEY_FILENAME;
	check_now(&f, options, "new.h:0 8/1");
	fixture_deinit(&f);

#test what_a_row_carries
	struct fixture f;
	struct stats_options options = {.key = KEY_TRACEBACK};
	struct snapshot *s;
	struct stats *stats;
	const struct location *locations;
	struct stack stack;
	size_t num;

	fixture_init(&f);
	heap_free(f.heap, fixture_alloc(&f, 1, 0, 1, 1000, "a.c:1|b.c:2 main.c:3"));
	fixture_alloc(&f, 2, 0, 1, 10, "a.c:1|b.c:2 main.c:3");
	fixture_alloc(&f, 1, 0, 1, 3, "z.c:1");
	s = fixture_snapshot(&f, "s");
	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
	// The result outlives the snapshot.
	snapshot_destroy(s);
	ck_assert_int_eq(stats->key, KEY_TRACEBACK);
	ck_assert_uint_eq(stats->num_rows, 2);
	ck_assert_uint_eq(stats->total_size, 23);
	ck_assert_uint_eq(stats->total_count, 3);
	ck_assert_int_eq(stats->total_size_diff, 0);
	ck_assert_uint_eq(stats->rows[0].total_size, 1020);
	ck_assert_uint_eq(stats->rows[0].total_count, 3);
	ck_assert_int_eq(stats->rows[0].size_diff, 0);
	ck_assert_ptr_null(stats->rows[0].group.location);
	stack = stacks_get(heap_stacks(f.heap), stats->rows[0].group.example_stack);
	ck_assert_uint_eq(stack.num_frames, 2);
	ck_ok(stats_traceback(stats, 0, &locations, &num));
	ck_assert_uint_eq(num, 3);
	ck_assert_str_eq(strtab_get(f.strings, locations[0].file), "a.c");
	ck_assert_str_eq(strtab_get(f.strings, locations[1].file), "b.c");
	ck_assert_uint_eq(locations[2].line, 3);
	stats_destroy(stats);
	stats_destroy(NULL);
	fixture_deinit(&f);

#test example_stack_has_most_bytes
	struct fixture f;
	struct stats_options options = {.key = KEY_FILENAME};
	struct snapshot *s1, *s2;
	struct stats *stats;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 5, "a.c:1");
	fixture_alloc(&f, 1, 0, 1, 50, "a.c:2");
	fixture_alloc(&f, 1, 0, 1, 6, "a.c:3");
	s1 = fixture_snapshot(&f, "s1");
	ck_ok(stats_snapshot(s1, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->rows[0].group.example_stack, fixture_stack(&f, "a.c:2"));
	ck_assert_str_eq(strtab_get(f.strings, stats->rows[0].group.location->file), "a.c");
	ck_assert_uint_eq(stats->rows[0].group.location->line, 0);
	stats_destroy(stats);
	fixture_free_all(&f);
	s2 = fixture_snapshot(&f, "s2");
	// All gone: the one that had most.
	ck_ok(stats_diff(s1, s2, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->rows[0].group.example_stack, fixture_stack(&f, "a.c:2"));
	stats_destroy(stats);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test each_frame_is_resolved_once
	struct fixture f;
	struct snapshot *s;
	struct stats *stats;
	int i;

	fixture_init(&f);
	for (i = 0; i < 50; i++) {
		char text[64];

		snprintf(text, sizeof(text), "a.c:%d b.c:1 main.c:1", i);
		fixture_alloc(&f, 1, 0, i, 1, text);
		fixture_alloc(&f, 1, 1, i, 1, text);
	}
	s = fixture_snapshot(&f, "s");
	f.num_resolved = 0;
	ck_ok(stats_snapshot(s, &by_traceback, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(f.num_resolved, 52);
	stats_destroy(stats);
	f.num_resolved = 0;
	ck_ok(stats_snapshot(s, &by_lineno, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(f.num_resolved, 50);
	stats_destroy(stats);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test resolver_error_comes_through
	struct fixture f;
	struct snapshot *s;
	struct stats *stats = NULL;
	int key;

	fixture_init(&f);
	fixture_s1(&f);
	s = fixture_snapshot(&f, "s");
	f.is_broken = true;
	for (key = 0; key < KEY_DOMAIN; key++) {
		struct stats_options options = {.key = key};

		ck_err(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_FORMAT,
		       "broken");
	}
	ck_assert_ptr_null(stats);
	snapshot_destroy(s);
	fixture_deinit(&f);

#tcase compare

#test C1_C2_C3_C4_kinds_of_rows
	struct fixture f;
	struct snapshot *s1, *s2;
	uint64_t gone;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "both.c:1");
	gone = fixture_alloc(&f, 1, 0, 1, 7, "old.c:1");
	fixture_alloc(&f, 1, 0, 1, 3, "same.c:1");
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 1, 0, 1, 5, "both.c:1");
	fixture_alloc(&f, 1, 0, 1, 20, "new.c:1");
	ck_assert(heap_free(f.heap, gone));
	// Came and went in between: in neither.
	heap_free(f.heap, fixture_alloc(&f, 1, 0, 1, 999, "between.c:1"));
	s2 = fixture_snapshot(&f, "s2");
	check_diff(&f, s1, s2, KEY_LINENO,
		   "new.c:1 20(+20) 1(+1); old.c:1 0(-7) 0(-1); both.c:1 15(+5) 2(+1); "
		   "same.c:1 3(+0) 1(+0)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test C5_fixture
	struct fixture f;
	struct snapshot *s1, *s2;

	fixture_init(&f);
	fixture_s1(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_s2(&f);
	s2 = fixture_snapshot(&f, "s2");
	check_diff(&f, s1, s2, KEY_LINENO,
		   "a.py:5 5002(+5000) 2(+1); c.py:578 400(+400) 1(+1); b.py:1 0(-66) 0(-1); "
		   "<unknown>:0 0(-7) 0(-1); a.py:2 30(+0) 3(+0)");
	check_diff(&f, s1, s2, KEY_FILENAME,
		   "a.py 5032(+5000) 5(+1); c.py 400(+400) 1(+1); b.py 0(-66) 0(-1); "
		   "<unknown> 0(-7) 0(-1)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test C6_cumulative_on_both_sides
	struct fixture f;
	struct snapshot *s1, *s2;

	fixture_init(&f);
	fixture_s1(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_s2(&f);
	s2 = fixture_snapshot(&f, "s2");
	check_diff_by(&f, s1, s2,
		      (struct stats_options){.key = KEY_FILENAME, .is_cumulative = true},
		      SORT_DEFAULT,
		      "a.py 5032(+5000) 5(+1); b.py 5032(+4934) 5(+0); c.py 400(+400) 1(+1); "
		      "<unknown> 0(-7) 0(-1)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test C7_different_frame_limits
	struct fixture f;
	struct snapshot *s1, *s2;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:1");
	s1 = fixture_snapshot(&f, "s1");
	s1->nframe = 1;
	fixture_free_all(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:1 main.c:1");
	s2 = fixture_snapshot(&f, "s2");
	s2->nframe = 2;
	check_diff(&f, s1, s2, KEY_LINENO, "a.c:1 10(+0) 1(+0)");
	check_diff(&f, s1, s2, KEY_TRACEBACK, "a.c:1 10(+10) 1(+1); a.c:1 0(-10) 0(-1)");
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test C8_same_and_empty
	struct fixture f;
	struct snapshot *none, *s1;

	fixture_init(&f);
	none = fixture_snapshot(&f, "none");
	fixture_s1(&f);
	s1 = fixture_snapshot(&f, "s1");
	check_diff(&f, s1, s1, KEY_LINENO,
		   "b.py:1 66(+0) 1(+0); a.py:2 30(+0) 3(+0); <unknown>:0 7(+0) 1(+0); "
		   "a.py:5 2(+0) 1(+0)");
	check_diff(&f, none, s1, KEY_LINENO,
		   "b.py:1 66(+66) 1(+1); a.py:2 30(+30) 3(+3); <unknown>:0 7(+7) 1(+1); "
		   "a.py:5 2(+2) 1(+1)");
	check_diff(&f, s1, none, KEY_LINENO,
		   "b.py:1 0(-66) 0(-1); a.py:2 0(-30) 0(-3); <unknown>:0 0(-7) 0(-1); "
		   "a.py:5 0(-2) 0(-1)");
	check_diff(&f, none, none, KEY_LINENO, "");
	snapshot_destroy(none);
	snapshot_destroy(s1);
	fixture_deinit(&f);

#test C9_sums
	struct fixture f;
	struct snapshot *s1, *s2;
	uint64_t state = 5;
	int round, key;

	fixture_init(&f);
	random_allocs(&f, &state, 200);
	s1 = fixture_snapshot(&f, "s1");
	for (round = 0; round < 10; round++) {
		random_allocs(&f, &state, test_random(&state) % 100);
		random_frees(&f, &state, 100);
		s2 = fixture_snapshot(&f, "s2");
		for (key = 0; key < NUM_KEYS; key++) {
			struct stats_options options = {.key = key};
			int64_t size_diff = 0, count_diff = 0;
			uint64_t size = 0;
			struct stats *stats;
			size_t i;

			ck_ok(stats_diff(s1, s2, &options, SORT_DEFAULT, &f.resolver, &stats));
			for (i = 0; i < stats->num_rows; i++) {
				size += stats->rows[i].size;
				size_diff += stats->rows[i].size_diff;
				count_diff += stats->rows[i].count_diff;
			}
			ck_assert_uint_eq(size, s2->totals.live_bytes);
			ck_assert_int_eq(size_diff, (int64_t)(s2->totals.live_bytes -
							      s1->totals.live_bytes));
			ck_assert_int_eq(count_diff, (int64_t)(s2->totals.live_blocks -
							       s1->totals.live_blocks));
			ck_assert_uint_eq(stats->total_size, s2->totals.live_bytes);
			ck_assert_int_eq(stats->total_size_diff, size_diff);
			ck_assert_int_eq(stats->total_count_diff, count_diff);
			stats_destroy(stats);
		}
		snapshot_destroy(s1);
		s1 = s2;
	}
	snapshot_destroy(s1);
	fixture_deinit(&f);

#test C10_operands_are_not_modified
	struct fixture f;
	struct snapshot *s1, *s2;
	struct snapshot_site *copy1, *copy2;
	struct stats *stats;

	fixture_init(&f);
	fixture_s1(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_s2(&f);
	s2 = fixture_snapshot(&f, "s2");
	copy1 = malloc(s1->num_sites * sizeof(*copy1));
	memcpy(copy1, s1->sites, s1->num_sites * sizeof(*copy1));
	copy2 = malloc(s2->num_sites * sizeof(*copy2));
	memcpy(copy2, s2->sites, s2->num_sites * sizeof(*copy2));
	ck_ok(stats_diff(s1, s2, &by_traceback, SORT_DEFAULT, &f.resolver, &stats));
	stats_destroy(stats);
	// Tracing goes on or is over: a comparison does not look at the heap's counters.
	heap_clear(f.heap);
	ck_ok(stats_diff(s1, s2, &by_lineno, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->num_rows, 5);
	ck_assert_int_eq(stats->total_size_diff, 5432 - 105);
	stats_destroy(stats);
	ck_assert_mem_eq(copy1, s1->sites, s1->num_sites * sizeof(*copy1));
	ck_assert_mem_eq(copy2, s2->sites, s2->num_sites * sizeof(*copy2));
	free(copy1);
	free(copy2);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);
