// SPDX-License-Identifier: GPL-3.0-or-later
/** JSON documents, read back by a JSON parser (jansson's, which refuses what is no JSON or no UTF-8). */
#include "report/json_stats.h"

#include "heap_fixture.h"

#include <jansson.h>
#include <math.h>

/** Lines written between out_begin() and out_line(). */
static char *out_text;
static size_t out_size;

static FILE *out_begin(void)
{
	return open_memstream(&out_text, &out_size);
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(value != NULL, "%s: %s", error.text, text);
	return value;
}

/** The one line that was written. */
static json_t *out_line(FILE *out)
{
	json_t *value;

	fclose(out);
	ck_assert_uint_eq(strcspn(out_text, "\n"), out_size - 1);
	value = parse(out_text);
	free(out_text);
	return value;
}

/** The value at a path of keys and indices: "rows.0.label". */
static json_t *at(json_t *value, const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	char *part, *save;

	for (part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save)) {
		value = json_is_array(value) ? json_array_get(value, strtoul(part, NULL, 10))
					     : json_object_get(value, part);
		ck_assert_msg(value != NULL, "no %s of %s", part, path);
	}
	return value;
}

static void check_int(json_t *value, const char *path, json_int_t expected)
{
	ck_assert_msg(json_is_integer(at(value, path)), "%s is no integer", path);
	ck_assert_msg(json_integer_value(at(value, path)) == expected, "%s is %lld", path,
		      (long long)json_integer_value(at(value, path)));
}

static void check_string(json_t *value, const char *path, const char *expected)
{
	ck_assert_msg(json_is_string(at(value, path)), "%s is no string", path);
	ck_assert_str_eq(json_string_value(at(value, path)), expected);
}

/** Frames of the fixture lie at 0x1000 + frame_addr(). */
static void origin(void *ctx, uint64_t frame, struct frame_origin *ret)
{
	(void)ctx;
	*ret = (struct frame_origin){.module = "",
				     .offset = frame ? 0x1000 + frame_addr(frame) : 0};
}

static char *read_line(void *ctx, const char *file, uint32_t line)
{
	char *text;

	(void)ctx;
	if (line == 9)
		return strdup(" \t\n");
	if (strcmp(file, "a.c") != 0)
		return NULL;
	ck_assert_int_gt(asprintf(&text, "\t p = malloc(%u); \n", line), 0);
	return text;
}

static struct frame_source source_of(struct fixture *f)
{
	return (struct frame_source){f, &f->resolver, origin, read_line};
}

static struct stats *stats_of(struct fixture *f, const struct snapshot *old_snapshot, enum group_key key)
{
	struct stats_options options = {.key = key};
	struct snapshot *s = fixture_snapshot(f, "s");
	struct stats *stats;

	if (old_snapshot)
		ck_ok(stats_diff(old_snapshot, s, &options, SORT_DEFAULT, &f->resolver, &stats));
	else
		ck_ok(stats_snapshot(s, &options, SORT_DEFAULT, &f->resolver, &stats));
	snapshot_destroy(s);
	return stats;
}

static json_t *document_of(struct fixture *f, const struct snapshot *old_snapshot, enum group_key key,
			   size_t limit)
{
	struct frame_source source = source_of(f);
	struct stats *stats = stats_of(f, old_snapshot, key);
	FILE *out = out_begin();

	ck_ok(jsonl_stats(jsonl_begin("top"), out, stats, old_snapshot != NULL, &source, limit));
	stats_destroy(stats);
	return out_line(out);
}

#suite report_json

#tcase documents

#test members
	struct jsonl *doc = jsonl_begin("status");
	FILE *out = out_begin();
	json_t *value;

	jsonl_string(doc, "exe", "/bin/true");
	jsonl_string(doc, "none", NULL);
	jsonl_uint(doc, "large", UINT64_MAX);
	jsonl_uint(doc, "size", 1ull << 48);
	jsonl_int(doc, "diff", -5);
	jsonl_real(doc, "rate", 0.5);
	jsonl_real(doc, "nan", NAN);
	jsonl_real(doc, "tenth", 0.1);
	jsonl_real(doc, "whole", 3);
	jsonl_real(doc, "third", 1.0 / 3);
	jsonl_bool(doc, "tracing", true);
	jsonl_address(doc, "address", 0xffff800000000010);
	jsonl_open_array(doc, "snapshots");
	jsonl_open_object(doc, NULL);
	jsonl_string(doc, "name", "s1");
	jsonl_close(doc);
	jsonl_open_object(doc, NULL);
	jsonl_close(doc);
	jsonl_uint(doc, NULL, 7);
	jsonl_close(doc);
	jsonl_bool(doc, "last", false);
	ck_ok(jsonl_end(doc, out));
	fflush(out);
	ck_assert(strstr(out_text, "\"tenth\":0.1,\"whole\":3.0,\"third\":0.3333333333333333,"));
	value = out_line(out);
	ck_assert(json_is_real(at(value, "whole")));
	ck_assert_double_eq(json_real_value(at(value, "third")), 1.0 / 3);
	check_string(value, "command", "status");
	check_string(value, "exe", "/bin/true");
	ck_assert(json_is_null(at(value, "none")));
	check_int(value, "large", INT64_MAX);
	check_int(value, "size", 1ll << 48);
	check_int(value, "diff", -5);
	ck_assert_double_eq(json_real_value(at(value, "rate")), 0.5);
	ck_assert(json_is_null(at(value, "nan")));
	ck_assert(json_is_true(at(value, "tracing")));
	check_string(value, "address", "0xffff800000000010");
	check_string(value, "snapshots.0.name", "s1");
	ck_assert_uint_eq(json_object_size(at(value, "snapshots.1")), 0);
	check_int(value, "snapshots.2", 7);
	ck_assert(json_is_false(at(value, "last")));
	json_decref(value);

#test strings_of_any_bytes
	struct jsonl *doc = jsonl_begin("x");
	FILE *out = out_begin();
	json_t *value;

	jsonl_string(doc, "quotes", "operator\"\" _x<'\\n'>(char const*)\n\t\x01\x7f");
	jsonl_string(doc, "utf8", "/\xc3\xa9/\xf0\x9f\x98\x80");
	jsonl_string(doc, "bytes", "/tmp/\xff\xc3/a\xe2\x82.c");
	ck_ok(jsonl_end(doc, out));
	value = out_line(out);
	check_string(value, "quotes", "operator\"\" _x<'\\n'>(char const*)\n\t\x01\x7f");
	check_string(value, "utf8", "/\xc3\xa9/\xf0\x9f\x98\x80");
	check_string(value, "bytes", "/tmp/\\xff\\xc3/a\\xe2\\x82.c");
	json_decref(value);

#test no_memory_is_told_at_the_end
	// A document that could not be begun takes everything and fails.
	FILE *out = out_begin();

	jsonl_string(NULL, "a", "b");
	jsonl_open_array(NULL, "c");
	jsonl_uint(NULL, NULL, 1);
	jsonl_close(NULL);
	ck_err(jsonl_end(NULL, out), ERR_NOMEM, "memory");
	fclose(out);
	ck_assert_uint_eq(out_size, 0);
	free(out_text);
	jsonl_destroy(jsonl_begin("dropped"));
	jsonl_destroy(NULL);

#test stack
	struct fixture f;
	struct frame_source source;
	struct jsonl *doc = jsonl_begin("where");
	struct stack stack;
	FILE *out = out_begin();
	json_t *value;

	fixture_init(&f);
	source = source_of(&f);
	stack = stacks_get(heap_stacks(f.heap),
			   fixture_stack(&f, "a.c:5@f@/bin/x|b.c:6@g@/bin/x =x(+0x10)@@/bin/x a.c:9 <unknown>"));
	stack.total_nframe = 70;
	ck_ok(jsonl_stack(doc, "traceback", &source, &stack, true));
	ck_ok(jsonl_end(doc, out));
	value = out_line(out);
	check_int(value, "total_nframe", 70);
	ck_assert_uint_eq(json_array_size(at(value, "traceback")), 5);
	check_string(value, "traceback.0.location", "a.c:5");
	check_string(value, "traceback.0.filename", "a.c");
	check_int(value, "traceback.0.lineno", 5);
	check_string(value, "traceback.0.function", "f");
	check_string(value, "traceback.0.module", "/bin/x");
	check_string(value, "traceback.0.source", "p = malloc(5);");
	// An inlined function and the one it is in are at one place.
	ck_assert(json_equal(at(value, "traceback.0.offset"), at(value, "traceback.1.offset")));
	check_int(value, "traceback.0.offset", 0x1000 + (json_int_t)frame_addr(stack_frame(&stack, 0)));
	ck_assert_ptr_null(json_object_get(at(value, "traceback.1"), "source"));
	check_string(value, "traceback.2.location", "x(+0x10)");
	check_string(value, "traceback.2.filename", "/bin/x");
	check_int(value, "traceback.2.lineno", 0);
	ck_assert(json_is_null(at(value, "traceback.2.function")));
	ck_assert_ptr_null(json_object_get(at(value, "traceback.3"), "source"));
	check_string(value, "traceback.4.location", "<unknown>:0");
	check_string(value, "traceback.4.filename", "<unknown>");
	ck_assert(json_is_null(at(value, "traceback.4.module")));
	check_int(value, "traceback.4.offset", 0);
	json_decref(value);
	fixture_deinit(&f);

#tcase queries

#test top
	struct fixture f;
	json_t *value;

	fixture_init(&f);
	fixture_s1(&f);
	heap_free(f.heap, fixture_alloc(&f, 1, 0, 1, 1000, "a.py:2 b.py:4"));
	value = document_of(&f, NULL, KEY_LINENO, 2);
	check_string(value, "command", "top");
	check_string(value, "key", "lineno");
	check_int(value, "total_size", 105);
	check_int(value, "total_count", 6);
	check_int(value, "num_rows", 4);
	check_int(value, "num_other", 2);
	check_int(value, "other_size", 9);
	ck_assert_uint_eq(json_array_size(at(value, "rows")), 2);
	check_string(value, "rows.1.label", "a.py:2");
	check_string(value, "rows.1.filename", "a.py");
	check_int(value, "rows.1.lineno", 2);
	check_int(value, "rows.1.size", 30);
	check_int(value, "rows.1.count", 3);
	check_int(value, "rows.1.allocated", 1030);
	check_int(value, "rows.1.calls", 4);
	ck_assert_double_eq(json_real_value(at(value, "rows.1.average")), 10);
	check_int(value, "rows.1.total_nframe", 2);
	check_string(value, "rows.1.traceback.0.location", "a.py:2");
	check_string(value, "rows.1.traceback.1.location", "b.py:4");
	ck_assert_ptr_null(json_object_get(at(value, "rows.1"), "size_diff"));
	ck_assert_ptr_null(json_object_get(value, "total_size_diff"));
	json_decref(value);
	value = document_of(&f, NULL, KEY_LINENO, 0);
	ck_assert_uint_eq(json_array_size(at(value, "rows")), 0);
	check_int(value, "num_other", 4);
	json_decref(value);
	value = document_of(&f, NULL, KEY_LINENO, SIZE_MAX);
	ck_assert_uint_eq(json_array_size(at(value, "rows")), 4);
	check_int(value, "num_other", 0);
	check_int(value, "other_size", 0);
	json_decref(value);
	fixture_deinit(&f);

#test every_key
	struct fixture f;
	json_t *value;

	fixture_init(&f);
	fixture_alloc(&f, 2, 1, 77, 8, "a.c:1@ns::f<int>(char*)@/lib/libx.so main.c:3@main@/bin/x");
	value = document_of(&f, NULL, KEY_FILENAME, 9);
	check_string(value, "rows.0.filename", "a.c");
	json_decref(value);
	value = document_of(&f, NULL, KEY_FUNCTION, 9);
	check_string(value, "rows.0.label", "ns::f<int>(char*) (libx.so)");
	check_string(value, "rows.0.function", "ns::f<int>(char*)");
	check_string(value, "rows.0.module", "/lib/libx.so");
	json_decref(value);
	value = document_of(&f, NULL, KEY_MODULE, 9);
	check_string(value, "rows.0.module", "/lib/libx.so");
	json_decref(value);
	value = document_of(&f, NULL, KEY_TRACEBACK, 9);
	check_string(value, "rows.0.label", "a.c:1");
	ck_assert_uint_eq(json_array_size(at(value, "rows.0.traceback")), 2);
	json_decref(value);
	value = document_of(&f, NULL, KEY_DOMAIN, 9);
	check_string(value, "rows.0.label", "new");
	check_int(value, "rows.0.domain", 1);
	json_decref(value);
	value = document_of(&f, NULL, KEY_THREAD, 9);
	check_int(value, "rows.0.thread", 77);
	json_decref(value);
	fixture_deinit(&f);

#test diff
	struct fixture f;
	struct snapshot *s1;
	json_t *value;

	fixture_init(&f);
	fixture_s1(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_free_all(&f);
	fixture_s2(&f);
	value = document_of(&f, s1, KEY_LINENO, 3);
	check_int(value, "total_size", 5432);
	check_int(value, "total_size_diff", 5432 - 105);
	check_int(value, "total_count_diff", 0);
	check_int(value, "other_size_diff", -7);
	check_string(value, "rows.0.label", "a.py:5");
	check_int(value, "rows.0.size_diff", 5000);
	check_int(value, "rows.0.count_diff", 1);
	check_int(value, "rows.2.size", 0);
	check_int(value, "rows.2.size_diff", -66);
	ck_assert_ptr_null(json_object_get(at(value, "rows.2"), "average"));
	ck_assert_ptr_null(json_object_get(at(value, "rows.2"), "allocated"));
	json_decref(value);
	snapshot_destroy(s1);
	fixture_deinit(&f);

#test older_blocks
	struct fixture f;
	struct snapshot *s1;
	struct stats_options all = {.key = KEY_LINENO, .want_all = true};
	struct frame_source source;
	struct stats *stats;
	enum group_key key;
	FILE *out;
	json_t *value;
	int i;

	fixture_init(&f);
	source = source_of(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 1, 0, 1, 100, "a.c:1@f@/bin/p");
	for (i = 0; i < 3; i++)
		ck_ok(heap_free_older(f.heap, 40, 40));
	ck_ok(heap_free_older(f.heap, 0, 0));
	for (key = 0; key < NUM_KEYS; key++) {
		value = document_of(&f, s1, key, 9);
		check_int(value, "older.blocks", 4);
		check_int(value, "older.size", 120);
		check_int(value, "older.unsized_blocks", 1);
		check_int(value, "total_size", -20);
		check_int(value, "total_size_diff", -20);
		check_int(value, "total_count_diff", -3);
		check_string(value, "rows.0.label", "<before attach>");
		ck_assert(json_is_true(at(value, "rows.0.before_attach")));
		check_int(value, "rows.0.size", -120);
		check_int(value, "rows.0.count_diff", -4);
		ck_assert_double_eq(json_real_value(at(value, "rows.0.average")), 30);
		check_int(value, "rows.0.total_nframe", 0);
		ck_assert_uint_eq(json_array_size(at(value, "rows.0.traceback")), 0);
		ck_assert_uint_eq(json_object_size(at(value, "rows.0")), 9);
		ck_assert_ptr_null(json_object_get(at(value, "rows.1"), "before_attach"));
		json_decref(value);
	}
	// Plain statistics do not know them.
	value = document_of(&f, NULL, KEY_LINENO, 9);
	ck_assert_ptr_null(json_object_get(value, "older"));
	check_int(value, "num_rows", 1);
	json_decref(value);
	snapshot_destroy(s1);
	s1 = fixture_snapshot(&f, "s1");
	ck_ok(stats_snapshot(s1, &all, SORT_DEFAULT, &f.resolver, &stats));
	out = out_begin();
	ck_ok(jsonl_stats(jsonl_begin("top"), out, stats, false, &source, 1));
	value = out_line(out);
	check_int(value, "older.blocks", 4);
	check_int(value, "total_size", -20);
	check_int(value, "other_size", -120);
	json_decref(value);
	out = out_begin();
	ck_err(jsonl_traceback(jsonl_begin("traceback"), out, stats, 1, false, &source,
			       &(struct traceback_options){0}),
	       ERR_NOT_FOUND, "no traceback");
	fclose(out);
	ck_assert_uint_eq(out_size, 0);
	free(out_text);
	stats_destroy(stats);
	snapshot_destroy(s1);
	fixture_deinit(&f);

#test caller_members_and_errors
	struct fixture f;
	struct frame_source source;
	struct jsonl *doc = jsonl_begin("top");
	struct stats *stats;
	FILE *out = out_begin();
	json_t *value;

	fixture_init(&f);
	fixture_s1(&f);
	source = source_of(&f);
	stats = stats_of(&f, NULL, KEY_LINENO);
	jsonl_string(doc, "snapshot", "live");
	ck_ok(jsonl_stats(doc, out, stats, false, &source, 1));
	value = out_line(out);
	check_string(value, "snapshot", "live");
	check_int(value, "num_rows", 4);
	json_decref(value);
	// Out of memory, and a resolver that fails.
	out = out_begin();
	ck_err(jsonl_stats(NULL, out, stats, false, &source, 1), ERR_NOMEM, "memory");
	f.is_broken = true;
	ck_err(jsonl_stats(jsonl_begin("top"), out, stats, false, &source, 1), ERR_FORMAT, "broken");
	fclose(out);
	free(out_text);
	stats_destroy(stats);
	fixture_deinit(&f);

#test growth
	struct fixture f;
	struct frame_source source;
	struct snapshot *snapshots[3];
	struct stats_options options = {.key = KEY_LINENO};
	struct growth *growth;
	FILE *out = out_begin();
	json_t *value;
	int i;

	fixture_init(&f);
	source = source_of(&f);
	for (i = 0; i < 3; i++) {
		fixture_alloc(&f, 1, 0, 1, 100, "leak.c:1");
		if (i == 0)
			fixture_alloc(&f, 1, 0, 1, 9000, "cache.c:1");
		snapshots[i] = fixture_snapshot(&f, "s");
		snapshots[i]->time_ns = 1000000000ull * (1 + 2 * i);
	}
	ck_ok(growth_create((const struct snapshot *const *)snapshots, 3, &options, &f.resolver, &growth));
	ck_ok(jsonl_growth(jsonl_begin("growth"), out, growth, &source, 1));
	value = out_line(out);
	check_int(value, "num_snapshots", 3);
	check_int(value, "num_growing", 1);
	ck_assert_double_eq(json_real_value(at(value, "seconds")), 4);
	check_int(value, "total_size_diff", 200);
	check_string(value, "rows.0.label", "leak.c:1");
	check_int(value, "rows.0.size_diff", 200);
	check_int(value, "rows.0.grown", 2);
	check_int(value, "rows.0.shrunk", 0);
	ck_assert(json_is_true(at(value, "rows.0.monotone")));
	ck_assert_double_eq_tol(json_real_value(at(value, "rows.0.per_snapshot")), 100, 1e-9);
	ck_assert_double_eq_tol(json_real_value(at(value, "rows.0.per_second")), 50, 1e-9);
	check_string(value, "rows.0.traceback.0.location", "leak.c:1");
	check_int(value, "num_other", 1);
	json_decref(value);
	growth_destroy(growth);
	for (i = 0; i < 3; i++)
		snapshot_destroy(snapshots[i]);
	fixture_deinit(&f);

#test gate
	struct fixture f;
	struct frame_source source;
	struct snapshot *s1, *s2;
	struct stats_options options = {.key = KEY_LINENO};
	struct gate_options gate_options = {.max = 50, .pattern = "leak.c"};
	struct gate *gate;
	FILE *out = out_begin();
	json_t *value;

	fixture_init(&f);
	source = source_of(&f);
	s1 = fixture_snapshot(&f, "s1");
	fixture_alloc(&f, 2, 0, 1, 100, "leak.c:1");
	fixture_alloc(&f, 2, 0, 1, 100, "other.c:1");
	s2 = fixture_snapshot(&f, "s2");
	ck_ok(gate_check(s1, s2, &options, &gate_options, &f.resolver, &gate));
	ck_ok(jsonl_gate(jsonl_begin("check"), out, gate, &source, 10));
	value = out_line(out);
	ck_assert(json_is_true(at(value, "exceeded")));
	check_int(value, "growth", 200);
	check_int(value, "count_growth", 2);
	check_int(value, "max", 50);
	check_int(value, "num_matched", 1);
	ck_assert_uint_eq(json_array_size(at(value, "rows")), 1);
	check_int(value, "rows.0.size_diff", 200);
	json_decref(value);
	gate_destroy(gate);
	snapshot_destroy(s1);
	snapshot_destroy(s2);
	fixture_deinit(&f);

#test traceback
	struct fixture f;
	struct frame_source source;
	struct traceback_options options = {.has_limit = true, .limit = 2};
	struct stats *stats;
	FILE *out = out_begin();
	json_t *value;

	fixture_init(&f);
	source = source_of(&f);
	fixture_alloc(&f, 1, 0, 1, 10, "a.c:5@f b.c:6@g c.c:7@h");
	stats = stats_of(&f, NULL, KEY_TRACEBACK);
	ck_ok(jsonl_traceback(jsonl_begin("traceback"), out, stats, 0, false, &source, &options));
	value = out_line(out);
	check_string(value, "command", "traceback");
	check_string(value, "key", "traceback");
	check_string(value, "label", "a.c:5");
	check_int(value, "size", 10);
	check_int(value, "total_nframe", 3);
	ck_assert_uint_eq(json_array_size(at(value, "traceback")), 2);
	check_string(value, "traceback.0.location", "a.c:5");
	check_string(value, "traceback.0.source", "p = malloc(5);");
	check_string(value, "traceback.1.location", "b.c:6");
	json_decref(value);
	// The oldest one.
	options.limit = -1;
	out = out_begin();
	ck_ok(jsonl_traceback(jsonl_begin("traceback"), out, stats, 0, true, &source, &options));
	value = out_line(out);
	ck_assert_uint_eq(json_array_size(at(value, "traceback")), 1);
	check_string(value, "traceback.0.location", "c.c:7");
	check_int(value, "size_diff", 0);
	json_decref(value);
	f.is_broken = true;
	out = out_begin();
	ck_err(jsonl_traceback(jsonl_begin("traceback"), out, stats, 0, true, &source, &options), ERR_FORMAT,
	       "broken");
	fclose(out);
	ck_assert_uint_eq(out_size, 0);
	free(out_text);
	stats_destroy(stats);
	fixture_deinit(&f);

#test traces
	// One object a line, with these members and no other.
	struct fixture f;
	struct frame_source source;
	struct stats_options options = {0};
	struct snapshot *s;
	struct traces *traces;
	FILE *out = out_begin();
	uint64_t size = 0, count = 0;
	char *line, *save;
	int num = 0;

	fixture_init(&f);
	source = source_of(&f);
	fixture_s1(&f);
	fixture_alloc(&f, 1, 0, 2, 10, "a.py:2 b.py:4");
	fixture_alloc(&f, 1, 0, 2, 0, "\xff.c:1@operator\"\"_s@/bin/\xfe|x.c:2");
	s = fixture_snapshot(&f, "s");
	ck_ok(traces_create(s, &options, &f.resolver, &traces));
	ck_ok(jsonl_traces(out, traces, &source));
	fclose(out);
	for (line = strtok_r(out_text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), num++) {
		json_t *value = parse(line);

		ck_assert_uint_eq(json_object_size(value), 6);
		ck_assert_uint_eq(json_object_size(at(value, "frames.0")), 6);
		size += json_integer_value(at(value, "size"));
		count += json_integer_value(at(value, "count"));
		if (num == 1) {
			check_int(value, "domain", 0);
			check_int(value, "size", 40);
			check_int(value, "count", 4);
			check_int(value, "total_nframe", 2);
			check_string(value, "frames.0.location", "a.py:2");
			check_string(value, "frames.1.location", "b.py:4");
		}
		if (num == 4) {
			check_string(value, "frames.0.location", "\\xff.c:1");
			check_string(value, "frames.0.function", "operator\"\"_s");
			check_string(value, "frames.0.module", "/bin/\\xfe");
			check_string(value, "frames.1.location", "x.c:2");
			check_int(value, "total_nframe", 1);
		}
		json_decref(value);
	}
	free(out_text);
	ck_assert_int_eq(num, 5);
	ck_assert_uint_eq(size, s->totals.live_bytes);
	ck_assert_uint_eq(count, s->totals.live_blocks);
	traces_destroy(traces);
	snapshot_destroy(s);
	fixture_deinit(&f);
