// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/cfi_rows.h"

#include "base/mem.h"

/** Slots that may be looked at. */
static uint64_t cap_of(const struct cfi_rows *rows)
{
	uint64_t cap = __atomic_load_n(&rows->cap, __ATOMIC_RELAXED);

	return cap >= 4 && cap <= CFI_ROWS_MAX_CAP && !(cap & (cap - 1)) ? cap : 4;
}

/** Slots in use, of cap. */
static uint64_t num_of(const struct cfi_rows *rows, uint64_t cap)
{
	uint64_t num = __atomic_load_n(&rows->num, __ATOMIC_RELAXED);

	return num < cap ? num : cap;
}

static uint64_t *keys_of(struct cfi_rows *rows, uint64_t cap)
{
	return (uint64_t *)&rows->slots[cap];
}

/** Where the search for a key begins. A walk waits for this at each frame, so it is one
 *  multiplication: addresses are what the target's layout makes of them, and nobody's choice. */
static uint64_t first_place(uint64_t cap, uint64_t key)
{
	_Static_assert(CFI_ROWS_MAX_CAP <= 1u << 24, "so many bits are left");
	return key * 0x9e3779b97f4a7c15ull >> 40 & (cap - 1);
}

/** The place of key, or the empty one where it would be; cap: there is neither. */
static uint64_t find_place(const struct cfi_rows *rows, uint64_t cap, uint64_t key)
{
	uint64_t i = first_place(cap, key), num, found;

	for (num = 0; num < cap; num++) {
		found = __atomic_load_n(&rows->slots[i].key, __ATOMIC_ACQUIRE);
		if (found == key || found == CFI_ROWS_EMPTY)
			return i;
		i = (i + 1) & (cap - 1);
	}
	return cap;
}

void cfi_rows_init(struct cfi_rows *rows, size_t cap)
{
	// Fresh shared memory is zero: every key is CFI_ROWS_EMPTY already.
	rows->cap = cap;
	rows->num = 0;
	rows->generation = 0;
	rows->num_withdrawals = 0;
}

static void load_row(const struct cfi_rows_slot *slot, struct cfi_row *ret)
{
	uint64_t a, b, c;

	_Static_assert(sizeof(*ret) == 3 * sizeof(a), "a row is whole words");
	// Word by word, without an array in between: a processor waits long for what was written in
	// two halves and is read at once.
	a = __atomic_load_n(&slot->row[0], __ATOMIC_RELAXED);
	b = __atomic_load_n(&slot->row[1], __ATOMIC_RELAXED);
	c = __atomic_load_n(&slot->row[2], __ATOMIC_RELAXED);
	memcpy(ret, &a, sizeof(a));
	memcpy((char *)ret + 8, &b, sizeof(b));
	memcpy((char *)ret + 16, &c, sizeof(c));
}

static void store_row(struct cfi_rows_slot *slot, const struct cfi_row *row)
{
	uint64_t words[sizeof(slot->row) / sizeof(slot->row[0])];
	unsigned i;

	memcpy(words, row, sizeof(*row));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		__atomic_store_n(&slot->row[i], words[i], __ATOMIC_RELAXED);
}

bool cfi_rows_get(const struct cfi_rows *rows, uint64_t key, struct cfi_row *ret)
{
	uint64_t generation = __atomic_load_n(&rows->generation, __ATOMIC_ACQUIRE);
	uint64_t cap = cap_of(rows), i = first_place(cap, key);

	if (key <= CFI_ROWS_WITHDRAWN) {
		*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
		return true;
	}
	if (__atomic_load_n(&rows->slots[i].key, __ATOMIC_ACQUIRE) != key) {
		i = find_place(rows, cap, key);
		if (i == cap || __atomic_load_n(&rows->slots[i].key, __ATOMIC_ACQUIRE) != key)
			return false;
	}
	load_row(&rows->slots[i], ret);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	// No row of ours. To miss it would be to ask for it for ever.
	if (ret->cfa_reg >= WALK_MAX_REGS)
		*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
	// The key alone does not tell: emptied and filled again, a row of the same pc comes to the
	// same slot.
	return __atomic_load_n(&rows->slots[i].key, __ATOMIC_RELAXED) == key &&
	       __atomic_load_n(&rows->generation, __ATOMIC_RELAXED) == generation;
}

void cfi_rows_put(struct cfi_rows *rows, uint64_t key, const struct cfi_row *row)
{
	uint64_t cap = cap_of(rows), num = num_of(rows, cap), i;

	if (key <= CFI_ROWS_WITHDRAWN)
		return;
	if (num >= cap / 4 * 3) {
		cfi_rows_clear(rows);
		num = 0;
	}
	i = find_place(rows, cap, key);
	if (i == cap || rows->slots[i].key == key)
		return;
	store_row(&rows->slots[i], row);
	__atomic_store_n(&rows->slots[i].key, key, __ATOMIC_RELEASE);
	keys_of(rows, cap)[num] = key;
	rows->num = num + 1;
}

void cfi_rows_outdate(struct cfi_rows *rows)
{
	__atomic_store_n(&rows->num_withdrawals, rows->num_withdrawals + 1, __ATOMIC_RELEASE);
}

void cfi_rows_withdraw(struct cfi_rows *rows, uint64_t start, uint64_t end)
{
	uint64_t cap = cap_of(rows), num = num_of(rows, cap), *keys = keys_of(rows, cap);
	uint64_t i, key, pc, place;
	bool has_withdrawn = false;

	for (i = 0; i < num; i++) {
		key = __atomic_load_n(&keys[i], __ATOMIC_RELAXED);
		pc = (key >> 1) - (key & 1);
		if (key <= CFI_ROWS_WITHDRAWN || pc < start || pc >= end)
			continue;
		place = find_place(rows, cap, key);
		if (place < cap && rows->slots[place].key == key)
			__atomic_store_n(&rows->slots[place].key, CFI_ROWS_WITHDRAWN,
					 __ATOMIC_RELEASE);
		keys[i] = CFI_ROWS_WITHDRAWN;
		has_withdrawn = true;
	}
	// Behind the last of them: who has read one of them has the number of before.
	if (has_withdrawn)
		cfi_rows_outdate(rows);
}

void cfi_rows_clear(struct cfi_rows *rows)
{
	uint64_t cap = cap_of(rows), i;

	if (!rows->num)
		return;
	for (i = 0; i < cap; i++)
		__atomic_store_n(&rows->slots[i].key, CFI_ROWS_EMPTY, __ATOMIC_RELAXED);
	__atomic_store_n(&rows->generation, rows->generation + 1, __ATOMIC_RELEASE);
	// A reader that sees a word of a row written from here on sees the new generation as well.
	__atomic_thread_fence(__ATOMIC_RELEASE);
	rows->num = 0;
}

void cfi_rows_copy(struct cfi_rows *to, const struct cfi_rows *from)
{
	uint64_t cap = cap_of(from), i, key;
	struct cfi_row row;

	for (i = 0; i < cap; i++) {
		key = __atomic_load_n(&from->slots[i].key, __ATOMIC_ACQUIRE);
		if (key > CFI_ROWS_WITHDRAWN && cfi_rows_get(from, key, &row))
			cfi_rows_put(to, key, &row);
	}
}
