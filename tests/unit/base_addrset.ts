// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/addrset.h"
#include "test_util.h"

/** Few pages, so that they fill, empty and come again; one member in seven is no multiple of eight. */
#define NUM_ADDRS 4000

static uint64_t addr_of(unsigned i)
{
	uint64_t page = 0x7f0000000000ull + (uint64_t)(i % 13) * 0x1000000;

	return page + (uint64_t)(i / 13) * 24 + (i % 7 == 0 ? 3 : 0);
}

static unsigned next_random(unsigned *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 8;
}

#suite base_addrset

#tcase addrset

#test empty
	struct addrset set = {0};

	ck_assert(!addrset_has(&set, 0));
	ck_assert(!addrset_has(&set, UINT64_MAX));
	ck_assert(!addrset_remove(&set, 16));
	ck_assert(!addrset_add(&set, UINT64_MAX));
	ck_assert_uint_eq(set.num, 0);
	addrset_deinit(&set);

#test neighbours_are_told_apart
	struct addrset set = {0};

	ck_assert(addrset_add(&set, 0x1000));
	ck_assert(addrset_add(&set, 0x1000));
	ck_assert_uint_eq(set.num, 1);
	ck_assert(!addrset_has(&set, 0x1008));
	ck_assert(!addrset_has(&set, 0x1001));
	ck_assert(!addrset_has(&set, 0x1200));
	ck_assert(!addrset_has(&set, 0x2000));
	ck_assert(addrset_add(&set, 0x1001));
	ck_assert(addrset_remove(&set, 0x1000));
	ck_assert(addrset_has(&set, 0x1001));
	ck_assert(!addrset_has(&set, 0x1000));
	addrset_deinit(&set);

#test as_a_plain_array_of_flags
	struct addrset set = {0};
	static bool is_in[NUM_ADDRS];
	unsigned round, i, state = 1;
	size_t num = 0;

	for (round = 0; round < 200000; round++) {
		i = next_random(&state) % NUM_ADDRS;
		// Mostly adding for a while, then mostly removing: pages become empty.
		if (next_random(&state) % 8 < (round / 20000 % 2 ? 2u : 6u)) {
			ck_assert(addrset_add(&set, addr_of(i)));
			num += !is_in[i];
			is_in[i] = true;
		} else {
			ck_assert_int_eq(addrset_remove(&set, addr_of(i)), is_in[i]);
			num -= is_in[i];
			is_in[i] = false;
		}
		ck_assert_uint_eq(set.num, num);
	}
	for (i = 0; i < NUM_ADDRS; i++)
		ck_assert_int_eq(addrset_has(&set, addr_of(i)), is_in[i]);
	addrset_deinit(&set);

#test pages_are_used_again
	struct addrset set = {0};
	uint64_t addr;

	for (addr = 1; addr < 100000; addr++) {
		ck_assert(addrset_add(&set, addr << 13));
		if (addr > 10)
			ck_assert(addrset_remove(&set, (addr - 10) << 13));
	}
	ck_assert_uint_le(set.pages.num, 16);
	addrset_deinit(&set);

#test small_blocks_cost_little
	struct addrset set = {0};
	uint64_t i;

	for (i = 0; i < 1000000; i++)
		ck_assert(addrset_add(&set, 0x5500000000ull + i * 96));
	ck_assert_uint_le(addrset_memory(&set), 5 * i);
	addrset_deinit(&set);
