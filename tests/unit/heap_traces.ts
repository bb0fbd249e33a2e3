// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/traces.h"

#include "heap/traceback.h"
#include "heap_fixture.h"

static struct traces *traces_of(struct fixture *f, const struct snapshot *s)
{
	struct stats_options options = {0};
	struct traces *traces;

	ck_ok(traces_create(s, &options, &f->resolver, &traces));
	return traces;
}

#suite heap_traces

#tcase traces

#test threads_merge_domains_do_not
	struct fixture f;
	struct snapshot *s;
	struct traces *traces;
	uint64_t gone;

	fixture_init(&f);
	fixture_alloc(&f, 2, 0, 1, 10, "a.c:1 m.c:1");
	fixture_alloc(&f, 1, 0, 2, 10, "a.c:1 m.c:1");
	fixture_alloc(&f, 1, 1, 1, 30, "a.c:1 m.c:1");
	gone = fixture_alloc(&f, 1, 0, 1, 999, "gone.c:1");
	heap_free(f.heap, gone);
	s = fixture_snapshot(&f, "s");
	traces = traces_of(&f, s);
	snapshot_destroy(s);
	ck_assert_uint_eq(traces->num, 2);
	ck_assert_uint_eq(traces->total_size, 60);
	ck_assert_uint_eq(traces->total_count, 4);
	ck_assert_uint_eq(traces->items[0].domain, 0);
	ck_assert_uint_eq(traces->items[0].size, 30);
	ck_assert_uint_eq(traces->items[0].count, 3);
	ck_assert_uint_eq(traces->items[1].domain, 1);
	ck_assert_uint_eq(traces->items[1].count, 1);
	ck_assert_uint_eq(traces->items[0].stack, traces->items[1].stack);
	traces_destroy(traces);
	traces_destroy(NULL);
	fixture_deinit(&f);

#test T9_T10_true_depth_is_part_of_a_trace
	struct fixture f;
	struct snapshot *s;
	struct traces *traces;
	uint64_t frames[2];
	uint32_t id, deep;

	fixture_init(&f);
	frames[0] = fixture_frame(&f, "a.c:1");
	frames[1] = fixture_frame(&f, "b.c:1");
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 2, 2, 0, &id));
	ck_ok(heap_alloc(f.heap, 16, 1, id, 0, 1));
	ck_ok(stacks_intern(heap_stacks(f.heap), frames, 2, 9, 0, &deep));
	ck_ok(heap_alloc(f.heap, 32, 2, deep, 0, 1));
	s = fixture_snapshot(&f, "s");
	traces = traces_of(&f, s);
	ck_assert_uint_eq(traces->num, 2);
	ck_assert_uint_eq(traces->items[0].stack, deep);
	ck_assert_uint_eq(stacks_get(heap_stacks(f.heap), deep).total_nframe, 9);
	traces_destroy(traces);
	snapshot_destroy(s);
	fixture_deinit(&f);

#test sums_and_order
	struct fixture f;
	struct snapshot *s;
	struct traces *traces;
	uint64_t state = 9;
	size_t i;

	fixture_init(&f);
	for (i = 0; i < 500; i++) {
		char text[32];

		snprintf(text, sizeof(text), "a.c:%u", (unsigned)test_random(&state) % 50);
		fixture_alloc(&f, 1, test_random(&state) % 3, test_random(&state) % 4, test_random(&state) % 20,
			      text);
	}
	s = fixture_snapshot(&f, "s");
	traces = traces_of(&f, s);
	ck_assert_uint_eq(traces->total_size, s->totals.live_bytes);
	ck_assert_uint_eq(traces->total_count, 500);
	ck_assert_uint_le(traces->num, 150);
	for (i = 1; i < traces->num; i++) {
		const struct trace *a = &traces->items[i - 1], *b = &traces->items[i];

		ck_assert(a->size > b->size ||
			  (a->size == b->size && (a->count > b->count ||
						  (a->count == b->count &&
						   (a->domain < b->domain ||
						    (a->domain == b->domain && a->stack < b->stack))))));
	}
	traces_destroy(traces);
	snapshot_destroy(s);
	fixture_deinit(&f);

#tcase traceback

#test locations_and_frames
	struct fixture f;
	_cleanup_traceback_ struct traceback traceback = {0};
	struct stack stack;
	char text[60 * 12 + 1] = "";
	int i;

	fixture_init(&f);
	stack = stacks_get(heap_stacks(f.heap), fixture_stack(&f, "a.c:1|b.c:2 <unknown> c.c:3"));
	ck_ok(traceback_fill(&traceback, &f.resolver, &stack));
	ck_assert_uint_eq(traceback.num, 4);
	ck_assert_uint_eq(traceback.locations[1].line, 2);
	ck_assert_uint_eq(traceback.frames[0], stack_frame(&stack, 0));
	ck_assert_uint_eq(traceback.frames[1], stack_frame(&stack, 0));
	ck_assert_uint_eq(traceback.frames[2], FRAME_UNKNOWN);
	ck_assert_uint_eq(traceback.locations[3].line, 3);
	// Again, longer than before.
	for (i = 0; i < 60; i++)
		strcat(text, "x.c:1|y.c:2 ");
	stack = stacks_get(heap_stacks(f.heap), fixture_stack(&f, text));
	ck_ok(traceback_fill(&traceback, &f.resolver, &stack));
	ck_assert_uint_eq(traceback.num, 120);
	ck_assert_uint_eq(traceback.locations[119].line, 2);
	f.is_broken = true;
	ck_err(traceback_fill(&traceback, &f.resolver, &stack), ERR_FORMAT, "broken");
	ck_assert_uint_eq(traceback.num, 0);
	fixture_deinit(&f);
