// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// exit_threads [ROUNDS]: threads come and go while others allocate; the blocks of the dead stay
// live, and some are freed by others.
#include "sites.h"

#include <pthread.h>
#include <stdatomic.h>

#define NUM_AT_ONCE  8
#define BLOCKS_EACH  20
#define NUM_STEADY   2
#define STEADY_SLOTS 64

static struct ledger legacy;
static struct ledger steady[NUM_STEADY];
static atomic_bool has_to_end;
static pthread_barrier_t barrier;

static void *live_briefly(void *arg)
{
	struct slot *slots = arg;

	for (size_t i = 0; i < BLOCKS_EACH; i++)
		slot_set(&slots[i], site_malloc(10 + i), 10 + i, "site_malloc", false);
	for (size_t i = 0; i < BLOCKS_EACH; i += 4)
		site_free(slot_take(&slots[i]));
	return NULL;
}

static void *live_on(void *arg)
{
	struct ledger *ledger = arg;
	uint64_t random = (uintptr_t)arg | 1;

	while (!atomic_load(&has_to_end)) {
		for (int i = 0; i < 20; i++)
			sites_work(ledger, &random);
		ledger_sleep_ms(1);
	}
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t num_rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 40;
	pthread_t threads[NUM_AT_ONCE];
	pthread_t steady_threads[NUM_STEADY];
	size_t next = 0;

	ledger_init();
	ledger_add_slots(&legacy, num_rounds * NUM_AT_ONCE * BLOCKS_EACH);
	pthread_barrier_init(&barrier, NULL, NUM_STEADY + 1);
	ledger_wait_traced();
	for (size_t i = 0; i < NUM_STEADY; i++) {
		ledger_add_slots(&steady[i], STEADY_SLOTS);
		REQUIRE(!pthread_create(&steady_threads[i], NULL, live_on, &steady[i]));
	}
	for (size_t round = 0; round < num_rounds; round++) {
		for (size_t i = 0; i < NUM_AT_ONCE; i++) {
			REQUIRE(!pthread_create(&threads[i], NULL, live_briefly,
						&legacy.slots[next]));
			next += BLOCKS_EACH;
		}
		for (size_t i = 0; i < NUM_AT_ONCE; i++)
			REQUIRE(!pthread_join(threads[i], NULL));
	}
	for (size_t i = 0; i < next; i += 7) {
		if (legacy.slots[i].ptr)
			site_free(slot_take(&legacy.slots[i]));
	}
	atomic_store(&has_to_end, true);
	pthread_barrier_wait(&barrier);
	ledger_checkpoint();
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < NUM_STEADY; i++)
		REQUIRE(!pthread_join(steady_threads[i], NULL));
	return ledger_finish();
}
