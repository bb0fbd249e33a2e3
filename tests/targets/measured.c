// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// Calls whose effect on the memory is known to the byte: tests/e2e/commands/measure.sh has the
// numbers.
#include "sites.h"

#include <pthread.h>
#include <setjmp.h>

#define NUM_THREADS 4

static pthread_barrier_t barrier;
static jmp_buf escape;
static void *old_block;

/** Keeps 1000 bytes, holds 1200 at most. */
SITE void grow(void)
{
	void *kept = site_malloc(1000), *p = site_malloc(200);

	KEEP(kept);
	site_free(p);
}

/** Frees 500 bytes that are older than the call. */
SITE void shrink(void)
{
	site_free(old_block);
	KEEP(old_block);
}

/** A realloc that fails leaves an older block as it was. */
SITE void fail(void)
{
	void *p = site_realloc(old_block, (size_t)1 << 62);

	KEEP(p);
}

/** Each level keeps 100 bytes. */
SITE void recur(unsigned depth)
{
	void *p = site_malloc(100);

	if (depth)
		recur(depth - 1);
	KEEP(p);
}

/** Left by longjmp when is_leaving, else it returns. */
SITE void jumper(int is_leaving)
{
	void *p = site_malloc(is_leaving ? 64 : 32);

	KEEP(p);
	if (is_leaving)
		longjmp(escape, 1);
}

/** All threads are inside at a time. */
SITE void in_thread(size_t size)
{
	void *p = site_malloc(size), *q;

	KEEP(p);
	pthread_barrier_wait(&barrier);
	q = site_malloc(50);
	site_free(q);
	pthread_barrier_wait(&barrier);
}

static void *thread_main(void *arg)
{
	in_thread(1000 * ((size_t)arg + 1));
	return NULL;
}

int main(void)
{
	pthread_t threads[NUM_THREADS];

	ledger_init();
	for (int i = 0; i < 4; i++)
		grow();
	old_block = site_malloc(500);
	fail();
	shrink();
	recur(2);
	if (!setjmp(escape)) {
		jumper(1);
		// Else longjmp might lead to where jumper() returns to.
		_exit(1);
	}
	jumper(0);
	REQUIRE(pthread_barrier_init(&barrier, NULL, NUM_THREADS) == 0);
	for (size_t i = 0; i < NUM_THREADS; i++)
		REQUIRE(pthread_create(&threads[i], NULL, thread_main, (void *)i) == 0);
	for (size_t i = 0; i < NUM_THREADS; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	checkpoint();
	return ledger_finish();
}
