// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hmap.h"
#include "test_util.h"

#include <malloc.h>

#define NUM_KEYS 500

/** A few keys that are legal but odd, the rest dense: many collisions after masking, many equal high halves. */
static uint64_t key_of(unsigned i)
{
	if (i == 0)
		return 0;
	if (i == 1)
		return HMAP_NO_KEY - 1;
	return i % 2 ? i * 16ull : (uint64_t)i << 40;
}

static void check_all(const struct hmap *map, const bool *is_there, const uint64_t *values)
{
	size_t num = 0;
	unsigned i;

	for (i = 0; i < NUM_KEYS; i++) {
		uint64_t *value = hmap_find(map, key_of(i));

		ck_assert_int_eq(value != NULL, is_there[i]);
		if (value)
			ck_assert_uint_eq(*value, values[i]);
		num += is_there[i];
	}
	ck_assert_uint_eq(map->num, num);
	ck_assert_uint_le(map->num, map->cap - map->cap / 4);
}

#suite base_hmap

#tcase hmap

#test empty
	struct hmap map = {0};

	ck_assert_ptr_null(hmap_find(&map, 1));
	ck_assert(!hmap_remove(&map, 1));
	hmap_deinit(&map);

#test set_replaces
	struct hmap map = {0};

	ck_assert(hmap_set(&map, 7, 1));
	ck_assert(hmap_set(&map, 7, 2));
	ck_assert_uint_eq(map.num, 1);
	ck_assert_uint_eq(*hmap_find(&map, 7), 2);
	*hmap_find(&map, 7) = 3;
	ck_assert_uint_eq(*hmap_find(&map, 7), 3);
	hmap_deinit(&map);
	ck_assert_ptr_null(hmap_find(&map, 7));
	ck_assert(hmap_set(&map, 7, 4));
	ck_assert_uint_eq(*hmap_find(&map, 7), 4);
	hmap_deinit(&map);

#test random_against_model
	struct hmap map = {0};
	bool is_there[NUM_KEYS] = {false};
	uint64_t values[NUM_KEYS] = {0}, state = 42;
	unsigned step;

	for (step = 0; step < 60000; step++) {
		unsigned i = test_random(&state) % NUM_KEYS;
		// Waves of growth and shrinking.
		bool want_set = test_random(&state) % 100 < (step / 3000 % 2 ? 30 : 70);

		if (want_set) {
			values[i] = test_random(&state);
			ck_assert(hmap_set(&map, key_of(i), values[i]));
			is_there[i] = true;
		} else {
			ck_assert_int_eq(hmap_remove(&map, key_of(i)), is_there[i]);
			is_there[i] = false;
		}
		if (step % 500 == 0)
			check_all(&map, is_there, values);
	}
	check_all(&map, is_there, values);
	hmap_deinit(&map);

#test each
	unsigned values[NUM_KEYS], seen[NUM_KEYS] = {0}, *value;
	struct hmap map = {0};
	size_t i, num = 0;

	hmap_each (&map, i, value)
		num++;
	ck_assert_uint_eq(num, 0);
	for (i = 0; i < NUM_KEYS; i++) {
		values[i] = i;
		ck_assert(hmap_set(&map, key_of(i), (uintptr_t)&values[i]));
	}
	for (i = 0; i < NUM_KEYS; i += 3)
		ck_assert(hmap_remove(&map, key_of(i)));
	hmap_each (&map, i, value)
		seen[*value]++;
	for (i = 0; i < NUM_KEYS; i++)
		ck_assert_uint_eq(seen[i], i % 3 != 0);
	hmap_each (&map, i, value) {
		if (++num == 5)
			break;
	}
	ck_assert_uint_eq(num, 5);
	ck_assert_uint_lt(i, map.cap);
	hmap_deinit(&map);

#test deinit_owned
	// Too large for the caches of threads, which mallinfo2() takes for blocks in use. With ASan it is always 0, and the leak
	// is LeakSanitizer's to find.
	const size_t size = 4096;
	size_t before = mallinfo2().uordblks;
	struct hmap map = {0};
	uint64_t key;

	for (key = 0; key < 200; key++)
		ck_assert(hmap_set(&map, key, key % 2 ? (uintptr_t)malloc(size) : 0));
	hmap_deinit_owned(&map);
	ck_assert_uint_eq(map.num, 0);
	ck_assert_uint_lt(mallinfo2().uordblks, before + size);
