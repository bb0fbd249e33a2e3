// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/frame.h"
#include "heap/heap.h"
#include "heap/stacks.h"
#include "test_util.h"

#include <stdlib.h>

static struct stacks *create(void)
{
	struct stacks *stacks;

	ck_ok(stacks_create(&stacks));
	return stacks;
}

static uint32_t intern(struct stacks *stacks, const uint64_t *frames, size_t num, size_t total,
		       uint32_t flags)
{
	uint32_t id;

	ck_ok(stacks_intern(stacks, frames, num, total, flags, &id));
	return id;
}

static void check_frames(const struct stack *stack, const uint64_t *frames)
{
	uint32_t i;

	for (i = 0; i < stack->num_frames; i++)
		ck_assert_uint_eq(stack_frame(stack, i), frames[i]);
}

#suite heap_stacks

#tcase stacks

#test frame_bits
	uint64_t frame = frame_make(FRAME_MODULE_MAX, FRAME_ADDR_MASK);

	ck_assert_uint_eq(frame_module(frame), FRAME_MODULE_MAX);
	ck_assert_uint_eq(frame_addr(frame), FRAME_ADDR_MASK);
	ck_assert_uint_eq(frame_make(0, 0), FRAME_UNKNOWN);

#test T10_same_stack_same_id
	struct stacks *stacks = create();
	uint64_t frames[] = {3, 2, 1}, copy[] = {3, 2, 1};
	struct stack stack;
	uint32_t id = intern(stacks, frames, 3, 3, 0);

	ck_assert_uint_eq(id, 0);
	frames[0] = 99;
	ck_assert_uint_eq(intern(stacks, copy, 3, 3, 0), id);
	stack = stacks_get(stacks, id);
	ck_assert_uint_eq(stack_frame(&stack, 0), 3);
	ck_assert_uint_eq(intern(stacks, frames, 3, 3, 0), 1);
	ck_assert_uint_eq(stacks_num(stacks), 2);
	stacks_destroy(stacks);
	stacks_destroy(NULL);

#test T10_depth_and_flags_are_part_of_it
	struct stacks *stacks = create();
	const uint64_t frames[] = {3, 2, 1};
	uint32_t a = intern(stacks, frames, 3, 3, 0), b = intern(stacks, frames, 3, 4, 0);
	uint32_t c = intern(stacks, frames, 3, 3, STACK_TRUNCATED), d = intern(stacks, frames, 2, 3, 0);

	ck_assert_uint_eq(stacks_num(stacks), 4);
	ck_assert_uint_eq(stacks_get(stacks, a).total_nframe, 3);
	ck_assert_uint_eq(stacks_get(stacks, b).total_nframe, 4);
	ck_assert_uint_eq(stacks_get(stacks, c).flags, STACK_TRUNCATED);
	ck_assert_uint_eq(stacks_get(stacks, d).num_frames, 2);
	stacks_destroy(stacks);

#test find_adds_nothing
	struct stacks *stacks = create();
	const uint64_t frames[] = {3, 2, 1};
	uint32_t id = intern(stacks, frames, 3, 4, 0), found = 99;

	ck_assert(stacks_find(stacks, frames, 3, 4, 0, &found));
	ck_assert_uint_eq(found, id);
	ck_assert(!stacks_find(stacks, frames, 3, 3, 0, &found));
	ck_assert(!stacks_find(stacks, frames + 1, 2, 4, 0, &found));
	ck_assert(!stacks_find(stacks, NULL, 0, 0, 0, &found));
	ck_assert_uint_eq(stacks_num(stacks), 1);
	ck_assert_uint_eq(stacks_num_frames(stacks), 3);
	stacks_destroy(stacks);

#test T9_total_nframe
	struct stacks *stacks = create();
	const uint64_t frames[] = {5, 4, 3, 2, 1};

	ck_assert_uint_eq(stacks_get(stacks, intern(stacks, frames, 5, 10, 0)).total_nframe, 10);
	ck_assert_uint_eq(stacks_get(stacks, intern(stacks, frames, 5, 65535, 0)).total_nframe, 65535);
	// It saturates, and is never below what is stored.
	ck_assert_uint_eq(stacks_get(stacks, intern(stacks, frames, 5, 1 << 20, 0)).total_nframe, 65535);
	ck_assert_uint_eq(stacks_get(stacks, intern(stacks, frames, 5, 0, 0)).total_nframe, 5);
	stacks_destroy(stacks);

#test T9_at_least_one_frame
	struct stacks *stacks = create();
	struct stack stack = stacks_get(stacks, intern(stacks, NULL, 0, 0, 0));

	ck_assert_uint_eq(stack.num_frames, 1);
	ck_assert_uint_eq(stack.total_nframe, 1);
	ck_assert_uint_eq(stack_frame(&stack, 0), FRAME_UNKNOWN);
	stacks_destroy(stacks);

#test longest_stack
	struct stacks *stacks = create();
	uint64_t *frames = calloc(70000, sizeof(*frames)), shallow = 1;
	uint32_t deep, small = intern(stacks, &shallow, 1, 1, 0), i;
	struct stack stack;

	for (i = 0; i < 70000; i++)
		frames[i] = i + 1;
	deep = intern(stacks, frames, 65535, 65535, 0);
	ck_assert_uint_eq(intern(stacks, &shallow, 1, 1, 0), small);
	stack = stacks_get(stacks, deep);
	ck_assert_uint_eq(stack.num_frames, 65535);
	check_frames(&stack, frames);
	ck_assert_uint_eq(intern(stacks, frames, 65535, 65535, 0), deep);
	// More than the limit is cut, not lost.
	ck_assert_uint_eq(intern(stacks, frames, 70000, 70000, 0), deep);
	free(frames);
	stacks_destroy(stacks);

#test random_against_model
	// 3 frames of 12 values each: at most 1728 stacks of which each is met often.
	struct stacks *stacks = create();
	static uint32_t ids[12][12][12];
	const uint32_t *first = NULL;
	uint64_t state = 7;
	uint32_t step, num = 0;

	for (step = 0; step < 50000; step++) {
		uint64_t r = test_random(&state);
		unsigned a = r % 12, b = r / 12 % 12, c = r / 144 % 12;
		uint64_t frames[] = {frame_make(a, 5), frame_make(1, b), c};
		uint32_t id = intern(stacks, frames, 3, 3, 0);
		struct stack stack = stacks_get(stacks, id);

		if (!ids[a][b][c])
			ids[a][b][c] = ++num;
		ck_assert_uint_eq(id + 1, ids[a][b][c]);
		ck_assert_uint_eq(stack.num_frames, 3);
		check_frames(&stack, frames);
		ck_assert_uint_eq(stacks_num(stacks), num);
		if (!first)
			first = stack.ids;
	}
	ck_assert_uint_gt(num, 1700);
	// Three times twelve, and two frames are met in two places.
	ck_assert_uint_eq(stacks_num_frames(stacks), 34);
	// Nothing moves.
	ck_assert_ptr_eq(stacks_get(stacks, 0).ids, first);
	stacks_destroy(stacks);

#test memory_of_a_stack_and_its_site
	struct heap *heap;
	size_t blocks, rest, top;
	uint64_t frames[24] = {0};
	uint32_t id, i;

	ck_ok(heap_create(&heap));
	for (i = 0, top = 4096; i < 120000; i++) {
		frames[0] = i;
		ck_ok(stacks_intern(heap_stacks(heap), frames, 24, 24, 0, &id));
		ck_ok(heap_alloc(heap, 0x1000, 8, id, 0, 1));
		if (i + 1 != top)
			continue;
		heap_memory(heap, &blocks, &rest);
		ck_assert_msg(rest <= 300 * top, "%zu bytes a stack at %zu", rest / top, top);
		top += 3001;
	}
	heap_destroy(heap);
