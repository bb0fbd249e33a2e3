// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/hmap.h"

static size_t home(const struct hmap *map, uint64_t key)
{
	return hash_u64(key) & (map->cap - 1);
}

uint64_t *hmap_find(const struct hmap *map, uint64_t key)
{
	size_t i;

	if (!map->num)
		return NULL;
	for (i = home(map, key); map->slots[i].key != HMAP_NO_KEY; i = (i + 1) & (map->cap - 1))
		if (map->slots[i].key == key)
			return &map->slots[i].value;
	return NULL;
}

static bool hmap_resize(struct hmap *map, size_t cap)
{
	struct hmap bigger = {.cap = cap};
	size_t bytes, i, k;

	if (__builtin_mul_overflow(cap, sizeof(*bigger.slots), &bytes))
		return false;
	bigger.slots = malloc(bytes);
	if (!bigger.slots)
		return false;
	for (i = 0; i < cap; i++)
		bigger.slots[i].key = HMAP_NO_KEY;
	for (i = 0; i < map->cap; i++) {
		if (map->slots[i].key == HMAP_NO_KEY)
			continue;
		k = home(&bigger, map->slots[i].key);
		while (bigger.slots[k].key != HMAP_NO_KEY)
			k = (k + 1) & (cap - 1);
		bigger.slots[k] = map->slots[i];
	}
	bigger.num = map->num;
	free(map->slots);
	*map = bigger;
	return true;
}

bool hmap_set(struct hmap *map, uint64_t key, uint64_t value)
{
	uint64_t *old = hmap_find(map, key);
	size_t i;

	if (old) {
		*old = value;
		return true;
	}
	if (map->num + 1 > map->cap - map->cap / 4 &&
	    !hmap_resize(map, map->cap ? map->cap * 2 : 16))
		return false;
	i = home(map, key);
	while (map->slots[i].key != HMAP_NO_KEY)
		i = (i + 1) & (map->cap - 1);
	map->slots[i] = (struct hmap_slot){key, value};
	map->num++;
	return true;
}

bool hmap_remove(struct hmap *map, uint64_t key)
{
	uint64_t *value = hmap_find(map, key);
	size_t mask = map->cap - 1, hole, i;

	if (!value)
		return false;
	hole = (struct hmap_slot *)((char *)value - offsetof(struct hmap_slot, value)) - map->slots;
	for (i = (hole + 1) & mask; map->slots[i].key != HMAP_NO_KEY; i = (i + 1) & mask) {
		// A slot may move into the hole unless its home lies cyclically in (hole, i].
		if (((i - home(map, map->slots[i].key)) & mask) < ((i - hole) & mask))
			continue;
		map->slots[hole] = map->slots[i];
		hole = i;
	}
	map->slots[hole].key = HMAP_NO_KEY;
	map->num--;
	return true;
}

void hmap_deinit(struct hmap *map)
{
	free(map->slots);
	*map = (struct hmap){0};
}

void hmap_deinit_owned(struct hmap *map)
{
	void *value;
	size_t i;

	hmap_each (map, i, value)
		free(value);
	hmap_deinit(map);
}
