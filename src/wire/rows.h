// SPDX-License-Identifier: GPL-3.0-or-later
/** Unwind rows by pc, in shared memory: the supervisor writes, the walker reads, without locks. A reader never sees half
 *  a row: it copies the row and looks at the key again. */
#ifndef WIRE_ROWS_H
#define WIRE_ROWS_H

#include "walk/row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rows_slot {
	/** rows_key() of the row; 0: empty; 1: withdrawn. */
	uint64_t key;
	struct row row;
};

struct rows {
	/** Slots, a power of two. */
	uint64_t cap;
	/** Slots in use, withdrawn ones included. Written by the supervisor. */
	uint64_t num;
	_Alignas(64) struct rows_slot slots[];
};

/** The row of a return address is that of the call before it, so it has a key of its own. */
static inline uint64_t rows_key(uint64_t pc, bool is_call_site)
{
	return pc << 1 | is_call_site;
}

size_t rows_shm_size(size_t cap);
void rows_init(struct rows *rows, size_t cap);

/** Copy the row of key. False: there is none. O(1). Any process. */
bool rows_get(const struct rows *rows, uint64_t key, struct row *ret);

/** Publish a row. When the table is three quarters full it is emptied first: rows are a cache. Supervisor only. */
void rows_put(struct rows *rows, uint64_t key, const struct row *row);

/** Withdraw the rows of pcs in [start, end). O(table). Supervisor only. */
void rows_withdraw(struct rows *rows, uint64_t start, uint64_t end);
void rows_clear(struct rows *rows);

#endif
