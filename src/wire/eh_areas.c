// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/eh_areas.h"

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static uint64_t num_of(const struct eh_areas *areas)
{
	uint64_t num = load(&areas->num);

	return num < EH_AREAS_MAX ? num : EH_AREAS_MAX;
}

bool eh_areas_add(struct eh_areas *areas, const struct eh_area *area)
{
	uint64_t i;

	for (i = 0; i < areas->num; i++)
		if (areas->areas[i].start == area->start)
			return false;
	if (areas->num == EH_AREAS_MAX)
		return false;
	areas->areas[areas->num++] = *area;
	return true;
}

bool eh_areas_remove(struct eh_areas *areas, uint64_t start, uint64_t end)
{
	uint64_t i = 0, before = areas->num;

	while (i < areas->num)
		if (areas->areas[i].start < end && areas->areas[i].end > start)
			areas->areas[i] = areas->areas[--areas->num];
		else
			i++;
	return areas->num != before;
}

static void copy(struct eh_area *to, const struct eh_area *from)
{
	store(&to->start, load(&from->start));
	store(&to->end, load(&from->end));
	store(&to->header, load(&from->header));
	store(&to->header_size, load(&from->header_size));
}

void eh_areas_publish(struct eh_areas *to, const struct eh_areas *from)
{
	uint64_t version = load(&to->version) | 1, i;

	store(&to->version, version);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (i = 0; i < from->num; i++)
		copy(&to->areas[i], &from->areas[i]);
	store(&to->num, from->num);
	__atomic_store_n(&to->version, version + 1, __ATOMIC_RELEASE);
}

bool eh_areas_find(const struct eh_areas *areas, uint64_t pc, struct eh_area *ret)
{
	uint64_t version = __atomic_load_n(&areas->version, __ATOMIC_ACQUIRE), i, num;
	bool is_found = false;

	num = num_of(areas);
	for (i = 0; i < num && !is_found; i++) {
		copy(ret, &areas->areas[i]);
		is_found = ret->start <= pc && pc < ret->end;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return is_found && !(version & 1) && load(&areas->version) == version;
}
