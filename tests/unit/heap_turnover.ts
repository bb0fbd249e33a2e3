// SPDX-License-Identifier: GPL-3.0-or-later
/** Older blocks in statistics, comparisons, growth and gate. */
#include "heap/filter.h"
#include "heap/gate.h"
#include "heap/growth.h"
#include "heap_fixture.h"

static void free_older(struct fixture *f, unsigned num, uint64_t usable, uint64_t low)
{
	while (num-- > 0)
		ck_ok(heap_free_older(f->heap, usable, low));
}

/** Allocations whose usable size is known. */
static uint64_t alloc(struct fixture *f, unsigned num, uint64_t size, uint64_t usable, const char *stack)
{
	uint64_t addr = fixture_alloc(f, num, DOMAIN_MALLOC, 1, size, stack);

	while (num-- > 0)
		ck_ok(heap_note_usable(f->heap, size, usable, usable - 15));
	return addr;
}

/** "LABEL SIZE/COUNT; ..." or "LABEL SIZE(+DIFF) COUNT(+DIFF); ..." and the totals. Freed by the caller. */
static char *text_of(const struct stats *stats, bool is_diff)
{
	char *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	for (i = 0; i < stats->num_rows; i++) {
		const struct stat_row *row = &stats->rows[i];

		ck_assert_int_eq(row->group.is_older, strcmp(row->group.label, OLDER_LABEL) == 0);
		ck_assert(!row->group.is_older || !row->group.location);
		if (is_diff)
			fprintf(out, "%s %ld(%+ld) %ld(%+ld); ", row->group.label, row->size, row->size_diff,
				row->count, row->count_diff);
		else
			fprintf(out, "%s %ld/%ld; ", row->group.label, row->size, row->count);
	}
	if (is_diff)
		fprintf(out, "total %+ld/%+ld", stats->total_size_diff, stats->total_count_diff);
	else
		fprintf(out, "total %ld/%ld", stats->total_size, stats->total_count);
	fclose(out);
	return text;
}

static void check_diff_by(struct fixture *f, const struct snapshot *a, const struct snapshot *b,
			  struct stats_options options, enum stats_sort sort, const char *expected)
{
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_free_ char *text = NULL;

	ck_ok(stats_diff(a, b, &options, sort, &f->resolver, &stats));
	ck_assert(stats->want_older);
	text = text_of(stats, true);
	ck_assert_str_eq(text, expected);
}

static void check_diff(struct fixture *f, const struct snapshot *a, const struct snapshot *b,
		       struct stats_options options, const char *expected)
{
	check_diff_by(f, a, b, options, SORT_DEFAULT, expected);
}

static void check_top(struct fixture *f, const struct snapshot *s, struct stats_options options,
		      const char *expected)
{
	_cleanup_stats_ struct stats *stats = NULL;
	_cleanup_free_ char *text = NULL;

	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f->resolver, &stats));
	ck_assert_int_eq(stats->want_older, options.want_all);
	text = text_of(stats, false);
	ck_assert_str_eq(text, expected);
}

/** A cache of 2000 blocks of 1000 B, whose blocks are replaced in turn; *a, *b: before and after. */
static void replace_cache(struct fixture *f, struct snapshot **a, struct snapshot **b)
{
	unsigned i;

	fixture_init(f);
	alloc(f, 10, 500, 504, "other.c:1@f@/bin/p");
	*a = fixture_snapshot(f, "a");
	for (i = 0; i < 2000; i++) {
		free_older(f, 1, 1016, 1001);
		alloc(f, 1, 1000, 1016, "cache.c:7@replace@/bin/p");
	}
	*b = fixture_snapshot(f, "b");
}

static void end(struct fixture *f, struct snapshot *a, struct snapshot *b)
{
	snapshot_destroy(a);
	snapshot_destroy(b);
	fixture_deinit(f);
}

/** Compare two snapshots through one filter of this text. */
static void check_filtered(struct fixture *f, const struct snapshot *a, const struct snapshot *b,
			   const char *filter_text, bool want_all_frames, const char *domain,
			   const char *expected)
{
	struct filters filters = {0};
	struct stats_options options = {.filters = &filters};
	_cleanup_filter_ struct filter filter = {0};

	ck_ok(filter_parse(filter_text, want_all_frames, domain, &filter));
	ck_ok(filters_add(&filters, &filter));
	check_diff(f, a, b, options, expected);
	filters_clear(&filters);
}

#suite heap_turnover

#tcase rows

#test constant_cache_is_zero_under_any_key
	struct fixture f;
	struct snapshot *a, *b;
	static const char *const rows[NUM_KEYS] = {
		[KEY_LINENO] = "cache.c:7",  [KEY_FILENAME] = "cache.c", [KEY_FUNCTION] = "replace (p)",
		[KEY_MODULE] = "/bin/p",     [KEY_TRACEBACK] = "cache.c:7", [KEY_DOMAIN] = "malloc",
		[KEY_THREAD] = "thread 1",
	};
	enum group_key key;

	replace_cache(&f, &a, &b);
	for (key = 0; key < NUM_KEYS; key++) {
		struct stats_options options = {.key = key, .want_changed = true};
		_cleanup_free_ char *expected = NULL;
		bool is_own = key != KEY_MODULE && key != KEY_DOMAIN && key != KEY_THREAD;
		int num = is_own ? 2000000 : 2005000;

		ck_assert_int_gt(asprintf(&expected,
					  "%s %d(+2000000) %d(+2000); "
					  "<before attach> -2000000(-2000000) -2000(-2000); total +0/+0",
					  rows[key], num, is_own ? 2000 : 2010),
				 0);
		check_diff(&f, a, b, options, expected);
		options.is_compat = true;
		if (key != KEY_FILENAME)
			check_diff(&f, a, b, options, expected);
		options.is_cumulative = true;
		if (key == KEY_LINENO || key == KEY_FUNCTION || key == KEY_MODULE)
			check_diff(&f, a, b, options, expected);
	}
	end(&f, a, b);

#test only_all_shows_it_in_a_top
	struct fixture f;
	struct snapshot *a, *b;

	replace_cache(&f, &a, &b);
	check_top(&f, b, (struct stats_options){0}, "cache.c:7 2000000/2000; other.c:1 5000/10; total 2005000/2010");
	check_top(&f, b, (struct stats_options){.want_all = true},
		  "cache.c:7 2000000/2000; other.c:1 5000/10; <before attach> -2000000/-2000; total 5000/10");
	check_top(&f, b, (struct stats_options){.is_compat = true},
		  "cache.c:7 2000000/2000; other.c:1 5000/10; total 2005000/2010");
	// Nothing was freed.
	check_top(&f, a, (struct stats_options){.want_all = true}, "other.c:1 5000/10; total 5000/10");
	end(&f, a, b);

#test mixed_classes
	struct fixture f;
	struct snapshot *a, *b;

	fixture_init(&f);
	alloc(&f, 5, 20, 24, "a.c:1");
	alloc(&f, 5, 10, 24, "a.c:2");
	a = fixture_snapshot(&f, "a");
	free_older(&f, 4, 24, 0);
	free_older(&f, 3, 1016, 1001);
	free_older(&f, 2, 0, 0);
	b = fixture_snapshot(&f, "b");
	// 4 * 15; 3 * 1008.5, rounded up.
	check_diff(&f, a, b, (struct stats_options){0},
		   "<before attach> -3086(-3086) -9(-9); a.c:1 100(+0) 5(+0); a.c:2 50(+0) 5(+0); total -3086/-9");
	ck_assert_uint_eq(b->totals.older_frees, 9);
	ck_assert_uint_eq(b->totals.older_unsized, 2);
	end(&f, a, b);

#test snapshots_do_not_change_and_have_one_mean
	struct fixture f;
	struct snapshot *a, *b, *c;

	fixture_init(&f);
	alloc(&f, 1, 100, 104, "a.c:1");
	free_older(&f, 10, 104, 89);
	a = fixture_snapshot(&f, "a");
	b = fixture_snapshot(&f, "b");
	alloc(&f, 1, 90, 104, "a.c:1");
	c = fixture_snapshot(&f, "c");
	check_diff(&f, a, b, (struct stats_options){0},
		   "a.c:1 100(+0) 1(+0); <before attach> -1000(+0) -10(+0); total +0/+0");
	// By now the mean is 95: for both of them.
	check_diff(&f, a, c, (struct stats_options){0},
		   "a.c:1 190(+90) 2(+1); <before attach> -950(+0) -10(+0); total +90/+1");
	check_diff(&f, c, a, (struct stats_options){0},
		   "a.c:1 100(-90) 1(-1); <before attach> -950(+0) -10(+0); total -90/-1");
	heap_clear(f.heap);
	check_diff(&f, a, b, (struct stats_options){.want_changed = true}, "total +0/+0");
	check_top(&f, a, (struct stats_options){.want_all = true},
		  "a.c:1 100/1; <before attach> -1000/-10; total -900/-9");
	snapshot_destroy(b);
	end(&f, a, c);

#test order
	struct fixture f;
	struct snapshot *a, *b;

	fixture_init(&f);
	a = fixture_snapshot(&f, "a");
	fixture_alloc(&f, 1, DOMAIN_MALLOC, 1, 50, "a.c:1");
	fixture_alloc(&f, 1, DOMAIN_MALLOC, 1, 10, "b.c:1");
	free_older(&f, 1, 24, 24);
	b = fixture_snapshot(&f, "b");
	check_diff(&f, a, b, (struct stats_options){0},
		   "a.c:1 50(+50) 1(+1); <before attach> -24(-24) -1(-1); b.c:1 10(+10) 1(+1); total +36/+1");
	check_diff_by(&f, a, b, (struct stats_options){0}, SORT_GROWTH,
		      "a.c:1 50(+50) 1(+1); b.c:1 10(+10) 1(+1); <before attach> -24(-24) -1(-1); total +36/+1");
	check_diff_by(&f, a, b, (struct stats_options){0}, SORT_SHRINK,
		      "<before attach> -24(-24) -1(-1); b.c:1 10(+10) 1(+1); a.c:1 50(+50) 1(+1); total +36/+1");
	// What is not shown is summed up.
	check_diff(&f, a, b, (struct stats_options){.max_rows = 1}, "a.c:1 50(+50) 1(+1); total +36/+1");
	end(&f, a, b);

#test ties_with_blocks_of_no_size
	struct fixture f;
	struct snapshot *a, *b;
	enum group_key key;
	unsigned i;

	fixture_init(&f);
	for (i = 0; i < 5; i++)
		fixture_alloc(&f, 1, DOMAIN_MALLOC, 1, 0, "a.c:1 m.c:2");
	fixture_alloc(&f, 5, DOMAIN_NEW, 2, 0, "b.c:1 m.c:1");
	a = fixture_snapshot(&f, "a");
	fixture_free_all(&f);
	b = fixture_snapshot(&f, "b");
	heap_clear(f.heap);
	free_older(&f, 5, 0, 0);
	snapshot_destroy(a);
	a = fixture_snapshot(&f, "a");
	for (key = 0; key < NUM_KEYS; key++) {
		struct stats_options options = {.key = key};
		_cleanup_stats_ struct stats *stats = NULL;

		ck_ok(stats_diff(a, b, &options, SORT_DEFAULT, &f.resolver, &stats));
		ck_assert_uint_eq(stats->num_rows, 1);
		ck_assert_int_eq(stats->rows[0].count_diff, 5);
	}
	end(&f, a, b);

#test older_row_has_no_traceback
	struct fixture f;
	struct snapshot *a, *b;
	struct stats_options options = {.key = KEY_TRACEBACK, .want_changed = true};
	_cleanup_stats_ struct stats *stats = NULL;
	const struct location *locations;
	size_t num;

	replace_cache(&f, &a, &b);
	ck_ok(stats_diff(a, b, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_ok(stats_traceback(stats, 0, &locations, &num));
	ck_err(stats_traceback(stats, 1, &locations, &num), ERR_NOT_FOUND,
	       "#2, <before attach>, has no traceback");
	ck_ok(stats_check_traceback(stats, 0));
	end(&f, a, b);

#test what_was_freed_in_between
	struct fixture f;
	struct snapshot *a, *b;
	struct stats_options options = {.key = KEY_LINENO};
	_cleanup_stats_ struct stats *stats = NULL;

	fixture_init(&f);
	free_older(&f, 3, 24, 24);
	free_older(&f, 1, 0, 0);
	a = fixture_snapshot(&f, "a");
	free_older(&f, 5, 40, 40);
	free_older(&f, 2, 0, 0);
	b = fixture_snapshot(&f, "b");
	ck_ok(stats_diff(a, b, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_int_eq(stats->older.blocks, 7);
	ck_assert_int_eq(stats->older.unsized, 2);
	ck_assert_int_eq(stats->older.size, 200);
	stats_destroy(stats);
	ck_ok(stats_diff(b, a, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_int_eq(stats->older.blocks, -7);
	ck_assert_int_eq(stats->older.unsized, -2);
	ck_assert_int_eq(stats->older.size, -200);
	end(&f, a, b);

#tcase snapshots

#test peak
	struct fixture f;
	struct snapshot *peak, *b;
	uint64_t addr;

	fixture_init(&f);
	free_older(&f, 1, 24, 24);
	addr = alloc(&f, 1, 100, 104, "a.c:1");
	free_older(&f, 2, 24, 24);
	free_older(&f, 1, 0, 0);
	heap_free(f.heap, addr);
	ck_ok(snapshot_create_peak(f.heap, "peak", &peak));
	b = fixture_snapshot(&f, "b");
	ck_assert_uint_eq(peak->totals.older_frees, 1);
	ck_assert_uint_eq(peak->totals.older_unsized, 0);
	ck_assert_uint_eq(b->totals.older_frees, 4);
	check_diff(&f, peak, b, (struct stats_options){0},
		   "a.c:1 0(-100) 0(-1); <before attach> -72(-48) -4(-3); total -148/-4");
	end(&f, peak, b);

#test since_has_none
	struct fixture f;
	struct snapshot *a, *b;

	fixture_init(&f);
	a = fixture_snapshot(&f, "a");
	free_older(&f, 1, 24, 24);
	fixture_alloc(&f, 1, DOMAIN_MALLOC, 1, 50, "a.c:1");
	ck_ok(snapshot_create_since(f.heap, a->seq, "since", &b));
	ck_assert_uint_eq(b->num_older, 0);
	ck_assert_uint_eq(b->totals.older_frees, 0);
	check_top(&f, b, (struct stats_options){.want_all = true}, "a.c:1 50/1; total 50/1");
	end(&f, a, b);

#test clear
	struct fixture f;
	struct snapshot *a, *b;

	fixture_init(&f);
	free_older(&f, 1, 24, 24);
	heap_clear(f.heap);
	a = fixture_snapshot(&f, "a");
	check_top(&f, a, (struct stats_options){.want_all = true}, "total 0/0");
	// What was traced before is older now.
	free_older(&f, 1, 40, 40);
	b = fixture_snapshot(&f, "b");
	check_diff(&f, a, b, (struct stats_options){0}, "<before attach> -40(-40) -1(-1); total -40/-1");
	end(&f, a, b);

#tcase filters

#test name_of_the_row
	struct fixture f;
	struct snapshot *a, *b;
	static const char cache[] = "cache.c:7 2000000(+2000000) 2000(+2000); total +2000000/+2000";
	static const char older[] = "<before attach> -2000000(-2000000) -2000(-2000); total -2000000/-2000";
	static const char both[] = "cache.c:7 2000000(+2000000) 2000(+2000); "
				   "<before attach> -2000000(-2000000) -2000(-2000); total +0/+0";

	replace_cache(&f, &a, &b);
	check_filtered(&f, a, b, "+*cache.c", false, NULL, cache);
	check_filtered(&f, a, b, "+*cache.c", true, NULL, cache);
	check_filtered(&f, a, b, "-*other.c", false, NULL, both);
	check_filtered(&f, a, b, "-*other.c", true, NULL, both);
	check_filtered(&f, a, b, "+<before attach>", false, NULL, older);
	check_filtered(&f, a, b, "+<before*", true, NULL, older);
	check_filtered(&f, a, b, "-<before attach>", false, NULL,
		       "cache.c:7 2000000(+2000000) 2000(+2000); other.c:1 5000(+0) 10(+0); total +2000000/+2000");
	// It is in no line but that of frames without one, and in no domain.
	check_filtered(&f, a, b, "+<before*:3", false, NULL, "total +0/+0");
	check_filtered(&f, a, b, "+<before*:0", false, NULL, older);
	check_filtered(&f, a, b, "+<before*", false, "malloc", "total +0/+0");
	check_filtered(&f, a, b, "+@malloc", false, NULL,
		       "cache.c:7 2000000(+2000000) 2000(+2000); other.c:1 5000(+0) 10(+0); total +2000000/+2000");
	check_filtered(&f, a, b, "-@malloc", false, NULL, older);
	end(&f, a, b);

#tcase gate

#test gate_is_net
	struct fixture f;
	struct snapshot *a, *b;
	struct stats_options options = {.key = KEY_LINENO};
	struct gate_options gate_options = {.max = 10240};
	struct gate *gate;

	replace_cache(&f, &a, &b);
	ck_ok(gate_check(a, b, &options, &gate_options, &f.resolver, &gate));
	ck_assert(!gate->is_exceeded);
	ck_assert_int_eq(gate->growth, 0);
	ck_assert_int_eq(gate->count_growth, 0);
	ck_assert_int_eq(gate->stats->older.blocks, 2000);
	gate_destroy(gate);
	end(&f, a, b);

#test gate_by_pattern
	struct fixture f;
	struct snapshot *a, *b;
	struct gate_options gate_options = {.max = 10240};
	struct gate *gate;
	enum group_key key;

	replace_cache(&f, &a, &b);
	for (key = 0; key < NUM_KEYS; key++) {
		struct stats_options options = {.key = key};

		// Nothing that could be looked at in its place.
		gate_options.pattern = "no such thing";
		ck_ok(gate_check(a, b, &options, &gate_options, &f.resolver, &gate));
		ck_assert_uint_eq(gate->num_matched, 0);
		gate_destroy(gate);
		gate_options.pattern = "<before*";
		ck_ok(gate_check(a, b, &options, &gate_options, &f.resolver, &gate));
		ck_assert_uint_eq(gate->num_matched, 1);
		ck_assert_int_eq(gate->growth, -2000000);
		gate_destroy(gate);
	}
	gate_options.pattern = "cache.c";
	ck_ok(gate_check(a, b, &(struct stats_options){.key = KEY_FILENAME}, &gate_options, &f.resolver,
			 &gate));
	ck_assert(gate->is_exceeded);
	ck_assert_int_eq(gate->growth, 2000000);
	ck_assert_int_eq(gate->stats->older.blocks, 2000);
	gate_destroy(gate);
	end(&f, a, b);

#tcase growth

#test growth_over_turnover
	struct fixture f;
	struct snapshot *list[3];
	struct growth *growth;
	enum group_key key;
	unsigned i;

	fixture_init(&f);
	for (i = 0; i < 3; i++) {
		list[i] = fixture_snapshot(&f, "s");
		list[i]->time_ns = 1000000000 * i;
		free_older(&f, 10, 1016, 1001);
		alloc(&f, 10, 1000, 1016, "cache.c:7");
	}
	for (key = 0; key < NUM_KEYS; key++) {
		ck_ok(growth_create((const struct snapshot *const *)list, 3, &(struct stats_options){.key = key},
				    &f.resolver, &growth));
		ck_assert_uint_eq(growth->stats->num_rows, 2);
		ck_assert_uint_eq(growth->num_growing, 1);
		ck_assert(growth->stats->rows[1].group.is_older);
		ck_assert_int_eq(growth->stats->rows[1].size, -20000);
		ck_assert_int_eq(growth->stats->rows[1].size_diff, -20000);
		ck_assert_int_eq(growth->stats->rows[1].count_diff, -20);
		ck_assert_uint_eq(growth->trends[1].num_grown, 0);
		ck_assert_uint_eq(growth->trends[1].num_shrunk, 2);
		ck_assert_double_eq_tol(growth->trends[1].per_snapshot, -10000, 1e-6);
		ck_assert_double_eq_tol(growth->trends[1].per_second, -10000, 1e-6);
		ck_assert_int_eq(growth->stats->total_size, 0);
		ck_assert_int_eq(growth->stats->total_size_diff, 0);
		ck_assert_int_eq(growth->stats->total_count_diff, 0);
		ck_assert_int_eq(growth->stats->older.blocks, 20);
		ck_assert_int_eq(growth->stats->older.size, 20000);
		growth_destroy(growth);
	}
	for (i = 0; i < 3; i++)
		snapshot_destroy(list[i]);
	fixture_deinit(&f);

#test growth_without_older_blocks
	struct fixture f;
	struct snapshot *a, *b;
	const struct snapshot *list[2];
	struct growth *growth;

	fixture_init(&f);
	a = fixture_snapshot(&f, "a");
	alloc(&f, 1, 10, 24, "a.c:1");
	b = fixture_snapshot(&f, "b");
	list[0] = a;
	list[1] = b;
	ck_ok(growth_create(list, 2, &(struct stats_options){0}, &f.resolver, &growth));
	ck_assert_uint_eq(growth->stats->num_rows, 1);
	ck_assert_int_eq(growth->stats->older.blocks, 0);
	growth_destroy(growth);
	end(&f, a, b);
