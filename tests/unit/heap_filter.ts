// SPDX-License-Identifier: GPL-3.0-or-later
/** Filters: the numbered statements of tracemalloc's semantics, each test named after its own. For patterns (L8, L9) see
 *  heap_pattern.ts. */
#include "heap/filter.h"

#include "heap/domain.h"
#include "heap/pattern.h"
#include "heap/sieve.h"
#include "heap/traces.h"
#include "heap_fixture.h"

/** A set of filters written as words: "+a.py:2 --all-frames ; -@new ; ..." */
static void filters_of(const char *text, struct filters *filters)
{
	_cleanup_free_ char *copy = strdup(text);
	char *part, *word, *save, *save_words;

	*filters = (struct filters){0};
	for (part = strtok_r(copy, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
		const char *words[8];
		size_t num = 0;
		_cleanup_filter_ struct filter filter = {0};

		for (word = strtok_r(part, " ", &save_words); word;
		     word = strtok_r(NULL, " ", &save_words))
			words[num++] = word;
		ck_ok(filter_parse_words(words, num, &filter));
		ck_ok(filters_add(filters, &filter));
	}
}

/** The traces that pass, as "DOMAIN SIZE/COUNT FRAME FRAME; ...", largest first. */
static char *traces_text(struct fixture *f, const struct stats_options *options)
{
	struct snapshot *s = fixture_snapshot(f, "s");
	struct traces *traces;
	char *text;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	ck_ok(traces_create(s, options, &f->resolver, &traces));
	snapshot_destroy(s);
	for (i = 0; i < traces->num; i++) {
		const struct trace *trace = &traces->items[i];
		struct stack stack = stacks_get(heap_stacks(f->heap), trace->stack);
		uint32_t k;

		fprintf(out, "%s%u %lu/%lu", i ? "; " : "", trace->domain, trace->size, trace->count);
		for (k = 0; k < stack.num_frames; k++)
			fprintf(out, " %s",
				stack_frame(&stack, k) ? strtab_get(f->texts, frame_addr(stack_frame(&stack, k)))
						: "<unknown>");
	}
	traces_destroy(traces);
	fclose(out);
	return text;
}

static void check_options(struct fixture *f, struct stats_options options, const char *words,
			  const char *expected)
{
	_cleanup_free_ char *text = NULL;
	struct filters filters;

	filters_of(words, &filters);
	options.filters = &filters;
	text = traces_text(f, &options);
	ck_assert_msg(strcmp(text, expected) == 0, "filters %s: %s, expected %s", words, text, expected);
	filters_clear(&filters);
}

static void check(struct fixture *f, const char *words, const char *expected)
{
	check_options(f, (struct stats_options){0}, words, expected);
}

/** The same for a heap made of one stack: does it pass? */
static void check_one(const char *stack, uint32_t domain, const char *words, bool is_passing)
{
	struct fixture f;
	struct snapshot *s;
	struct filters filters;
	struct stats_options options = {.filters = &filters};
	struct stats *stats;

	fixture_init(&f);
	fixture_alloc(&f, 1, domain, 1, 10, stack);
	s = fixture_snapshot(&f, "s");
	filters_of(words, &filters);
	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_msg(stats->num_rows == is_passing, "stack %s, filters %s", stack, words);
	ck_assert_uint_eq(stats->total_size, is_passing ? 10 : 0);
	stats_destroy(stats);
	filters_clear(&filters);
	snapshot_destroy(s);
	fixture_deinit(&f);
}

static void check_parse(const char *words, const char *expected_text)
{
	struct filters filters;
	_cleanup_free_ char *text = NULL;

	filters_of(words, &filters);
	ck_assert_uint_eq(filters.list.num, 1);
	text = filter_text(&filters.list.items[0]);
	ck_assert_str_eq(text, expected_text);
	filters_clear(&filters);
}

static void check_bad(const char *words, const char *part)
{
	_cleanup_free_ char *copy = strdup(words);
	const char *list[8];
	struct filter filter = {0};
	char *word, *save;
	size_t num = 0;

	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		list[num++] = word;
	ck_err(filter_parse_words(list, num, &filter), ERR_USAGE, part);
	ck_assert_ptr_null(filter.pattern);
}

#define S1 "2 66/1 b.py:1; 0 30/3 a.py:2 b.py:4; 3 7/1 <unknown>; 1 2/1 a.py:5 b.py:4"

/** The naive model: Python's text of Filter._match() and filter_traces(), frame by frame. */
static bool model_frame(const struct filter *filter, const char *file, uint32_t line)
{
	_cleanup_pattern_ struct pattern *pattern = NULL;

	ck_ok(pattern_create(filter->pattern, &pattern));
	return pattern_matches(pattern, file) && (!filter->has_line || filter->line == line);
}

static bool model_filter(const struct fixture *f, const struct filter *filter, const struct stack *stack,
			 uint32_t domain)
{
	bool is_match = false;
	uint32_t i, num = filter->want_all_frames ? stack->num_frames : 1;

	if (!filter->pattern)
		return (filter->domain == domain) == filter->is_inclusive;
	for (i = 0; i < num; i++) {
		const struct location *location = f->frames[frame_addr(stack_frame(stack, i))].locations;

		is_match |= model_frame(filter, strtab_get(f->strings, location->file), location->line);
	}
	is_match = is_match == filter->is_inclusive;
	if (!filter->has_domain)
		return is_match;
	return filter->is_inclusive ? is_match && filter->domain == domain
				    : is_match || filter->domain != domain;
}

static bool model_passes(const struct fixture *f, const struct filters *filters, const struct stack *stack,
			 uint32_t domain)
{
	bool has_inclusive = false, is_included = false;
	size_t i;

	for (i = 0; i < filters->list.num; i++) {
		const struct filter *filter = &filters->list.items[i];
		bool is_match = model_filter(f, filter, stack, domain);

		if (filter->is_inclusive) {
			has_inclusive = true;
			is_included |= is_match;
		} else if (!is_match) {
			return false;
		}
	}
	return is_included || !has_inclusive;
}

static void random_filters(uint64_t *state, struct filters *filters)
{
	static const char *const patterns[] = {"*", "f0.c", "f[12].c", "f[!1].c", "f3.?", "none"};
	unsigned num = test_random(state) % 5;

	*filters = (struct filters){0};
	for (; num; num--) {
		struct filter filter = {
			.is_inclusive = test_random(state) % 2,
			.has_line = test_random(state) % 3 == 0,
			.line = test_random(state) % 20,
			.want_all_frames = test_random(state) % 2,
			.has_domain = test_random(state) % 3 == 0,
			.domain = test_random(state) % 3,
		};
		char pattern[16];

		if (test_random(state) % 4) {
			strcpy(pattern, patterns[test_random(state) % 6]);
			filter.pattern = pattern;
		} else {
			filter.has_domain = true;
		}
		ck_ok(filters_add(filters, &filter));
	}
}

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
			      1 + test_random(state) % 50, text);
	}
}

#suite heap_filter

#tcase filter

#test L1_no_filters
	struct fixture f;
	struct snapshot *s;
	struct filters none = {0}, some;
	struct stats_options options = {.filters = &none};
	struct snapshot_site copy[4];
	struct stats *stats;

	fixture_init(&f);
	fixture_s1(&f);
	check(&f, "", S1);
	s = fixture_snapshot(&f, "s");
	s->nframe = 7;
	memcpy(copy, s->sites, sizeof(copy));
	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->num_rows, 4);
	ck_assert_uint_eq(stats->total_size, 105);
	stats_destroy(stats);
	// Never modified, be something filtered or not.
	filters_of("-*", &some);
	options.filters = &some;
	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->num_rows, 0);
	ck_assert_uint_eq(stats->total_size, 0);
	ck_assert_uint_eq(stats->total_count, 0);
	stats_destroy(stats);
	ck_assert_mem_eq(copy, s->sites, sizeof(copy));
	ck_assert_uint_eq(s->nframe, 7);
	ck_assert_uint_eq(s->totals.live_bytes, 105);
	filters_clear(&some);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test L2_any_inclusive_and_no_exclusive
	struct fixture f;

	fixture_init(&f);
	fixture_s1(&f);
	check(&f, "+a.py", "0 30/3 a.py:2 b.py:4; 1 2/1 a.py:5 b.py:4");
	check(&f, "+a.py ; +b.py", "2 66/1 b.py:1; 0 30/3 a.py:2 b.py:4; 1 2/1 a.py:5 b.py:4");
	check(&f, "-a.py ; -b.py", "3 7/1 <unknown>");
	check(&f, "+a.py ; -a.py:5", "0 30/3 a.py:2 b.py:4");
	check(&f, "-a.py:5 ; +a.py", "0 30/3 a.py:2 b.py:4");
	// An inclusive filter and an inclusive domain filter: either.
	check(&f, "+a.py:2 ; +@3", "0 30/3 a.py:2 b.py:4; 3 7/1 <unknown>");
	check(&f, "+a.py ; -@0", "1 2/1 a.py:5 b.py:4");
	fixture_deinit(&f);

#test L3_newest_frame_alone
	check_one("a.c:1 b.c:2", 0, "+a.c", true);
	check_one("a.c:1 b.c:2", 0, "+b.c", false);
	check_one("a.c:1 b.c:2", 0, "-a.c", false);
	check_one("a.c:1 b.c:2", 0, "-b.c", true);

#test L3_the_frame_that_stands_for_the_stack
	struct fixture f;
	struct stats_options options = {0};

	// Plumbing is skipped as in rows, inlined functions are frames.
	fixture_init(&f);
	fixture_alloc(&f, 1, 0, 1, 8, "!new.h:1 !alloc.h:2|c.c:3|d.c:4 main.c:5");
	fixture_alloc(&f, 1, 0, 1, 4, "!strdup.c:1 !xstrdup.c:2");
	check_options(&f, options, "+c.c", "0 8/1 !new.h:1 !alloc.h:2|c.c:3|d.c:4 main.c:5");
	check_options(&f, options, "+d.c", "");
	check_options(&f, options, "+new.h", "");
	check_options(&f, options, "+strdup.c", "0 4/1 !strdup.c:1 !xstrdup.c:2");
	// tracemalloc's: the newest.
	options.want_all = true;
	check_options(&f, options, "+c.c", "");
	check_options(&f, options, "+new.h", "0 8/1 !new.h:1 !alloc.h:2|c.c:3|d.c:4 main.c:5");
	options = (struct stats_options){.is_compat = true};
	check_options(&f, options, "+c.c", "");
	check_options(&f, options, "+new.h", "0 8/1 !new.h:1 !alloc.h:2|c.c:3|d.c:4 main.c:5");
	fixture_deinit(&f);

#test L4_all_frames
	check_one("a.c:1 b.c:2", 0, "+b.c --all-frames", true);
	check_one("a.c:1 b.c:2", 0, "+c.c --all-frames", false);
	check_one("a.c:1 b.c:2", 0, "-b.c --all-frames", false);
	check_one("a.c:1 b.c:2", 0, "-c.c --all-frames", true);
	check_one("a.c:1|b.c:2 c.c:3", 0, "+b.c:2 --all-frames", true);
	check_one("!a.c:1|b.c:2 c.c:3", 0, "+a.c --all-frames", true);

#test L5_line
	check_one("a.c:1", 0, "+a.c", true);
	check_one("a.c:1", 0, "+a.c:1", true);
	check_one("a.c:1", 0, "+a.c:2", false);
	check_one("a.c:1", 0, "-a.c:2", true);
	check_one("a.c:1", 0, "+a.c:0", false);
	check_one("a.c:0", 0, "+a.c:0", true);
	check_one("<unknown>", 0, "+<unknown>:0", true);
	check_one("<unknown>", 0, "-<unknown>:1", true);
	// File and line of one frame, not of two.
	check_one("a.c:1 b.c:2", 0, "+a.c:2 --all-frames", false);

#test L6_domain_in_a_filter
	check_one("a.c:1", 1, "+a.c --domain new", true);
	check_one("a.c:1", 0, "+a.c --domain new", false);
	check_one("b.c:1", 1, "+a.c --domain new", false);
	check_one("a.c:1", 1, "-a.c --domain new", false);
	check_one("a.c:1", 0, "-a.c --domain new", true);
	check_one("b.c:1", 1, "-a.c --domain new", true);

#test L7_domain_filter
	check_one("a.c:1", 2, "+@new[]", true);
	check_one("a.c:1", 0, "+@new[]", false);
	check_one("a.c:1", 2, "-@new[]", false);
	check_one("a.c:1", 0, "-@new[]", true);
	check_one("a.c:1", 77, "+@77", true);

#test L8_L9_whole_path
	check_one("lib/c.c:1", 0, "+c.c", false);
	check_one("lib/c.c:1", 0, "+*/c.c", true);
	check_one("lib/c.c:1", 0, "+*c.c", true);
	check_one("lib/C.c:1", 0, "+*c.c", false);
	check_one("^.c:1", 0, "+[^a].c", true);
	check_one("b.c:1", 0, "+[^a].c", false);

#test L10_unknown_and_modules
	struct fixture f;

	fixture_init(&f);
	fixture_s1(&f);
	check(&f, "-<unknown>", "2 66/1 b.py:1; 0 30/3 a.py:2 b.py:4; 1 2/1 a.py:5 b.py:4");
	fixture_deinit(&f);
	// No .pyc for us: a name is what it is.
	check_one("a.pyc:1", 0, "+a.py", false);
	// Without line information the file is the module, as in filename rows.
	check_one("=libz.so(g+0x10)@g@/lib/libz.so", 0, "+/lib/libz.so", true);
	check_one("=libz.so(g+0x10)@g@/lib/libz.so", 0, "+*/libz.so:0", true);
	check_one("=libz.so(g+0x10)@g@/lib/libz.so", 0, "+libz.so*", false);
	check_one("a.c:1@g@/lib/libz.so", 0, "+/lib/libz.so", false);

#test L11_fixture
	struct fixture f;

	fixture_init(&f);
	fixture_s1(&f);
	// 5 traces, then 4.
	check(&f, "-b.py", "0 30/3 a.py:2 b.py:4; 3 7/1 <unknown>; 1 2/1 a.py:5 b.py:4");
	check(&f, "-b.py ; +a.py:2 ; +a.py:5", "0 30/3 a.py:2 b.py:4; 1 2/1 a.py:5 b.py:4");
	fixture_deinit(&f);

#test equal_to_the_model
	struct fixture f;
	struct snapshot *s;
	uint64_t state = 17;
	int round;
	size_t i;

	fixture_init(&f);
	random_allocs(&f, &state, 300);
	s = fixture_snapshot(&f, "s");
	for (round = 0; round < 300; round++) {
		struct filters filters;
		struct sieve *sieve;

		random_filters(&state, &filters);
		ck_ok(sieve_create(&filters, f.heap, &f.resolver, true, &sieve));
		for (i = 0; i < s->num_sites; i++) {
			const struct site *site = heap_site(f.heap, s->sites[i].site);
			struct stack stack = stacks_get(heap_stacks(f.heap), site->stack);
			bool is_passing;

			ck_ok(sieve_passes(sieve, site, &is_passing));
			ck_assert_int_eq(is_passing,
					 model_passes(&f, &filters, &stack, site->domain));
		}
		sieve_destroy(sieve);
		filters_clear(&filters);
	}
	snapshot_destroy(s);
	fixture_deinit(&f);

#test idempotent_and_additive
	// The same filters twice give the same; an exclusive filter and its inclusive twin share the heap between them; the
	// sums of rows are the totals, of a comparison too.
	struct fixture f;
	struct snapshot *s1, *s2;
	uint64_t state = 23;
	int round;
	size_t i;

	fixture_init(&f);
	random_allocs(&f, &state, 200);
	s1 = fixture_snapshot(&f, "s1");
	for (i = 0; i < 60; i++)
		heap_free(f.heap, 0x1000 + 16 * (test_random(&state) % 200 + 1));
	random_allocs(&f, &state, 100);
	s2 = fixture_snapshot(&f, "s2");
	for (round = 0; round < 100; round++) {
		struct filters filters, twice, twin = {0};
		struct stats_options options = {.key = test_random(&state) % NUM_KEYS};
		_cleanup_stats_ struct stats *once = NULL, *again = NULL, *rest = NULL, *diff = NULL;
		struct filter first;
		int64_t size_diff = 0;
		uint64_t size = 0;

		do {
			random_filters(&state, &filters);
			if (!filters.list.num)
				filters_clear(&filters);
		} while (!filters.list.num);
		options.filters = &filters;
		ck_ok(stats_snapshot(s2, &options, SORT_DEFAULT, &f.resolver, &once));
		ck_ok(stats_diff(s1, s2, &options, SORT_DEFAULT, &f.resolver, &diff));
		twice = (struct filters){0};
		for (i = 0; i < 2 * filters.list.num; i++)
			ck_ok(filters_add(&twice, &filters.list.items[i % filters.list.num]));
		options.filters = &twice;
		ck_ok(stats_snapshot(s2, &options, SORT_DEFAULT, &f.resolver, &again));
		ck_assert_uint_eq(once->num_rows, again->num_rows);
		for (i = 0; i < once->num_rows; i++) {
			ck_assert_str_eq(once->rows[i].group.label, again->rows[i].group.label);
			ck_assert_uint_eq(once->rows[i].size, again->rows[i].size);
			size += once->rows[i].size;
		}
		ck_assert_uint_eq(size, once->total_size);
		for (i = 0; i < diff->num_rows; i++)
			size_diff += diff->rows[i].size_diff;
		ck_assert_int_eq(size_diff, diff->total_size_diff);
		ck_assert_uint_eq(diff->total_size, once->total_size);
		filters_clear(&twice);

		first = filters.list.items[0];
		first.is_inclusive = true;
		ck_ok(filters_add(&twin, &first));
		options.filters = &twin;
		stats_destroy(again);
		ck_ok(stats_snapshot(s2, &options, SORT_DEFAULT, &f.resolver, &again));
		twin.list.items[0].is_inclusive = false;
		ck_ok(stats_snapshot(s2, &options, SORT_DEFAULT, &f.resolver, &rest));
		ck_assert_uint_eq(again->total_size + rest->total_size, s2->totals.live_bytes);
		ck_assert_uint_eq(again->total_count + rest->total_count, s2->totals.live_blocks);
		filters_clear(&twin);
		filters_clear(&filters);
	}
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test each_frame_is_resolved_once
	struct fixture f;
	struct filters filters;
	struct stats_options options = {.key = KEY_DOMAIN, .filters = &filters};
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
	filters_of("-x.c --all-frames ; -y.c ; +*", &filters);
	f.num_resolved = 0;
	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->total_count, 100);
	ck_assert_uint_eq(f.num_resolved, 52);
	stats_destroy(stats);
	// Domain filters need no frame at all.
	filters_clear(&filters);
	filters_of("+@0", &filters);
	f.num_resolved = 0;
	ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats));
	ck_assert_uint_eq(stats->total_count, 50);
	ck_assert_uint_eq(f.num_resolved, 0);
	stats_destroy(stats);
	// The resolver's error comes through.
	filters_clear(&filters);
	filters_of("+a.c --all-frames", &filters);
	f.is_broken = true;
	ck_err(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_FORMAT, "broken");
	filters_clear(&filters);
	filters_of("+a.c", &filters);
	ck_err(stats_snapshot(s, &options, SORT_DEFAULT, &f.resolver, &stats), ERR_FORMAT, "broken");
	filters_clear(&filters);
	snapshot_destroy(s);
	fixture_deinit(&f);

#tcase parse

#test texts
	check_parse("+*.c", "+*.c");
	check_parse("-/usr/lib/*:12", "-/usr/lib/*:12");
	check_parse("+<unknown>:0", "+<unknown>:0");
	check_parse("+a.c:", "+a.c:");
	check_parse("+a.c:1:2", "+a.c:1:2");
	check_parse("+a.c:1x", "+a.c:1x");
	check_parse("+a.c[:]12", "+a.c[:]12");
	check_parse("--all-frames +a.c:4294967295 --domain=new[]", "+a.c:4294967295 --all-frames --domain new[]");
	check_parse("-- -a.c --domain 7", "-a.c --domain 7");
	check_parse("-@mmap", "-@mmap");
	check_parse("+@12", "+@12");
	check_parse("+@0", "+@malloc");
	check_parse("-[-]-x", "-[-]-x");

#test bad_texts
	check_bad("", "a filter needs a pattern");
	check_bad("*.c", "write '+*.c' or '-*.c'");
	check_bad("@new", "write '+@new' or '-@new'");
	check_bad("+", "'+PATTERN'");
	check_bad("-:3", "'-PATTERN'");
	check_bad("+a.c -b.c", "one filter at a time");
	check_bad("+a.c --frames", "no option '--frames'");
	check_bad("+a.c --domain", "--domain needs a value");
	check_bad("+a.c --domain=arena", "unknown domain 'arena'; there are malloc, new, new[], mmap");
	check_bad("+@arena", "unknown domain 'arena'");
	check_bad("+@", "unknown domain ''");
	check_bad("+@-1", "unknown domain '-1'");
	check_bad("+@4294967296", "unknown domain");
	check_bad("+@new --all-frames", "--all-frames goes with a pattern");
	check_bad("+@new --domain 1", "--domain goes with a pattern");
	check_bad("+a.c:4294967296", "no file has a line 4294967296");
	check_bad("+a.c:99999999999999999999999", "no file has a line");

#test domains
	char buf[DOMAIN_NAME_MAX];
	uint32_t domain, i;

	for (i = 0; i < 6; i++) {
		ck_ok(domain_parse(domain_name(i, buf), &domain));
		ck_assert_uint_eq(domain, i);
	}
	ck_assert_str_eq(domain_name(UINT32_MAX, buf), "domain 4294967295");
	ck_ok(domain_parse(buf, &domain));
	ck_assert_uint_eq(domain, UINT32_MAX);

#test too_many
	struct filters filters = {0};
	struct filter filter = {.is_inclusive = true, .has_domain = true, .domain = 4};
	int i;

	for (i = 0; i < FILTERS_MAX; i++)
		ck_ok(filters_add(&filters, &filter));
	ck_err(filters_add(&filters, &filter), ERR_USAGE, "'filter clear'");
	ck_assert_uint_eq(filters.list.num, FILTERS_MAX);
	filters_clear(&filters);
	ck_assert_uint_eq(filters.list.num, 0);
	ck_ok(filters_add(&filters, &filter));
	filters_clear(&filters);
