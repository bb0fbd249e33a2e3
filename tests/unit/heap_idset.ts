// SPDX-License-Identifier: GPL-3.0-or-later
#include "heap/arena.h"
#include "heap/idset.h"
#include "test_util.h"

static unsigned count(const struct idset *set, uint32_t hash, uint64_t *sum_ret)
{
	unsigned num = 0;
	uint32_t id;
	size_t pos;

	*sum_ret = 0;
	for (pos = idset_first(set, hash); idset_next(set, hash, &pos, &id); num++)
		*sum_ret += id;
	return num;
}

#suite heap_idset

#tcase idset

#test none
	struct idset set = {0};
	uint64_t sum;

	ck_assert_uint_eq(count(&set, 0, &sum), 0);
	ck_assert_uint_eq(idset_memory(&set), 0);
	idset_deinit(&set);

#test ids_of_a_hash
	// 300 hashes that share their low bits in threes, each with 3 ids.
	struct idset set = {0};
	uint32_t id, hash;
	uint64_t sum;

	for (id = 0; id < 900; id++) {
		hash = id % 300;
		ck_assert(idset_reserve_one(&set));
		idset_add(&set, hash / 3 | (hash % 3) << 30, id);
		ck_assert_uint_le(set.num * 4, set.cap * 3);
	}
	for (hash = 0; hash < 300; hash++) {
		ck_assert_uint_eq(count(&set, hash / 3 | (hash % 3) << 30, &sum), 3);
		ck_assert_uint_eq(sum, 3 * hash + 900);
	}
	ck_assert_uint_eq(count(&set, 1u << 29, &sum), 0);
	ck_assert_uint_le(idset_memory(&set), 900 * 22);
	idset_deinit(&set);

#tcase arena

#test pieces_do_not_overlap_or_move
	struct arena arena = {0};
	unsigned char *pieces[2000];
	size_t sizes[2000], total = 0, i, k;
	uint64_t state = 3;

	for (i = 0; i < 2000; i++) {
		sizes[i] = test_random(&state) % (i % 100 ? 200 : 60000);
		total += sizes[i];
		pieces[i] = arena_alloc(&arena, sizes[i]);
		ck_assert_ptr_nonnull(pieces[i]);
		ck_assert_uint_eq((uintptr_t)pieces[i] % 8, 0);
		memset(pieces[i], (int)i, sizes[i]);
	}
	for (i = 0; i < 2000; i++)
		for (k = 0; k < sizes[i]; k++)
			ck_assert_uint_eq(pieces[i][k], (unsigned char)i);
	ck_assert_uint_ge(arena.memory, total);
	ck_assert_uint_le(arena.memory, total + total / 4);
	ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX - 3));
	arena_deinit(&arena);
	ck_assert_uint_eq(arena.memory, 0);
