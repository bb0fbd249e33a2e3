// SPDX-License-Identifier: GPL-3.0-or-later
/** A map from 64-bit keys to 64-bit values: open addressing, linear probing, backward-shift
 *  deletion. Any key is legal except HMAP_NO_KEY. Not thread-safe. */
#ifndef BASE_HMAP_H
#define BASE_HMAP_H

#include "base/cleanup.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HMAP_NO_KEY UINT64_MAX

struct hmap_slot {
	uint64_t key;
	uint64_t value;
};

/** Zero-filled is an empty map. */
struct hmap {
	/** An array of cap slots. The key HMAP_NO_KEY marks an empty slot. */
	struct hmap_slot *slots;
	/** Power of two, or 0. */
	size_t cap;
	size_t num;
};

/** Where the value of key stands, valid until the map is changed. NULL: the key is not there.
 *  O(1). */
uint64_t *hmap_find(const struct hmap *map, uint64_t key);

/** Set key to value, replacing an old one. False: out of memory, map unchanged. O(1) amortised. */
bool hmap_set(struct hmap *map, uint64_t key, uint64_t value) __must_check;

/** Remove key. False: it was not there. O(1). */
bool hmap_remove(struct hmap *map, uint64_t key);

/** The first slot from i on that is in use. map->cap: there is none. For hmap_each. */
static inline size_t hmap_next(const struct hmap *map, size_t i)
{
	while (i < map->cap && map->slots[i].key == HMAP_NO_KEY)
		i++;
	return i;
}

/** Loop over a map whose values are pointers, in no order. pointer is each value in turn; i is a
 *  size_t of the caller's. The body may change the values, but not the map. O(cap). */
#define hmap_each(map, i, pointer)                                                  \
	for ((i) = 0; ((i) = hmap_next((map), (i))) < (map)->cap &&                 \
		      ((pointer) = (void *)(uintptr_t)(map)->slots[i].value, true); \
	     (i)++)

/** Free the slots; the map is empty and usable again. */
void hmap_deinit(struct hmap *map);

/** The same, and free() every value: pointers that the map owns, or 0. */
void hmap_deinit_owned(struct hmap *map);

#endif
