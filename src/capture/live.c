// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "capture/live.h"

#include "base/hash.h"

static const struct capture_live_place *place_of(const struct capture_live *live, uint64_t key)
{
	return &live->places[hash_u64(key) % CAPTURE_LIVE_PLACES];
}

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static bool change(uint64_t *word, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

bool capture_live_has(const struct capture_live *live, uint64_t key)
{
	const struct capture_live_place *place = place_of(live, key);
	unsigned i;

	for (i = 0; i < CAPTURE_LIVE_KEYS; i++)
		if (load(&place->keys[i]) == key)
			return true;
	return load(&place->is_uncertain);
}

bool capture_live_take(struct capture_live *live, uint64_t key)
{
	struct capture_live_place *place = (struct capture_live_place *)place_of(live, key);
	unsigned i;

	for (i = 0; i < CAPTURE_LIVE_KEYS; i++)
		if (load(&place->keys[i]) == key && change(&place->keys[i], key, 0))
			return true;
	return load(&place->is_uncertain);
}

void capture_live_add(struct capture_live *live, uint64_t key)
{
	struct capture_live_place *place = (struct capture_live_place *)place_of(live, key);
	unsigned i;

	for (i = 0; i < CAPTURE_LIVE_KEYS; i++)
		if (!load(&place->keys[i]) && change(&place->keys[i], 0, key))
			return;
	__atomic_store_n(&place->is_uncertain, 1, __ATOMIC_RELEASE);
}

void capture_live_clear(struct capture_live *live)
{
	unsigned i, k;

	for (i = 0; i < CAPTURE_LIVE_PLACES; i++) {
		for (k = 0; k < CAPTURE_LIVE_KEYS; k++)
			__atomic_store_n(&live->places[i].keys[k], 0, __ATOMIC_RELAXED);
		__atomic_store_n(&live->places[i].is_uncertain, 0, __ATOMIC_RELEASE);
	}
}
