// SPDX-License-Identifier: GPL-3.0-or-later
/** Unwind rows by pc, in shared memory. One process (the supervisor) writes, and any number of
 *  processes read, without locks. A reader never gets half a row: it copies the row, and then looks
 *  at key and generation again. If they have changed, that is a miss like any other, because rows
 *  are a cache. */
#ifndef WIRE_CFI_ROWS_H
#define WIRE_CFI_ROWS_H

#include "walk/cfi_row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Keys of slots without a row. As keys of a pc they would be those of 0 and 2^63, where no code
 *  can be. */
#define CFI_ROWS_EMPTY     0
#define CFI_ROWS_WITHDRAWN 1

struct cfi_rows_slot {
	/** cfi_rows_key() of the row; CFI_ROWS_EMPTY, CFI_ROWS_WITHDRAWN. */
	uint64_t key;
	/** The struct cfi_row, in pieces that are read and written whole. */
	uint64_t row[sizeof(struct cfi_row) / sizeof(uint64_t)];
};

/** Slots that a table has at most. */
#define CFI_ROWS_MAX_CAP (1u << 17)

/** In shared memory, which a hostile process may write: no function reads or writes beyond
 *  CFI_ROWS_MAX_CAP slots, or returns a row that a walk could not follow, whatever stands here. */
struct cfi_rows {
	/** Slots, a power of two. */
	uint64_t cap;
	/** Slots in use, withdrawn ones included. Written and read by the supervisor. */
	uint64_t num;
	/** How often the table was emptied. Only after that a slot gets another row. */
	uint64_t generation;
	/** How often rows were withdrawn. */
	uint64_t num_withdrawals;
	/** Behind the slots, for the supervisor alone: the keys of those in use, as they came
	 *  (CFI_ROWS_WITHDRAWN: withdrawn), so that num keys tell what cap slots would. */
	_Alignas(64) struct cfi_rows_slot slots[];
};

/** The key of a row. A return address has a key of its own, because its row is that of the call
 *  before it. */
static inline uint64_t cfi_rows_key(uint64_t pc, bool is_call_site)
{
	return pc << 1 | is_call_site;
}

/** Bytes of shared memory for a table of cap slots (a power of two, at least 4, at most
 *  CFI_ROWS_MAX_CAP). */
#define CFI_ROWS_SHM_SIZE(cap) \
	(sizeof(struct cfi_rows) + (cap) * (sizeof(struct cfi_rows_slot) + sizeof(uint64_t)))
/** Empty table in zero-filled memory. */
void cfi_rows_init(struct cfi_rows *rows, size_t cap);

/** Copy the row of key. False: there is none; *ret may have been written. For CFI_ROWS_EMPTY and
 *  CFI_ROWS_WITHDRAWN it is always CFI_ROW_NO_CFI. O(1). Any process. */
bool cfi_rows_get(const struct cfi_rows *rows, uint64_t key, struct cfi_row *ret);

/** A number that changes when rows are withdrawn or cleared. What was computed from rows before may
 *  then be wrong. Any process. */
static inline uint64_t cfi_rows_changes(const struct cfi_rows *rows)
{
	return __atomic_load_n(&rows->generation, __ATOMIC_ACQUIRE) +
	       __atomic_load_n(&rows->num_withdrawals, __ATOMIC_ACQUIRE);
}

/** Publish a row. It does not replace a row of the same key; withdraw that first. A table that is
 *  three quarters full is emptied before. O(1), or O(table) then. Supervisor only. */
void cfi_rows_put(struct cfi_rows *rows, uint64_t key, const struct cfi_row *row);

/** Withdraw the rows whose instruction lies in [start, end). For a call site it is the instruction
 *  before its pc. O(num), and only their slots are touched. Supervisor only. */
void cfi_rows_withdraw(struct cfi_rows *rows, uint64_t start, uint64_t end);
/** Change cfi_rows_changes() as if a row were withdrawn: rows are that somebody else has made of
 *  the same code. O(1). Supervisor only. */
void cfi_rows_outdate(struct cfi_rows *rows);
/** Put every row of `from` into `to`. O(table). */
void cfi_rows_copy(struct cfi_rows *to, const struct cfi_rows *from);
/** Empty the table. O(table). Supervisor only. */
void cfi_rows_clear(struct cfi_rows *rows);

#endif
