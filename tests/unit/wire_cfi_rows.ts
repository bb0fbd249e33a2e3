// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/cfi_rows.h"

#include "base/clock.h"
#include "test_util.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

static struct cfi_rows *rows;

static void create(size_t cap)
{
	rows = mmap(NULL, cfi_rows_shm_size(cap), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	ck_assert_ptr_ne(rows, MAP_FAILED);
	cfi_rows_init(rows, cap);
}

static void create_64(void)
{
	create(64);
}

static void destroy(void)
{
	munmap(rows, cfi_rows_shm_size(rows->cap));
}

/** A row in which every byte follows from n. */
static struct cfi_row row_of(uint16_t n)
{
	struct cfi_row row;

	memset(&row, (uint8_t)n, sizeof(row));
	row.deref_offset = (int16_t)n;
	row.ra_offset = (int16_t)~n;
	return row;
}

static bool is_row_whole(const struct cfi_row *row)
{
	struct cfi_row expected = row_of((uint16_t)row->deref_offset);

	return memcmp(row, &expected, sizeof(expected)) == 0;
}

static void put(uint64_t key, uint16_t n)
{
	struct cfi_row row = row_of(n);

	cfi_rows_put(rows, key, &row);
}

static void check(uint64_t key, uint16_t n)
{
	struct cfi_row row, expected = row_of(n);

	ck_assert_msg(cfi_rows_get(rows, key, &row), "no row for key %#lx", key);
	ck_assert_mem_eq(&row, &expected, sizeof(row));
}

static void check_none(uint64_t key)
{
	struct cfi_row row;

	ck_assert_msg(!cfi_rows_get(rows, key, &row), "a row for key %#lx", key);
}

#define NUM_RACE_KEYS 24
#define RACE_NS       (400 * NS_PER_MS)

static bool want_end;
static uint64_t num_torn, num_wrong, num_got;

static uint64_t race_key(uint64_t i)
{
	return cfi_rows_key(0x401000 + i % NUM_RACE_KEYS * 16, i & 1);
}

static void *read_rows(void *ctx)
{
	uint64_t i, torn = 0, wrong = 0, got = 0;
	struct cfi_row row;

	(void)ctx;
	for (i = 0; !__atomic_load_n(&want_end, __ATOMIC_RELAXED); i++) {
		if (!cfi_rows_get(rows, race_key(i), &row))
			continue;
		got++;
		torn += !is_row_whole(&row);
		// The writer numbers the versions of key i as i, i + 24 ...
		wrong += (uint16_t)row.deref_offset % NUM_RACE_KEYS != i % NUM_RACE_KEYS;
	}
	__atomic_add_fetch(&num_torn, torn, __ATOMIC_RELAXED);
	__atomic_add_fetch(&num_wrong, wrong, __ATOMIC_RELAXED);
	__atomic_add_fetch(&num_got, got, __ATOMIC_RELAXED);
	return NULL;
}

/** Rows come, are withdrawn, and come back as others. */
static void write_rows(void)
{
	uint64_t end = clock_now_ns() + RACE_NS, i, version = 0;

	while (clock_now_ns() < end) {
		version = (version + 1) % 2000;
		for (i = 0; i < 2 * NUM_RACE_KEYS; i++)
			put(race_key(i), (uint16_t)(version * NUM_RACE_KEYS + i % NUM_RACE_KEYS));
		if (version % 3 == 0)
			cfi_rows_withdraw(rows, 0x401000, 0x401080);
		else
			cfi_rows_clear(rows);
	}
}

#suite wire_cfi_rows

#tcase table

#test put_and_get
	check_none(cfi_rows_key(0x401000, false));
	put(cfi_rows_key(0x401000, false), 7);
	put(cfi_rows_key(0x401001, false), 8);
	check(cfi_rows_key(0x401000, false), 7);
	check(cfi_rows_key(0x401001, false), 8);
	check_none(cfi_rows_key(0x401002, false));
	ck_assert_uint_eq(rows->num, 2);

#test call_sites_have_rows_of_their_own
	put(cfi_rows_key(0x401000, false), 1);
	check_none(cfi_rows_key(0x401000, true));
	put(cfi_rows_key(0x401000, true), 2);
	check(cfi_rows_key(0x401000, false), 1);
	check(cfi_rows_key(0x401000, true), 2);

#test one_that_is_there_stays
	put(cfi_rows_key(0x401000, false), 1);
	put(cfi_rows_key(0x401000, false), 2);
	check(cfi_rows_key(0x401000, false), 1);
	ck_assert_uint_eq(rows->num, 1);

#test addresses_without_code
	// Their keys are the marks of slots: after a jump to NULL the pc is 0. A table full of
	// other rows must not answer.
	struct cfi_row row;
	uint64_t i;

	for (i = 0; i < 40; i++)
		put(cfi_rows_key(0x401000 + i, true), 9);
	cfi_rows_withdraw(rows, 0x401000, 0x401010);
	ck_assert_uint_eq(cfi_rows_key(0, false), CFI_ROWS_EMPTY);
	ck_assert_uint_eq(cfi_rows_key(1ull << 63, true), CFI_ROWS_WITHDRAWN);
	for (i = CFI_ROWS_EMPTY; i <= CFI_ROWS_WITHDRAWN; i++) {
		put(i, 5);
		ck_assert(cfi_rows_get(rows, i, &row));
		ck_assert_uint_eq(row.kind, CFI_ROW_NO_CFI);
	}
	ck_assert_uint_eq(rows->num, 40);
	check(cfi_rows_key(0x401020, true), 9);

#test withdraw
	// Call sites belong to the instruction before them.
	put(cfi_rows_key(0x401000, false), 1);
	put(cfi_rows_key(0x401000, true), 2);
	put(cfi_rows_key(0x401001, true), 3);
	put(cfi_rows_key(0x401fff, false), 4);
	put(cfi_rows_key(0x402000, false), 5);
	put(cfi_rows_key(0x402000, true), 6);
	put(cfi_rows_key(0x402001, true), 7);
	cfi_rows_withdraw(rows, 0x401000, 0x402000);
	check_none(cfi_rows_key(0x401000, false));
	check(cfi_rows_key(0x401000, true), 2);
	check_none(cfi_rows_key(0x401001, true));
	check_none(cfi_rows_key(0x401fff, false));
	check(cfi_rows_key(0x402000, false), 5);
	check_none(cfi_rows_key(0x402000, true));
	check(cfi_rows_key(0x402001, true), 7);

#test another_module_at_the_same_place
	unsigned i;

	for (i = 0; i < 10; i++)
		put(cfi_rows_key(0x401000 + i, true), 1);
	cfi_rows_withdraw(rows, 0x401000, 0x402000);
	for (i = 1; i < 10; i++)
		check_none(cfi_rows_key(0x401000 + i, true));
	for (i = 1; i < 10; i++)
		put(cfi_rows_key(0x401000 + i, true), 2);
	for (i = 1; i < 10; i++)
		check(cfi_rows_key(0x401000 + i, true), 2);

#test withdrawn_ones_hide_nothing
	// With 48 keys in 64 slots many stand behind others; those in front go.
	unsigned i;

	for (i = 0; i < 48; i++)
		put(cfi_rows_key(0x401000 + i, false), (uint16_t)i);
	for (i = 0; i < 48; i += 2)
		cfi_rows_withdraw(rows, 0x401000 + i, 0x401001 + i);
	for (i = 0; i < 48; i++)
		if (i % 2)
			check(cfi_rows_key(0x401000 + i, false), (uint16_t)i);
		else
			check_none(cfi_rows_key(0x401000 + i, false));

#test emptied_when_three_quarters_full
	unsigned i;

	for (i = 0; i < 48; i++)
		put(cfi_rows_key(0x401000 + i, false), (uint16_t)i);
	check(cfi_rows_key(0x401000, false), 0);
	ck_assert_uint_eq(rows->num, 48);
	put(cfi_rows_key(0x402000, false), 77);
	ck_assert_uint_eq(rows->num, 1);
	ck_assert_uint_eq(rows->generation, 1);
	check(cfi_rows_key(0x402000, false), 77);
	for (i = 0; i < 48; i++)
		check_none(cfi_rows_key(0x401000 + i, false));

#test withdrawn_ones_count
	// They cannot be reused, so they fill the table as well; it must never be full, or a search
	// would not end.
	unsigned i;

	for (i = 0; i < 1000; i++) {
		put(cfi_rows_key(0x401000, false), (uint16_t)i);
		check(cfi_rows_key(0x401000, false), (uint16_t)i);
		cfi_rows_withdraw(rows, 0x401000, 0x401001);
		check_none(cfi_rows_key(0x401000, false));
		ck_assert_uint_le(rows->num, 48);
	}
	ck_assert_uint_gt(rows->generation, 10);

#test clear
	put(cfi_rows_key(0x401000, false), 1);
	cfi_rows_clear(rows);
	check_none(cfi_rows_key(0x401000, false));
	ck_assert_uint_eq(rows->num, 0);
	put(cfi_rows_key(0x401000, false), 2);
	check(cfi_rows_key(0x401000, false), 2);

#test random_against_model
	// What is there is right; what was put last is there.
	static uint16_t model[512];
	static bool is_known[512];
	uint64_t state = 11, i, k, start;
	struct cfi_row row;

	destroy();
	create(256);
	for (i = 0; i < 30000; i++) {
		k = test_random(&state) % 512;
		if (test_random(&state) % 50 == 0) {
			start = 0x401000 + k;
			cfi_rows_withdraw(rows, start, start + 16);
			for (k = start - 0x401000; k < start - 0x401000 + 16 && k < 512; k++)
				is_known[k] = false;
			continue;
		}
		if (!cfi_rows_get(rows, cfi_rows_key(0x401000 + k, false), &row)) {
			model[k] = (uint16_t)i;
			is_known[k] = true;
			put(cfi_rows_key(0x401000 + k, false), model[k]);
		}
		ck_assert(is_known[k]);
		check(cfi_rows_key(0x401000 + k, false), model[k]);
	}
	ck_assert_uint_gt(rows->generation, 10);

#tcase concurrent

#test never_half_a_row
	pthread_t readers[2];
	unsigned i;

	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&readers[i], NULL, read_rows, NULL), 0);
	write_rows();
	__atomic_store_n(&want_end, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	ck_assert_uint_gt(num_got, 10000);
	ck_assert_uint_eq(num_torn, 0);
	ck_assert_uint_eq(num_wrong, 0);

#main-pre
	tcase_add_checked_fixture(tc1_1, create_64, destroy);
	tcase_add_checked_fixture(tc1_2, create_64, destroy);
	tcase_set_timeout(tc1_2, 30);
