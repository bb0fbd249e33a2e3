// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/text.h"

#include "heap_fixture.h"

#include <limits.h>

/** Text written between out_begin() and out_end(). */
static char *out_text;
static size_t out_size;

static FILE *out_begin(void)
{
	return open_memstream(&out_text, &out_size);
}

static void out_end(FILE *out, const char *expected)
{
	fclose(out);
	ck_assert_str_eq(out_text, expected);
	free(out_text);
}

static struct stat_row make_row(const char *label, uint64_t size, uint64_t count, int64_t size_diff,
				int64_t count_diff)
{
	return (struct stat_row){.group = {.label = label},
				 .size = size,
				 .count = count,
				 .size_diff = size_diff,
				 .count_diff = count_diff};
}

static void check_stat(const char *label, uint64_t size, uint64_t count, const char *expected)
{
	struct stat_row row = make_row(label, size, count, 0, 0);
	FILE *out = out_begin();

	text_stat_row(out, &row);
	out_end(out, expected);
}

static void check_diff(struct stat_row row, const char *expected)
{
	FILE *out = out_begin();

	text_diff_row(out, &row);
	out_end(out, expected);
}

/** The source of every file: line 3 is blank, lines from 100 on do not exist. */
static char *read_line(void *ctx, const char *file, uint32_t line)
{
	char *text;

	++*(unsigned *)ctx;
	if (line >= 100)
		return NULL;
	if (line == 3)
		return strdup(" \t ");
	ck_assert_int_gt(asprintf(&text, "\t  source of %s:%u; \t", file, line), 0);
	return text;
}

/** Locations of "FILE:LINE ..." as in heap_fixture.h, most recent first. */
static void check_traceback(const char *text, struct traceback_options options, bool want_source,
			    const char *expected)
{
	struct fixture f;
	struct location locations[8];
	_cleanup_free_ char *copy = strdup(text);
	unsigned num_read = 0;
	char *part, *save;
	size_t num = 0;
	FILE *out;

	fixture_init(&f);
	for (part = strtok_r(copy, " ", &save); part; part = strtok_r(NULL, " ", &save))
		locations[num++] = fixture_location(&f, part);
	out = out_begin();
	text_traceback(out, locations, num, f.strings, &options, want_source ? read_line : NULL,
		       &num_read);
	out_end(out, expected);
	ck_assert_int_eq(num_read != 0, want_source);
	fixture_deinit(&f);
}

#define A "  File \"a\", line 1\n"
#define B "  File \"b\", line 1\n"
#define C "  File \"c\", line 1\n"

static void check_limit(long limit, bool is_most_recent_first, const char *expected)
{
	struct traceback_options options = {.has_limit = true,
					    .limit = limit,
					    .is_most_recent_first = is_most_recent_first};

	check_traceback("c:1 b:1 a:1", options, false, expected);
}

static struct stats *make_stats(struct fixture *f, const struct snapshot *old_snapshot,
				enum stats_sort sort)
{
	struct stats_options options = {.key = KEY_LINENO};
	struct snapshot *now = fixture_snapshot(f, "now");
	struct stats *stats;

	if (old_snapshot)
		ck_ok(stats_diff(old_snapshot, now, &options, sort, &f->resolver, &stats));
	else
		ck_ok(stats_snapshot(now, &options, sort, &f->resolver, &stats));
	snapshot_destroy(now);
	return stats;
}

#suite report_text

#tcase rows

#test F2_statistic
	check_stat("b.py:1", 66, 1, "b.py:1: size=66 B, count=1, average=66 B");
	check_stat("a.c:1", 15, 2, "a.c:1: size=15 B, count=2, average=8 B");
	check_stat("z.c:1", 0, 1, "z.c:1: size=0 B, count=1, average=0 B");
	check_stat("z.c:1", 0, 0, "z.c:1: size=0 B, count=0");
	check_stat("/src/leaky.c:12", 10240000, 10000,
		   "/src/leaky.c:12: size=10000 KiB, count=10000, average=1024 B");

#test F3_difference
	check_diff(make_row("a.py:5", 5002, 2, 5000, 1),
		   "a.py:5: size=5002 B (+5000 B), count=2 (+1), average=2501 B");
	check_diff(make_row("b.c:1", 0, 0, -100, -2), "b.c:1: size=0 B (-100 B), count=0 (-2)");
	check_diff(make_row("g.c:1", 30, 1, 0, 0),
		   "g.c:1: size=30 B (+0 B), count=1 (+0), average=30 B");

#test older_blocks_are_negative
	struct stat_row row = make_row("<before attach>", -10240, -10, -10240, -10);
	FILE *out = out_begin();

	check_diff(row, "<before attach>: size=-10.0 KiB (-10.0 KiB), count=-10 (-10), average=1024 B");
	text_stat_row(out, &row);
	out_end(out, "<before attach>: size=-10.0 KiB, count=-10, average=1024 B");
	check_diff(make_row("<before attach>", 0, -2, 0, -2),
		   "<before attach>: size=0 B (+0 B), count=-2 (-2), average=0 B");

#test older_note
	static const struct {
		struct stats_older older;
		const char *text;
	} cases[] = {
		{{0, 0, 0}, ""},
		{{40008, 0, 9 << 20},
		 "# 40008 blocks from before attach were freed in between, about 9216 KiB: their sizes are "
		 "estimated\n"},
		{{1, 0, 100},
		 "# 1 block from before attach was freed in between, about 100 B: its size is estimated\n"},
		{{10, 3, 700},
		 "# 10 blocks from before attach were freed in between, about 700 B: their sizes are estimated; "
		 "3 of them without a known size count 0 bytes\n"},
		{{2, 1, 7},
		 "# 2 blocks from before attach were freed in between, about 7 B: their sizes are estimated; "
		 "1 of them without a known size counts 0 bytes\n"},
		{{5, 5, 0},
		 "# 5 blocks from before attach were freed in between: their sizes are not known and count 0 "
		 "bytes\n"},
		{{1, 1, 0},
		 "# 1 block from before attach was freed in between: its size is not known and counts 0 bytes\n"},
		// The newer one before the older one.
		{{-10, -3, -700},
		 "# 10 blocks from before attach were freed in between, about 700 B: their sizes are estimated; "
		 "3 of them without a known size count 0 bytes\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct stats stats = {.older = cases[i].older};
		FILE *out = out_begin();

		text_older_note(out, &stats);
		out_end(out, cases[i].text);
	}

#test F4_filename
	struct fixture f;
	struct stats_options options = {.key = KEY_FILENAME, .is_compat = true};
	struct snapshot *s1, *s2;
	struct stats *stats;
	FILE *out;

	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1");
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:2");
	s2 = fixture_snapshot(&f, "s2");
	ck_ok(stats_diff(s1, s2, &options, SORT_DEFAULT, &f.resolver, &stats));
	out = out_begin();
	text_diff_row(out, stats->rows);
	out_end(out, "a.c:0: size=200 B (+100 B), count=2 (+1), average=100 B");
	stats_destroy(stats);
	options.is_compat = false;
	ck_ok(stats_diff(s1, s2, &options, SORT_DEFAULT, &f.resolver, &stats));
	out = out_begin();
	text_diff_row(out, stats->rows);
	out_end(out, "a.c: size=200 B (+100 B), count=2 (+1), average=100 B");
	stats_destroy(stats);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#tcase tables

#test top
	struct fixture f;
	struct stats *stats;
	FILE *out;

	fixture_init(&f);
	fixture_s1(&f);
	stats = make_stats(&f, NULL, SORT_DEFAULT);
	out = out_begin();
	text_top(out, stats, 2, "live: 105 B in 6 blocks");
	out_end(out, "[ Top 2 ] live: 105 B in 6 blocks\n"
		     "b.py:1: size=66 B, count=1, average=66 B\n"
		     "a.py:2: size=30 B, count=3, average=10 B\n"
		     "2 other: 9 B\n"
		     "Total allocated size: 105 B\n");
	// As many as there are, and none left.
	out = out_begin();
	text_top(out, stats, 10, "all");
	out_end(out, "[ Top 4 ] all\n"
		     "b.py:1: size=66 B, count=1, average=66 B\n"
		     "a.py:2: size=30 B, count=3, average=10 B\n"
		     "<unknown>:0: size=7 B, count=1, average=7 B\n"
		     "a.py:5: size=2 B, count=1, average=2 B\n"
		     "Total allocated size: 105 B\n");
	out = out_begin();
	text_top(out, stats, 0, "");
	out_end(out, "[ Top 0 ]\n4 other: 105 B\nTotal allocated size: 105 B\n");
	stats_destroy(stats);
	fixture_deinit(&f);

#test top_of_nothing
	struct fixture f;
	struct stats *stats;
	FILE *out;

	fixture_init(&f);
	stats = make_stats(&f, NULL, SORT_DEFAULT);
	out = out_begin();
	text_top(out, stats, 10, "live");
	out_end(out, "[ Top 0 ] live\nTotal allocated size: 0 B\n");
	stats_destroy(stats);
	fixture_deinit(&f);

#test top_by_allocated
	struct fixture f;
	struct stats *stats;
	FILE *out;

	fixture_init(&f);
	heap_free(f.heap, fixture_alloc(&f, 2, 0, 1, 50, "a.c:1"));
	stats = make_stats(&f, NULL, SORT_ALLOCATED);
	out = out_begin();
	text_top(out, stats, 10, "live");
	out_end(out, "[ Top 1 ] live\n"
		     "a.c:1: size=50 B, count=1, average=50 B, allocated=100 B, calls=2\n"
		     "Total allocated size: 50 B\n");
	stats_destroy(stats);
	fixture_deinit(&f);

#test diff
	struct fixture f;
	struct snapshot *s1;
	struct stats *stats;
	FILE *out;

	fixture_init(&f);
	fixture_s1(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_s2(&f);
	stats = make_stats(&f, s1, SORT_DEFAULT);
	out = out_begin();
	text_diff(out, stats, 1, "before -> after, 3.2 s apart");
	out_end(out, "[ Top 1 differences ] before -> after, 3.2 s apart\n"
		     "a.py:5: size=5002 B (+5000 B), count=2 (+1), average=2501 B\n"
		     "4 other: +327 B\n"
		     "Total change: +5327 B in +0 blocks\n");
	stats_destroy(stats);
	fixture_free_all(&f);
	stats = make_stats(&f, s1, SORT_DEFAULT);
	out = out_begin();
	text_diff(out, stats, 9, "s1 -> now");
	out_end(out, "[ Top 4 differences ] s1 -> now\n"
		     "b.py:1: size=0 B (-66 B), count=0 (-1)\n"
		     "a.py:2: size=0 B (-30 B), count=0 (-3)\n"
		     "<unknown>:0: size=0 B (-7 B), count=0 (-1)\n"
		     "a.py:5: size=0 B (-2 B), count=0 (-1)\n"
		     "Total change: -105 B in -6 blocks\n");
	stats_destroy(stats);
	snapshot_destroy(s1);
	fixture_deinit(&f);

#test growth
	struct fixture f;
	struct snapshot *snapshots[4];
	struct stats_options options = {.key = KEY_LINENO};
	struct growth *growth;
	uint64_t gone;
	FILE *out;
	int i;

	fixture_init(&f);
	gone = fixture_alloc(&f, 1, 0, 1, 3, "gone.c:1");
	for (i = 0; i < 4; i++) {
		fixture_alloc(&f, 1, 0, 1, 100, "leak.c:1");
		if (i == 1)
			fixture_alloc(&f, 1, 0, 1, 51200, "cache.c:1");
		if (i == 3)
			heap_free(f.heap, gone);
		snapshots[i] = fixture_snapshot(&f, "s");
		snapshots[i]->time_ns = 2000000000ull * i;
	}
	ck_ok(growth_create((const struct snapshot *const *)snapshots, 4, &options, &f.resolver, &growth));
	out = out_begin();
	text_growth(out, growth, 2, "s1 -> s4");
	out_end(out, "[ Top 2 growing ] s1 -> s4\n"
		     "leak.c:1: size=400 B (+300 B), count=4 (+3), average=100 B, +100 B/snapshot, +50 B/s, "
		     "grew 3 of 3\n"
		     "cache.c:1: size=50.0 KiB (+50.0 KiB), count=1 (+1), average=50.0 KiB, "
		     "+15.0 KiB/snapshot, +7680 B/s, grew 1 of 3, never shrank\n"
		     "1 other: -3 B\n");
	growth_destroy(growth);
	for (i = 0; i < 4; i++)
		snapshot_destroy(snapshots[i]);
	fixture_deinit(&f);

#test traces
	struct fixture f;
	struct stats_options options = {0};
	struct snapshot *s;
	struct traces *traces;
	uint64_t frames[2];
	uint32_t id;
	FILE *out;

	fixture_init(&f);
	fixture_s1(&f);
	fixture_alloc(&f, 1, 4, 1, 1, "=libz.so(+0x9)|a.c:0 <unknown>");
	frames[0] = fixture_frame(&f, "a.c:1");
	frames[1] = fixture_frame(&f, "b.c:1");
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 2, 7, 0, &id));
	ck_ok(heap_alloc(f.heap, 16, 20480, id, 0, 1));
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 1, 1, STACK_TRUNCATED, &id));
	ck_ok(heap_alloc(f.heap, 32, 0, id, 0, 1));
	s = fixture_snapshot(&f, "s");
	ck_ok(traces_create(s, &options, &f.resolver, &traces));
	out = out_begin();
	ck_ok(text_traces(out, traces, &f.resolver));
	out_end(out, "size=20.0 KiB, count=1, domain=malloc, frames=7: a.c:1 < b.c:1 < (5 more)\n"
		     "size=66 B, count=1, domain=new[], frames=1: b.py:1\n"
		     "size=30 B, count=3, domain=malloc, frames=2: a.py:2 < b.py:4\n"
		     "size=7 B, count=1, domain=mmap, frames=1: <unknown>:0\n"
		     "size=2 B, count=1, domain=new, frames=2: a.py:5 < b.py:4\n"
		     "size=1 B, count=1, domain=domain 4, frames=2: libz.so(+0x9) < a.c:0 < <unknown>:0\n"
		     "size=0 B, count=1, domain=malloc, frames=1: a.c:1 < (truncated)\n");
	f.is_broken = true;
	out = out_begin();
	ck_err(text_traces(out, traces, &f.resolver), ERR_FORMAT, "broken");
	out_end(out, "");
	traces_destroy(traces);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test gate
	struct fixture f;
	struct snapshot *s1, *s2;
	struct stats_options options = {.key = KEY_LINENO};
	struct gate_options gate_options = {.max = 50};
	struct traceback_options traceback = {0};
	unsigned num_read = 0;
	struct gate *gate;
	FILE *out;

	fixture_init(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 2, 0, 1, 100, "leak.c:1@grow main.c:7");
	fixture_alloc(&f, 1, 0, 1, 10, "other.c:1");
	s2 = fixture_snapshot(&f, "s2");
	ck_ok(gate_check(s1, s2, &options, &gate_options, &f.resolver, &gate));
	out = out_begin();
	ck_ok(text_gate(out, gate, 1, "s1 -> s2", &traceback, read_line, &num_read));
	out_end(out, "growth of s1 -> s2: +210 B in +3 blocks, more than 50 B\n"
		     "leak.c:1: size=200 B (+200 B), count=2 (+2), average=100 B\n"
		     "  File \"main.c\", line 7\n"
		     "    source of main.c:7;\n"
		     "  File \"leak.c\", line 1, in grow\n"
		     "    source of leak.c:1;\n");
	gate_destroy(gate);
	gate_options.max = 210;
	ck_ok(gate_check(s1, s2, &options, &gate_options, &f.resolver, &gate));
	out = out_begin();
	ck_ok(text_gate(out, gate, 1, "s1 -> s2", &traceback, read_line, &num_read));
	out_end(out, "growth of s1 -> s2: +210 B in +3 blocks, within 210 B\n");
	gate_destroy(gate);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#tcase traceback

#test F6_order_and_limit
	check_traceback("c:1 b:1 a:1", (struct traceback_options){0}, false, A B C);
	check_limit(1, false, C);
	check_limit(2, false, B C);
	check_limit(0, false, "");
	check_limit(10, false, A B C);
	check_limit(LONG_MAX, false, A B C);
	check_traceback("c:1 b:1 a:1", (struct traceback_options){.is_most_recent_first = true},
			false, C B A);
	check_limit(2, true, C B);

#test F7_negative_limit
	check_limit(-1, false, A);
	check_limit(-2, false, A B);
	check_limit(-10, false, A B C);
	check_limit(LONG_MIN, false, A B C);
	check_limit(-2, true, B A);

#test F7_compat
	struct traceback_options options = {.has_limit = true, .is_compat = true};

	options.limit = -1;
	check_traceback("c:1 b:1 a:1", options, false, A B);
	options.limit = -2;
	check_traceback("c:1 b:1 a:1", options, false, A);
	options.limit = -10;
	check_traceback("c:1 b:1 a:1", options, false, "");
	options.limit = 1;
	check_traceback("c:1 b:1 a:1", options, false, C);

#test F6_source_lines
	check_traceback("lib.c:7@work /src/main.c:3@main", (struct traceback_options){0}, true,
			"  File \"/src/main.c\", line 3, in main\n"
			"  File \"lib.c\", line 7, in work\n"
			"    source of lib.c:7;\n");
	check_traceback("lib.c:100@work", (struct traceback_options){0}, true,
			"  File \"lib.c\", line 100, in work\n");

#test frames_without_line
	check_traceback("=libc.so.6(qsort+0x10)@qsort =a.out(+0x99) <unknown>",
			(struct traceback_options){0}, false,
			"  <unknown>:0\n  a.out(+0x99)\n  libc.so.6(qsort+0x10)\n");
	check_traceback("a.c:0@f b.c:1", (struct traceback_options){0}, true,
			"  File \"b.c\", line 1\n    source of b.c:1;\n  File \"a.c\", line 0, in f\n");
