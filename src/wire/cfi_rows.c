// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/cfi_rows.h"

#include "base/hash.h"
#include "base/mem.h"

static uint64_t *keys_of(struct cfi_rows *rows)
{
	return (uint64_t *)&rows->slots[rows->cap];
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
	uint64_t words[sizeof(slot->row) / sizeof(slot->row[0])];
	unsigned i;

	_Static_assert(sizeof(*ret) == sizeof(slot->row), "a row is whole words");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		words[i] = __atomic_load_n(&slot->row[i], __ATOMIC_RELAXED);
	memcpy(ret, words, sizeof(*ret));
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
	uint64_t mask = rows->cap - 1, i, found;

	if (key <= CFI_ROWS_WITHDRAWN) {
		*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
		return true;
	}
	for (i = hash_u64(key) & mask;; i = (i + 1) & mask) {
		found = __atomic_load_n(&rows->slots[i].key, __ATOMIC_ACQUIRE);
		if (found == key)
			break;
		if (found == CFI_ROWS_EMPTY)
			return false;
	}
	load_row(&rows->slots[i], ret);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	// The key alone does not tell: emptied and filled again, a row of the same pc comes to the
	// same slot.
	return __atomic_load_n(&rows->slots[i].key, __ATOMIC_RELAXED) == key &&
	       __atomic_load_n(&rows->generation, __ATOMIC_RELAXED) == generation;
}

void cfi_rows_put(struct cfi_rows *rows, uint64_t key, const struct cfi_row *row)
{
	uint64_t mask = rows->cap - 1, i;
	struct cfi_rows_slot *slot;

	if (key <= CFI_ROWS_WITHDRAWN)
		return;
	if (rows->num >= rows->cap / 4 * 3)
		cfi_rows_clear(rows);
	for (i = hash_u64(key) & mask;; i = (i + 1) & mask) {
		slot = &rows->slots[i];
		if (slot->key == key)
			return;
		if (slot->key == CFI_ROWS_EMPTY)
			break;
	}
	store_row(slot, row);
	__atomic_store_n(&slot->key, key, __ATOMIC_RELEASE);
	keys_of(rows)[rows->num++] = key;
}

static void withdraw(struct cfi_rows *rows, uint64_t key)
{
	uint64_t mask = rows->cap - 1, i = hash_u64(key) & mask;

	while (rows->slots[i].key != key)
		i = (i + 1) & mask;
	__atomic_store_n(&rows->slots[i].key, CFI_ROWS_WITHDRAWN, __ATOMIC_RELEASE);
}

void cfi_rows_withdraw(struct cfi_rows *rows, uint64_t start, uint64_t end)
{
	uint64_t *keys = keys_of(rows), i, pc;
	bool has_withdrawn = false;

	for (i = 0; i < rows->num; i++) {
		pc = (keys[i] >> 1) - (keys[i] & 1);
		if (keys[i] == CFI_ROWS_WITHDRAWN || pc < start || pc >= end)
			continue;
		withdraw(rows, keys[i]);
		keys[i] = CFI_ROWS_WITHDRAWN;
		has_withdrawn = true;
	}
	// Behind the last of them: who has read one of them has the number of before.
	if (has_withdrawn)
		__atomic_store_n(&rows->num_withdrawals, rows->num_withdrawals + 1,
				 __ATOMIC_RELEASE);
}

void cfi_rows_clear(struct cfi_rows *rows)
{
	uint64_t i;

	if (!rows->num)
		return;
	for (i = 0; i < rows->cap; i++)
		__atomic_store_n(&rows->slots[i].key, CFI_ROWS_EMPTY, __ATOMIC_RELAXED);
	__atomic_store_n(&rows->generation, rows->generation + 1, __ATOMIC_RELEASE);
	// A reader that sees a word of a row written from here on sees the new generation as well.
	__atomic_thread_fence(__ATOMIC_RELEASE);
	rows->num = 0;
}
