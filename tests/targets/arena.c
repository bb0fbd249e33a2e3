// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// Allocators on top of malloc, for --probe: an arena whose first block lies at the beginning of a
// block of malloc, and that fetches more memory inside its own calls; functions that hand a call on
// to malloc by a jump, so that both return together. The ledger has the blocks of these two;
// tests/e2e/allocators/probe.sh knows those of malloc.
#include "ledger.h"

#include <pthread.h>

#define CHUNK_SIZE  65536
#define NUM_BLOCKS  300
#define NUM_WRAPPED 50
#define NUM_THREADS 2

struct arena {
	char *chunk;
	size_t used;
	unsigned num_chunks;
};

void *arena_alloc(struct arena *arena, size_t size);
void *arena_resize(struct arena *arena, void *old, size_t size);
int arena_get(struct arena *arena, void **out, size_t num, size_t size);
void arena_free(struct arena *arena, void *p);
void *wrap_alloc(size_t size);
void wrap_free(void *p);

/** Room of the largest block; arenas know no sizes. */
#define ROOM 512

/** NULL: too large. */
__attribute__((noinline)) void *arena_alloc(struct arena *arena, size_t size)
{
	void *p;

	if (size > ROOM)
		return NULL;
	if (!arena->chunk || arena->used + ROOM > CHUNK_SIZE) {
		arena->chunk = malloc(CHUNK_SIZE);
		arena->used = 0;
		arena->num_chunks++;
	}
	p = arena->chunk + arena->used;
	arena->used += ROOM;
	KEEP(p);
	return p;
}

__attribute__((noinline)) void arena_free(struct arena *arena, void *p)
{
	(void)arena;
	KEEP(p);
}

/** Calls arena_alloc() and arena_free(): those are parts of it. */
__attribute__((noinline)) void *arena_resize(struct arena *arena, void *old, size_t size)
{
	void *p = arena_alloc(arena, size);

	if (!p)
		return NULL;
	memcpy(p, old, ROOM);
	arena_free(arena, old);
	KEEP(p);
	return p;
}

__attribute__((noinline)) int arena_get(struct arena *arena, void **out, size_t num, size_t size)
{
	*out = arena_alloc(arena, num * size);
	return *out ? 0 : -1;
}

__attribute__((noinline)) void *wrap_alloc(size_t size)
{
	return malloc(size);
}

__attribute__((noinline)) void wrap_free(void *p)
{
	free(p);
}

SITE void *site_arena(struct arena *arena, size_t size)
{
	void *p = arena_alloc(arena, size);

	KEEP(p);
	return p;
}

SITE void *site_get(struct arena *arena, size_t num, size_t size)
{
	void *p = NULL;
	int status = arena_get(arena, &p, num, size);

	KEEP(p);
	return status ? NULL : p;
}

SITE void *site_resize(struct arena *arena, void *old, size_t size)
{
	void *p = arena_resize(arena, old, size);

	KEEP(p);
	return p;
}

SITE void *site_wrap(size_t size)
{
	void *p = wrap_alloc(size);

	KEEP(p);
	return p;
}

static void work(struct arena *arena, struct ledger *ledger)
{
	for (size_t i = 0; i < NUM_BLOCKS; i++) {
		struct slot *slot = &ledger->slots[i];

		if (i % 3 == 0)
			slot_set(slot, site_get(arena, 2, i % 200), 2 * (i % 200), "site_get",
				 false);
		else
			slot_set(slot, site_arena(arena, i), i, "site_arena", false);
		// Blocks that cannot be had.
		REQUIRE(!site_arena(arena, ROOM + 1) && !site_get(arena, 100, ROOM));
		if (i % 5 == 1) {
			REQUIRE(!site_resize(arena, slot->ptr, ROOM + 1));
			slot_set(slot, site_resize(arena, slot_take(slot), 40), 40, "site_resize",
				 false);
		}
		if (i % 7 == 2)
			arena_free(arena, slot_take(slot));
	}
}

static void *thread_main(void *ledger)
{
	static struct arena arenas[NUM_THREADS];
	static unsigned num_arenas;
	struct arena *arena = &arenas[__atomic_fetch_add(&num_arenas, 1, __ATOMIC_RELAXED)];

	work(arena, (struct ledger *)ledger);
	// More than half a chunk was needed, and no more than three.
	REQUIRE(arena->num_chunks == 3);
	return NULL;
}

int main(void)
{
	static struct ledger ledgers[NUM_THREADS], wrapped;
	pthread_t threads[NUM_THREADS];

	ledger_init();
	ledger_add_slots(&wrapped, NUM_WRAPPED);
	for (size_t i = 0; i < NUM_THREADS; i++)
		ledger_add_slots(&ledgers[i], NUM_BLOCKS);
	ledger_wait_traced();
	for (size_t i = 0; i < NUM_THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, thread_main, &ledgers[i]) == 0);
	for (size_t i = 0; i < NUM_THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	for (size_t i = 0; i < NUM_WRAPPED; i++) {
		slot_set(&wrapped.slots[i], site_wrap(i + 1), i + 1, "site_wrap", false);
		if (i % 4 == 3)
			wrap_free(slot_take(&wrapped.slots[i]));
	}
	ledger_checkpoint();
	return ledger_finish();
}
