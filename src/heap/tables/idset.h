// SPDX-License-Identifier: GPL-3.0-or-later
/** Index from a 32-bit hash to dense ids, for tables that keep their records elsewhere: 8 bytes a
 *  slot, linear probing, no removal. The owner of the records compares them:
 *
 *  for (pos = idset_first(set, hash); idset_next(set, hash, &pos, &id);) if (record id is the
 *  wanted one) return id; / */
#ifndef HEAP_TABLES_IDSET_H
#define HEAP_TABLES_IDSET_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idset_slot {
	uint32_t hash;
	/** Id + 1; 0 marks an empty slot. */
	uint32_t id_plus_1;
};

/** Zero-filled is an empty set. */
struct idset {
	struct idset_slot *slots;
	/** Power of two, or 0. */
	size_t cap;
	size_t num;
};

/** Make room for one more id. False: out of memory, set unchanged. O(1) amortised. */
bool idset_reserve_one(struct idset *set) __must_check;

/** Add an id in [0, UINT32_MAX). idset_reserve_one() must have succeeded before. Several ids may
 *  have equal hashes. */
void idset_add(struct idset *set, uint32_t hash, uint32_t id);

/** Forget all ids, and keep the room for as many. */
void idset_clear(struct idset *set);

/** Forget all ids and free the slots; the set is empty and usable again. */
void idset_deinit(struct idset *set);

/** Bytes of memory held. */
static inline size_t idset_memory(const struct idset *set)
{
	return set->cap * sizeof(*set->slots);
}

/** The position at which a search for hash begins. */
static inline size_t idset_first(const struct idset *set, uint32_t hash)
{
	return set->cap ? hash & (set->cap - 1) : 0;
}

/** The next id with this hash, from *pos on. *pos moves behind it. False: there is none. */
static inline bool idset_next(const struct idset *set, uint32_t hash, size_t *pos, uint32_t *ret)
{
	size_t i = *pos;

	if (!set->cap)
		return false;
	for (; set->slots[i].id_plus_1; i = (i + 1) & (set->cap - 1)) {
		if (set->slots[i].hash != hash)
			continue;
		*pos = (i + 1) & (set->cap - 1);
		*ret = set->slots[i].id_plus_1 - 1;
		return true;
	}
	return false;
}

#endif
