// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/tables/idset.h"

#include <string.h>

static void insert(struct idset_slot *slots, size_t cap, struct idset_slot slot)
{
	size_t i = slot.hash & (cap - 1);

	while (slots[i].id_plus_1)
		i = (i + 1) & (cap - 1);
	slots[i] = slot;
}

bool idset_reserve_one(struct idset *set)
{
	size_t cap = set->cap ? set->cap * 2 : 64, i;
	struct idset_slot *slots;

	if (set->num + 1 <= set->cap - set->cap / 4)
		return true;
	slots = calloc(cap, sizeof(*slots));
	if (!slots)
		return false;
	for (i = 0; i < set->cap; i++)
		if (set->slots[i].id_plus_1)
			insert(slots, cap, set->slots[i]);
	free(set->slots);
	set->slots = slots;
	set->cap = cap;
	return true;
}

void idset_add(struct idset *set, uint32_t hash, uint32_t id)
{
	insert(set->slots, set->cap, (struct idset_slot){hash, id + 1});
	set->num++;
}

void idset_clear(struct idset *set)
{
	if (set->cap)
		memset(set->slots, 0, idset_memory(set));
	set->num = 0;
}

void idset_deinit(struct idset *set)
{
	free(set->slots);
	*set = (struct idset){0};
}
