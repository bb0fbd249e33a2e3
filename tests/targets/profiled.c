// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// profiled [SAMPLES]: allocates under a profiler of its own, as gperftools' does it: SIGPROF 2,000
// times a second of CPU time, whose handler calls backtrace(). Each backtrace must come to its main
// or to the begin of its thread. Ends after so many samples; 0: at SIGUSR1.
#include "sites.h"

#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/time.h>

#define MAX_FRAMES 64

static struct ledger main_ledger, thread_ledger;
static atomic_uint num_samples, num_short;
static atomic_uint num_wanted;
/** Where the stacks of the two threads begin, as a frame that calls sees it. */
static atomic_uintptr_t roots[2];

static bool is_whole(void *const *frames, int num)
{
	for (int i = 0; i < num; i++)
		for (int k = 0; k < 2; k++) {
			uintptr_t root = atomic_load(&roots[k]), pc = (uintptr_t)frames[i];

			if (root && pc >= root && pc < root + 1000)
				return true;
		}
	return false;
}

static void on_sample(int sig)
{
	void *frames[MAX_FRAMES];
	int saved = errno, num = backtrace(frames, MAX_FRAMES);

	(void)sig;
	if (!is_whole(frames, num))
		atomic_fetch_add(&num_short, 1);
	atomic_fetch_add(&num_samples, 1);
	errno = saved;
}

static void on_end(int sig)
{
	(void)sig;
	atomic_store(&num_wanted, 0);
}

/** Its code begins where the callers' roots say: all that it calls returns into it. */
__attribute__((noinline, noclone)) static void work(struct ledger *ledger, uint64_t random)
{
	while (atomic_load(&num_samples) < atomic_load(&num_wanted))
		for (int i = 0; i < 20; i++)
			sites_work(ledger, &random);
}

static void *run(void *arg)
{
	work(&thread_ledger, 3);
	KEEP(arg);
	return arg;
}

static void profile(void)
{
	const struct sigaction action = {.sa_handler = on_sample, .sa_flags = SA_RESTART};
	const struct itimerval period = {{0, 500}, {0, 500}};

	REQUIRE(sigaction(SIGPROF, &action, NULL) == 0);
	REQUIRE(setitimer(ITIMER_PROF, &period, NULL) == 0);
}

int main(int argc, char **argv)
{
	const struct itimerval never = {{0, 0}, {0, 0}};
	void *frames[MAX_FRAMES];
	pthread_t thread;
	char line[64];

	num_wanted = argc > 1 ? (unsigned)atoi(argv[1]) : 500;
	if (!num_wanted) {
		num_wanted = UINT32_MAX;
		REQUIRE(signal(SIGUSR1, on_end) != SIG_ERR);
	}
	ledger_init();
	ledger_add_slots(&main_ledger, 200);
	ledger_add_slots(&thread_ledger, 200);
	// It loads a library, once, and that allocates.
	backtrace(frames, MAX_FRAMES);
	atomic_store(&roots[0], (uintptr_t)main);
	atomic_store(&roots[1], (uintptr_t)run);
	profile();
	REQUIRE(pthread_create(&thread, NULL, run, NULL) == 0);
	work(&main_ledger, 7);
	REQUIRE(setitimer(ITIMER_PROF, &never, NULL) == 0);
	pthread_join(thread, NULL);
	snprintf(line, sizeof(line), "samples %u, short %u\n", atomic_load(&num_samples),
		 atomic_load(&num_short));
	ledger_print(1, line);
	ledger_checkpoint();
	return ledger_finish();
}
