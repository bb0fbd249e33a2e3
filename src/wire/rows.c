// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/rows.h"

#include "base/hmap.h"

#define KEY_EMPTY     0
#define KEY_WITHDRAWN 1

size_t rows_shm_size(size_t cap)
{
	return sizeof(struct rows) + cap * sizeof(struct rows_slot);
}

void rows_init(struct rows *rows, size_t cap)
{
	// Fresh shared memory is zero: every key is KEY_EMPTY already.
	rows->cap = cap;
	rows->num = 0;
}

bool rows_get(const struct rows *rows, uint64_t key, struct row *ret)
{
	uint64_t mask = rows->cap - 1, i, found;

	for (i = hash_u64(key) & mask;; i = (i + 1) & mask) {
		found = __atomic_load_n(&rows->slots[i].key, __ATOMIC_ACQUIRE);
		if (found == key) {
			*ret = rows->slots[i].row;
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
			return __atomic_load_n(&rows->slots[i].key, __ATOMIC_RELAXED) == key;
		}
		if (found == KEY_EMPTY)
			return false;
	}
}

void rows_put(struct rows *rows, uint64_t key, const struct row *row)
{
	uint64_t mask = rows->cap - 1, i;
	struct rows_slot *slot;

	if (rows->num >= rows->cap / 4 * 3)
		rows_clear(rows);
	for (i = hash_u64(key) & mask;; i = (i + 1) & mask) {
		slot = &rows->slots[i];
		if (slot->key == key)
			return;
		if (slot->key == KEY_EMPTY)
			break;
	}
	slot->row = *row;
	__atomic_store_n(&slot->key, key, __ATOMIC_RELEASE);
	rows->num++;
}

void rows_withdraw(struct rows *rows, uint64_t start, uint64_t end)
{
	uint64_t i, pc;

	for (i = 0; i < rows->cap; i++) {
		if (rows->slots[i].key <= KEY_WITHDRAWN)
			continue;
		pc = rows->slots[i].key >> 1;
		if (pc >= start && pc < end)
			__atomic_store_n(&rows->slots[i].key, KEY_WITHDRAWN, __ATOMIC_RELEASE);
	}
}

void rows_clear(struct rows *rows)
{
	uint64_t i;

	for (i = 0; i < rows->cap; i++)
		__atomic_store_n(&rows->slots[i].key, KEY_EMPTY, __ATOMIC_RELEASE);
	rows->num = 0;
}
