// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// thread_life MODE [NUM [SECONDS]]: threads that begin and end in odd ways, all of them allocating.
//   churn    NUM threads come and go, as fast as they can
//   exec     a thread that is not the leader executes this program again, NUM times, while others
//            allocate
//   leader   the leader ends first; the others go on for SECONDS, and one of them ends the process
//   cancel   NUM threads are cancelled inside a function that allocates
//   many     NUM threads are alive at once for SECONDS
#include "sites.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define NUM_CREATORS 4

static atomic_bool has_to_end;
static atomic_ulong num_born;
static atomic_ulong num_cleaned;
static unsigned long num_wanted;
static long num_seconds;
static pthread_barrier_t barrier;

static void check_block(size_t size)
{
	struct slot slot;

	slot_set(&slot, site_malloc(size), size, "site_malloc", false);
	site_free(slot_take(&slot));
}

static void *live_briefly(void *arg)
{
	check_block(10 + (uintptr_t)arg % 100);
	return NULL;
}

static void *create(void *arg)
{
	pthread_t thread;

	(void)arg;
	while (atomic_fetch_add(&num_born, 1) < num_wanted) {
		REQUIRE(!pthread_create(&thread, NULL, live_briefly, (void *)(uintptr_t)num_born));
		REQUIRE(!pthread_join(thread, NULL));
	}
	return NULL;
}

static void *work(void *arg)
{
	struct ledger ledger = {0};
	uint64_t random = 4711 + (uintptr_t)arg;

	ledger.slots = (struct slot *)ledger_map(64 * sizeof(struct slot));
	ledger.num_slots = 64;
	while (!atomic_load(&has_to_end))
		sites_work(&ledger, &random);
	for (size_t i = 0; i < 64; i++)
		if (ledger.slots[i].ptr)
			site_free(slot_take(&ledger.slots[i]));
	munmap(ledger.slots, 64 * sizeof(struct slot));
	return NULL;
}

static void churn(void)
{
	pthread_t creators[NUM_CREATORS];

	for (uintptr_t i = 0; i < NUM_CREATORS; i++)
		REQUIRE(!pthread_create(&creators[i], NULL, create, NULL));
	for (size_t i = 0; i < NUM_CREATORS; i++)
		REQUIRE(!pthread_join(creators[i], NULL));
}

static void *execute(void *arg)
{
	char **argv = arg;
	char num[16];

	snprintf(num, sizeof(num), "%lu", num_wanted - 1);
	argv[2] = num;
	ledger_sleep_ms(30);
	execv("/proc/self/exe", argv);
	ledger_fail("exec");
}

static void exec_from_thread(char **argv)
{
	pthread_t thread;

	if (!num_wanted)
		return;
	for (uintptr_t i = 0; i < 3; i++)
		REQUIRE(!pthread_create(&thread, NULL, work, (void *)i));
	REQUIRE(!pthread_create(&thread, NULL, execute, argv));
	work(NULL);
}

/** The leader is a zombie by now. */
static void *outlive(void *arg)
{
	pthread_t threads[3];

	(void)arg;
	for (uintptr_t i = 0; i < 3; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work, (void *)i));
	ledger_sleep_ms(100);
	ledger_print(1, "running\n");
	ledger_sleep_ms(num_seconds * 1000);
	atomic_store(&has_to_end, true);
	for (size_t i = 0; i < 3; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	check_block(100);
	exit(ledger_finish());
}

static void end_first(void)
{
	pthread_t thread;

	REQUIRE(!pthread_create(&thread, NULL, outlive, NULL));
	pthread_exit(NULL);
}

static void clean(void *p)
{
	site_free(p);
	atomic_fetch_add(&num_cleaned, 1);
}

/** Allocates, and is cancelled in between. */
static __attribute__((noinline)) void alloc_cancelled(size_t size)
{
	void *p = site_malloc(size);

	pthread_cleanup_push(clean, p);
	for (;;) {
		check_block(size + 1);
		pthread_testcancel();
	}
	pthread_cleanup_pop(1);
}

static void *be_cancelled(void *arg)
{
	alloc_cancelled((uintptr_t)arg);
	return NULL;
}

static void cancel(void)
{
	pthread_t threads[4];
	unsigned long num = 0;
	void *result;

	while (num < num_wanted) {
		for (uintptr_t i = 0; i < 4; i++)
			REQUIRE(!pthread_create(&threads[i], NULL, be_cancelled, (void *)(i + 20)));
		ledger_sleep_ms(1);
		for (size_t i = 0; i < 4; i++, num++) {
			REQUIRE(!pthread_cancel(threads[i]));
			REQUIRE(!pthread_join(threads[i], &result));
			REQUIRE(result == PTHREAD_CANCELED);
		}
	}
	// One that is cancelled before it begins has nothing to clean.
	REQUIRE(num_cleaned <= num && num_cleaned > 0);
}

static void *be_one_of_many(void *arg)
{
	size_t size = 10 + (uintptr_t)arg % 100;
	struct slot slot;

	slot_set(&slot, site_malloc(size), size, "site_malloc", false);
	pthread_barrier_wait(&barrier);
	while (!atomic_load(&has_to_end)) {
		check_block(size);
		ledger_sleep_ms(20);
	}
	site_free(slot_take(&slot));
	return NULL;
}

static void be_many(void)
{
	pthread_t *threads = (pthread_t *)ledger_map(num_wanted * sizeof(pthread_t));
	pthread_attr_t attr;

	pthread_barrier_init(&barrier, NULL, (unsigned)num_wanted + 1);
	pthread_attr_init(&attr);
	REQUIRE(!pthread_attr_setstacksize(&attr, 64 << 10));
	for (uintptr_t i = 0; i < num_wanted; i++)
		REQUIRE(!pthread_create(&threads[i], &attr, be_one_of_many, (void *)i));
	pthread_barrier_wait(&barrier);
	ledger_print(1, "running\n");
	ledger_sleep_ms(num_seconds * 1000);
	atomic_store(&has_to_end, true);
	for (size_t i = 0; i < num_wanted; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";

	num_wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	num_seconds = argc > 3 ? atol(argv[3]) : 1;
	ledger_init();
	ledger_wait_traced();
	if (strcmp(mode, "churn") == 0)
		churn();
	else if (strcmp(mode, "exec") == 0)
		exec_from_thread(argv);
	else if (strcmp(mode, "leader") == 0)
		end_first();
	else if (strcmp(mode, "cancel") == 0)
		cancel();
	else if (strcmp(mode, "many") == 0)
		be_many();
	else
		ledger_fail("no such mode");
	return ledger_finish();
}
