// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// exec PROGRAM [ARG...]: allocates, then becomes PROGRAM, from a thread that is not the first one
// while others run.
#include "sites.h"

#include <pthread.h>

static struct ledger ledger;
static char **next;

static void *work(void *arg)
{
	struct ledger own = {0};
	uint64_t random = (uintptr_t)arg | 1;

	own.slots = ledger_map(64 * sizeof(struct slot));
	own.num_slots = 64;
	for (;;)
		sites_work(&own, &random);
	return NULL;
}

/** Who waits for this call sees what is there before the exec. */
__attribute__((noinline)) void before_exec(void)
{
	__asm__ volatile("");
}

static void *become(void *arg)
{
	(void)arg;
	ledger_sleep_ms(50);
	before_exec();
	execvp(next[0], next);
	ledger_fail("exec");
}

int main(int argc, char **argv)
{
	pthread_t thread;

	REQUIRE(argc > 1);
	next = argv + 1;
	ledger_init();
	ledger_wait_traced();
	ledger_add_slots(&ledger, 64);
	for (size_t i = 0; i < 64; i++)
		slot_set(&ledger.slots[i], site_malloc(i + 1), i + 1, "site_malloc", false);
	for (uintptr_t i = 0; i < 3; i++)
		REQUIRE(!pthread_create(&thread, NULL, work, (void *)(i * 2 + 1)));
	REQUIRE(!pthread_create(&thread, NULL, become, NULL));
	pthread_join(thread, NULL);
	ledger_fail("still here");
}
