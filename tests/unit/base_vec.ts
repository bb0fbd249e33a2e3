// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/vec.h"
#include "test_util.h"

/** Larger than a pointer, of a size that is no power of two. */
struct item {
	uint32_t number;
	uint32_t more[2];
};

struct items {
	VEC(struct item) v;
};

static void fill(struct items *items, uint32_t num)
{
	uint32_t i;

	for (i = 0; i < num; i++)
		ck_assert(vec_push(&items->v, ((struct item){i, {i * 2, i * 3}})));
}

static void check_item(struct item item, uint32_t number)
{
	ck_assert_uint_eq(item.number, number);
	ck_assert_uint_eq(item.more[0], number * 2);
	ck_assert_uint_eq(item.more[1], number * 3);
}

#suite base_vec

#tcase vec

#test push_and_deinit
	struct items items = {0};
	uint32_t i;

	fill(&items, 100);
	ck_assert_uint_eq(items.v.num, 100);
	for (i = 0; i < 100; i++)
		check_item(items.v.items[i], i);
	vec_deinit(&items.v);
	ck_assert_uint_eq(items.v.num, 0);
	ck_assert_uint_eq(items.v.cap, 0);
	fill(&items, 1);
	vec_deinit(&items.v);

#test shift_is_first_in_first_out
	struct items items = {0};
	uint32_t i;

	// To the last place of the array: what lies behind it is not read.
	fill(&items, 8);
	ck_assert_uint_eq(items.v.num, items.v.cap);
	for (i = 0; i < 8; i++) {
		check_item(vec_shift(&items.v), i);
		ck_assert_uint_eq(items.v.num, 7 - i);
	}
	fill(&items, 3);
	check_item(vec_shift(&items.v), 0);
	check_item(items.v.items[0], 1);
	check_item(items.v.items[1], 2);
	vec_deinit(&items.v);

#test remove_closes_the_gap
	struct items items = {0};

	fill(&items, 5);
	vec_remove(&items.v, 2);
	ck_assert_uint_eq(items.v.num, 4);
	check_item(items.v.items[0], 0);
	check_item(items.v.items[1], 1);
	check_item(items.v.items[2], 3);
	check_item(items.v.items[3], 4);
	vec_remove(&items.v, items.v.num - 1);
	ck_assert_uint_eq(items.v.num, 3);
	check_item(items.v.items[2], 3);
	vec_remove(&items.v, 0);
	check_item(items.v.items[0], 1);
	check_item(items.v.items[1], 3);
	vec_deinit(&items.v);
