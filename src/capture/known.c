// SPDX-License-Identifier: GPL-3.0-or-later
// The set of known stacks. Threads add to it with compare-and-swap, so it needs no lock. Emptying
// it while others add is harmless: what survives was sent, and what is lost is sent again.
#include "config.h"

#include "capture/state.h"

#include "base/hash.h"

size_t capture_known_size(uint64_t cap)
{
	return sizeof(struct capture_known) + cap * sizeof(uint64_t);
}

void capture_known_init(struct capture_known *known, uint64_t cap)
{
	known->cap = cap;
	known->num = 0;
}

bool capture_known_has(const struct capture_known *known, uint64_t hash)
{
	uint64_t mask = known->cap - 1, i = hash_u64(hash) & mask, found, n;

	for (n = 0; n < known->cap; n++, i = (i + 1) & mask) {
		found = __atomic_load_n(&known->hashes[i], __ATOMIC_ACQUIRE);
		if (!found || found == hash)
			return found == hash;
	}
	return false;
}

bool capture_known_is_full(const struct capture_known *known)
{
	return __atomic_load_n(&known->num, __ATOMIC_RELAXED) >= known->cap / 4 * 3;
}

void capture_known_add(struct capture_known *known, uint64_t hash)
{
	uint64_t mask = known->cap - 1, i = hash_u64(hash) & mask, found, n;

	if (capture_known_is_full(known))
		capture_known_clear(known);
	// Others may fill the last places meanwhile: then it is not remembered.
	for (n = 0; n < known->cap; n++, i = (i + 1) & mask) {
		found = 0;
		if (__atomic_compare_exchange_n(&known->hashes[i], &found, hash, false,
						__ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
			__atomic_add_fetch(&known->num, 1, __ATOMIC_RELAXED);
			return;
		}
		if (found == hash)
			return;
	}
}

void capture_known_clear(struct capture_known *known)
{
	uint64_t i;

	for (i = 0; i < known->cap; i++)
		__atomic_store_n(&known->hashes[i], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&known->num, 0, __ATOMIC_RELEASE);
}
