// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// hammer NUM: threads that do nothing but allocate, resize and free, and look whether what they
// wrote is still there; until SIGUSR1.
#include "sites.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define MAX_THREADS 64
#define KEPT        32

static atomic_bool has_to_end;

static void *work(void *arg)
{
	uint64_t random = 88172645463325252u + (uintptr_t)arg, *kept[KEPT] = {NULL};

	while (!atomic_load_explicit(&has_to_end, memory_order_relaxed)) {
		uint64_t r = ledger_random(&random), **place = &kept[r % KEPT];

		if (*place) {
			REQUIRE(**place == (uintptr_t)*place);
			site_free(*place);
		}
		*place = r >> 60 ? site_malloc(8 + (r >> 8) % 600) : site_calloc(1, 3000);
		if (r >> 60 == 1)
			*place = site_realloc(*place, 8 + (r >> 20) % 600);
		REQUIRE(*place);
		**place = (uintptr_t)*place;
	}
	for (size_t i = 0; i < KEPT; i++)
		site_free(kept[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	uintptr_t num = argc > 1 ? (uintptr_t)atoi(argv[1]) : 16;
	pthread_t threads[MAX_THREADS];
	sigset_t set;
	int signal;

	REQUIRE(num >= 1 && num <= MAX_THREADS);
	ledger_init();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (uintptr_t i = 0; i < num; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work, (void *)i));
	ledger_print(1, "running\n");
	while (sigwait(&set, &signal) != 0)
		;
	atomic_store(&has_to_end, true);
	for (uintptr_t i = 0; i < num; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	return ledger_finish();
}
