// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// storm NUM OPERATIONS: threads realloc and free blocks of a common table, each other's too, out of
// one arena and too large for the per-thread caches: an address that one realloc gives up is
// another thread's the next moment. OPERATIONS 0: until SIGUSR1.
#include "sites.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define NUM_SHARED  64
#define MAX_THREADS 64

/** At the begin of each block. */
struct head {
	size_t size;
	const char *function;
	uint64_t check;
};

static _Atomic(struct head *) shared[NUM_SHARED];
static unsigned long num_operations;
static atomic_bool has_to_end;
static pthread_barrier_t barrier;
static uint64_t randoms[MAX_THREADS];

static struct head *sign(struct head *head, size_t size, const char *function)
{
	REQUIRE(head);
	head->size = size;
	head->function = function;
	head->check = (uintptr_t)head ^ size;
	return head;
}

static void verify(const struct head *head)
{
	REQUIRE(head->check == ((uintptr_t)head ^ head->size));
}

static struct head *change(struct head *head, uint64_t r)
{
	// Above the largest size that the per-thread caches of glibc keep.
	size_t size = 1100 + (r >> 20) % 6 * 400;

	if (!head)
		return sign(site_malloc(size), size, "site_malloc");
	verify(head);
	if (r >> 50 & 1) {
		site_free(head);
		return NULL;
	}
	return sign(site_realloc(head, size), size, "site_realloc");
}

static void *work(void *arg)
{
	uint64_t *random = arg;

	pthread_barrier_wait(&barrier);
	for (unsigned long i = 0; !num_operations || i < num_operations; i++) {
		if (atomic_load_explicit(&has_to_end, memory_order_relaxed))
			break;
		uint64_t r = ledger_random(random);
		struct head *head = change(atomic_exchange(&shared[r % NUM_SHARED], NULL), r);
		struct head *other;

		if (!head)
			continue;
		other = atomic_exchange(&shared[(r >> 8) % NUM_SHARED], head);
		if (other) {
			verify(other);
			site_free(other);
		}
	}
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void write_shared(void)
{
	for (size_t i = 0; i < NUM_SHARED; i++) {
		struct head *head = atomic_load(&shared[i]);

		if (head)
			verify(head);
		if (head && ledger_fd >= 0)
			ledger_write_line(head, head->size, head->function, false);
	}
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
	sigset_t set;
	unsigned num = argc > 1 ? (unsigned)atoi(argv[1]) : 4;
	pthread_t threads[MAX_THREADS];

	num_operations = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
	REQUIRE(num >= 1 && num <= MAX_THREADS);
	ledger_init();
	mallopt(M_ARENA_MAX, 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_barrier_init(&barrier, NULL, num + 1);
	for (unsigned i = 0; i < num; i++) {
		randoms[i] = 88172645463325252u + i;
		REQUIRE(!pthread_create(&threads[i], NULL, work, &randoms[i]));
	}
	ledger_wait_traced();
	pthread_barrier_wait(&barrier);
	if (!num_operations)
		wait_for_signal(&set);
	pthread_barrier_wait(&barrier);
	write_shared();
	checkpoint();
	pthread_barrier_wait(&barrier);
	for (unsigned i = 0; i < num; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	return ledger_finish();
}
