// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// threads NUM OPERATIONS: NUM threads allocate and free at full speed, each on a ledger of its own.
// With LEDGER_WAIT they run before the tracing begins, and do their OPERATIONS from then on.
// OPERATIONS 0: until SIGUSR1.
#include "sites.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define MAX_THREADS 64

static atomic_bool is_counting;
static atomic_bool has_to_end;
static unsigned long num_operations;
static pthread_barrier_t barrier;

struct worker {
	pthread_t thread;
	struct ledger ledger;
	uint64_t random;
	atomic_ulong num_done;
};

static struct worker workers[MAX_THREADS];

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned long counted = 0;

	while (!atomic_load_explicit(&has_to_end, memory_order_relaxed)) {
		if (atomic_load_explicit(&is_counting, memory_order_acquire) && num_operations &&
		    counted++ >= num_operations)
			break;
		sites_work(&w->ledger, &w->random);
		atomic_fetch_add_explicit(&w->num_done, 1, memory_order_relaxed);
	}
	// All stand still at the checkpoint.
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < w->ledger.num_slots; i += 2) {
		if (w->ledger.slots[i].ptr)
			site_free(slot_take(&w->ledger.slots[i]));
	}
	return NULL;
}

static void wait_for_signal(const sigset_t *set)
{
	int signal;

	ledger_print(1, "running\n");
	while (sigwait(set, &signal) != 0)
		;
	atomic_store(&has_to_end, true);
}

int main(int argc, char **argv)
{
	unsigned num = argc > 1 ? (unsigned)atoi(argv[1]) : 4;
	sigset_t set;

	num_operations = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
	REQUIRE(num >= 1 && num <= MAX_THREADS);
	ledger_init();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_barrier_init(&barrier, NULL, num + 1);
	for (unsigned i = 0; i < num; i++) {
		workers[i].random = 88172645463325252u + i;
		ledger_add_slots(&workers[i].ledger, 256);
	}
	for (unsigned i = 0; i < num; i++)
		REQUIRE(!pthread_create(&workers[i].thread, NULL, work, &workers[i]));
	ledger_wait_traced();
	atomic_store(&is_counting, true);
	if (!num_operations)
		wait_for_signal(&set);
	pthread_barrier_wait(&barrier);
	ledger_checkpoint();
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < num; i++) {
		REQUIRE(!pthread_join(workers[i].thread, NULL));
		REQUIRE(atomic_load(&workers[i].num_done) > 0);
	}
	return ledger_finish();
}
