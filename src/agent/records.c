// SPDX-License-Identifier: GPL-3.0-or-later
// Exchanged return addresses, by the place on the stack. Any thread may find a record: a fiber may
// return on another one. A record is claimed by compare-and-swap, and its slot is written last,
// after the stack has got the trampoline: so whoever sees a slot that holds something else knows
// that nobody will return there.
#include "config.h"

#include "agent/internal.h"

static uint64_t trampoline(void)
{
	return (uint64_t)agent_trampoline;
}

static uint64_t slot_of(const struct agent_record *r)
{
	return __atomic_load_n(&r->slot, __ATOMIC_ACQUIRE);
}

static struct agent_record *find(uint64_t slot)
{
	struct agent_record *bucket = agent_private.records[agent_bucket(slot)];
	unsigned i;

	for (i = 0; i < AGENT_WAYS; i++)
		if (slot_of(&bucket[i]) == slot)
			return &bucket[i];
	return NULL;
}

/** Has the call been left in another way? */
static bool is_stale(uint64_t slot)
{
	uint64_t word;

	return !agent_load(slot, &word) || word != trampoline();
}

static bool claim(struct agent_record *r, uint64_t from)
{
	return __atomic_compare_exchange_n(&r->slot, &from, AGENT_RECORD_BUSY, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static struct agent_record *claim_any(uint64_t slot)
{
	struct agent_record *bucket = agent_private.records[agent_bucket(slot)], *r, *empty = NULL;
	uint64_t other;

	for (r = bucket + AGENT_WAYS; r-- > bucket;) {
		other = slot_of(r);
		if (!other)
			empty = r;
		// An earlier call of the same place was left: one place has one record.
		else if (other == slot && claim(r, slot))
			return r;
	}
	if (empty && claim(empty, 0))
		return empty;
	for (r = bucket; r < bucket + AGENT_WAYS; r++)
		if (!slot_of(r) && claim(r, 0))
			return r;
	for (r = bucket; r < bucket + AGENT_WAYS; r++) {
		other = slot_of(r);
		if (other != AGENT_RECORD_BUSY && is_stale(other) && claim(r, other))
			return r;
	}
	return NULL;
}

bool agent_exchange(uint64_t slot, uint64_t return_addr)
{
	struct agent_record *r;

	// A function has jumped to this one: both return there.
	if (*(uint64_t *)slot == trampoline())
		return true;
	r = claim_any(slot);
	if (!r)
		return false;
	r->return_addr = return_addr;
	*(uint64_t *)slot = trampoline();
	__atomic_store_n(&r->slot, slot, __ATOMIC_RELEASE);
	return true;
}

uint64_t agent_take_return(uint64_t slot)
{
	struct agent_record *r = find(slot);
	uint64_t addr;

	if (!r)
		return 0;
	addr = r->return_addr;
	__atomic_store_n(&r->slot, 0, __ATOMIC_RELEASE);
	return addr;
}

bool agent_translate(uint64_t addr, uint64_t *word)
{
	const struct agent_record *r;

	if (*word != trampoline())
		return false;
	r = find(addr);
	if (r)
		*word = r->return_addr;
	return r;
}
