// SPDX-License-Identifier: GPL-3.0-or-later
// Rows that the agent compiles itself, from the call-frame information in the target's memory: a
// program meets thousands of new places, and each would be a stop and a round trip to the
// supervisor. They stand in a table of the agent's own, which any thread may write. A key holds the
// number of changes at which it was made, so that rows of code that has gone are no rows any more,
// and no place gets the same key twice.
#include "config.h"

#include "agent/internal.h"

#include "walk/eh_frame.h"

/** A place that is being written. */
#define KEY_BUSY 1
/** Places where a row may be. */
#define WAYS 8
/** Bits of a key without that number; addresses of programs are shorter. */
#define KEY_BITS 48

static uint64_t key_of(uint64_t pc, bool is_call_site, uint64_t changes)
{
	return cfi_rows_key(pc, is_call_site) | changes << KEY_BITS;
}

static struct agent_row *first_way(struct agent_shared *shared, uint64_t pc)
{
	_Static_assert(AGENT_ROWS == 1u << 16, "16 bits");
	return &shared->rows[pc * 0x9e3779b97f4a7c15ull >> 48 & ~(WAYS - 1ull)];
}

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/** Rows are made of words: see cfi_rows.c. */
static bool read_row(const struct agent_row *place, uint64_t key, struct cfi_row *ret)
{
	uint64_t a = load(&place->row[0]), b = load(&place->row[1]), c = load(&place->row[2]);

	__builtin_memcpy(ret, &a, 8);
	__builtin_memcpy((uint8_t *)ret + 8, &b, 8);
	__builtin_memcpy((uint8_t *)ret + 16, &c, 8);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return load(&place->key) == key && ret->cfa_reg < WALK_MAX_REGS;
}

/** A row of kind CFI_ROW_NONE: it is not to be tried again. */
static bool find(struct agent_shared *shared, uint64_t pc, uint64_t key, struct cfi_row *ret)
{
	const struct agent_row *place = first_way(shared, pc);
	uint64_t found;
	unsigned i;

	for (i = 0; i < WAYS; i++, place++) {
		found = __atomic_load_n(&place->key, __ATOMIC_ACQUIRE);
		if (found == key)
			return read_row(place, key, ret);
		if (!found)
			return false;
	}
	return false;
}

/** A place is free when it was never used, or its row was made before the last change. Without one
 *  the row is not kept. */
static void keep(struct agent_shared *shared, uint64_t pc, uint64_t key, const struct cfi_row *row)
{
	struct agent_row *place = first_way(shared, pc);
	uint64_t old, words[3];
	unsigned i;

	_Static_assert(sizeof(*row) == sizeof(words), "three words");
	__builtin_memcpy(words, row, sizeof(words));
	for (i = 0; i < WAYS; i++, place++) {
		old = load(&place->key);
		if (old == KEY_BUSY || (old && old >> KEY_BITS == key >> KEY_BITS))
			continue;
		if (!__atomic_compare_exchange_n(&place->key, &old, KEY_BUSY, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		__atomic_thread_fence(__ATOMIC_RELEASE);
		__atomic_store_n(&place->row[0], words[0], __ATOMIC_RELAXED);
		__atomic_store_n(&place->row[1], words[1], __ATOMIC_RELAXED);
		__atomic_store_n(&place->row[2], words[2], __ATOMIC_RELAXED);
		__atomic_store_n(&place->key, key, __ATOMIC_RELEASE);
		return;
	}
}

static bool read_word(void *ctx, uint64_t addr, uint64_t *ret)
{
	(void)ctx;
	return agent_load(addr, ret);
}

/** Compile and keep it, or that it cannot be. Not inline: who finds its row shall not pay for
 *  this. */
static __attribute__((noinline)) bool compile(struct agent_event *e, uint64_t key, uint64_t pc,
					      bool is_call_site, struct cfi_row *ret)
{
	const struct eh_areas *areas = (const struct eh_areas *)agent_state.areas;
	struct eh_area area;

	if (!areas || !eh_areas_find(areas, pc - is_call_site, &area))
		return false;
	if (!eh_frame_row(&area, agent_unwind(), read_word, NULL, &e->thread->eh_room, pc,
			  is_call_site, ret))
		*ret = (struct cfi_row){.kind = CFI_ROW_NONE};
	keep(e->shared, pc, key, ret);
	return ret->kind != CFI_ROW_NONE;
}

bool agent_row(struct agent_event *e, uint64_t pc, bool is_call_site, struct cfi_row *ret)
{
	// Before the areas are looked at: what they say may be withdrawn after that.
	uint64_t changes = cfi_rows_changes(e->core.rows), key = key_of(pc, is_call_site, changes);

	if (pc >> (KEY_BITS - 1) || pc <= 1)
		return false;
	if (find(e->shared, pc, key, ret))
		return ret->kind != CFI_ROW_NONE;
	return compile(e, key, pc, is_call_site, ret);
}
