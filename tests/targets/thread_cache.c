// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread
// thread_cache: threads free blocks, which the allocator keeps for them, and end. With LEDGER_WAIT
// half of the blocks are older than the tracing.
#include "ledger.h"

#include <pthread.h>

#define NUM_THREADS 4
#define NUM_EACH    25

static void *older[NUM_THREADS * NUM_EACH];
static struct ledger ledger;

static void *work(void *arg)
{
	void **blocks = arg;
	void *own[NUM_EACH];

	for (size_t i = 0; i < NUM_EACH; i++)
		own[i] = malloc(24 + 48 * (i % 9));
	for (size_t i = 0; i < NUM_EACH; i++) {
		free(own[i]);
		free(blocks[i]);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[NUM_THREADS];

	ledger_init();
	ledger_add_slots(&ledger, 1);
	for (size_t i = 0; i < NUM_THREADS * NUM_EACH; i++)
		older[i] = malloc(24 + 16 * (i % 9));
	ledger_wait_traced();
	for (size_t i = 0; i < NUM_THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work, &older[i * NUM_EACH]));
	for (size_t i = 0; i < NUM_THREADS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	ledger_checkpoint();
	return ledger_finish();
}
