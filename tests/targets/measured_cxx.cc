// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// Measured calls that are left by an exception, from one frame and from several at once, and by the
// end of their thread; recursion in two threads at a time. tests/e2e/commands/measure.sh has the
// numbers. With an argument it does not end.
#include "ledger.h"

#include <pthread.h>

#define MEASURED extern "C" __attribute__((noinline))

static pthread_barrier_t barrier;
/** Nobody frees it, nobody counts it. */
static char *volatile kept;

/** Keeps 100 bytes; throws at depth 0 through all frames above. */
MEASURED void thrower(int depth)
{
	kept = (char *)malloc(100);
	if (depth == 0)
		throw 1;
	thrower(depth - 1);
	kept = (char *)malloc(7);
}

/** Catches what thrower() throws, and returns. */
MEASURED void catcher()
{
	try {
		thrower(2);
	} catch (int) {
		kept = (char *)malloc(10);
	}
}

/** Ends its thread. */
MEASURED void leaver()
{
	kept = (char *)malloc(500);
	pthread_exit(NULL);
}

/** Two threads are inside, at every depth; each level keeps size bytes and gives as many back. */
MEASURED void both(int depth, size_t size)
{
	void *p = malloc(size);

	kept = (char *)malloc(size);
	pthread_barrier_wait(&barrier);
	if (depth)
		both(depth - 1, size);
	KEEP(p);
	free(p);
}

static void *run_leaver(void *)
{
	leaver();
	return NULL;
}

static void *run_both(void *size)
{
	both(2, (size_t)size);
	return NULL;
}

int main(int argc, char **)
{
	pthread_t threads[2];

	ledger_init();
	catcher();
	REQUIRE(pthread_create(&threads[0], NULL, run_leaver, NULL) == 0);
	REQUIRE(pthread_join(threads[0], NULL) == 0);
	REQUIRE(pthread_barrier_init(&barrier, NULL, 2) == 0);
	for (size_t i = 0; i < 2; i++)
		REQUIRE(pthread_create(&threads[i], NULL, run_both, (void *)(1000 * (i + 1))) == 0);
	for (size_t i = 0; i < 2; i++)
		REQUIRE(pthread_join(threads[i], NULL) == 0);
	checkpoint();
	// For a dialogue: until it is killed.
	while (argc > 1)
		pause();
	return ledger_finish();
}
