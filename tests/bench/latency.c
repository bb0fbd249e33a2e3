// SPDX-License-Identifier: GPL-3.0-or-later
// latency N: times each of N calls of malloc from 24 frames, of 16 to 1,000 bytes, and prints the
// nanoseconds that 99.9 % of them stay below.
//
// latency threads N: N threads make a hundred pairs each and live on. Prints the process id, and
// ends with its standard input. For the memory that a thread takes.
#include "frames.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT 1000

static uint32_t *ns_of;
static long num_taken;
static void *kept[KEPT];

// Takes the place of the leaf of frames.c.
FRAME long leaf(void)
{
	size_t size = 16 + (size_t)(num_taken * 7919 % 985);
	void **place = &kept[num_taken % KEPT];
	double begin, end;

	free(*place);
	begin = now_us();
	*place = malloc(size);
	end = now_us();
	if (ns_of)
		ns_of[num_taken] = (uint32_t)((end - begin) * 1000);
	num_taken++;
	return *place != NULL;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *ua = a, *ub = b;

	return *ua < *ub ? -1 : *ua > *ub;
}

static int run_calls(long num)
{
	uint32_t *times = calloc((size_t)num, sizeof(*times));
	long num_good = 0;

	if (!times)
		return 1;
	// What is made once, like a thread's state, is no latency of a call.
	for (long i = 0; i < KEPT; i++)
		num_good += frames_call(22);
	num_taken = 0;
	ns_of = times;
	for (long i = 0; i < num; i++)
		num_good += frames_call(22);
	ns_of = NULL;
	qsort(times, (size_t)num, sizeof(*times), compare);
	printf("%u\n", times[num - 1 - num / 1000]);
	return num_good == num + KEPT ? 0 : 1;
}

static void *work(void *arg)
{
	pthread_barrier_t *barrier = arg;

	for (int i = 0; i < 100; i++) {
		void *p = malloc(64);

		KEEP(p);
		free(p);
	}
	pthread_barrier_wait(barrier);
	for (;;)
		pause();
	return NULL;
}

static int run_threads(unsigned num)
{
	pthread_barrier_t barrier;
	pthread_attr_t attr;
	pthread_t thread;
	char byte;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_barrier_init(&barrier, NULL, num + 1);
	for (unsigned i = 0; i < num; i++)
		if (pthread_create(&thread, &attr, work, &barrier) != 0)
			return 1;
	pthread_barrier_wait(&barrier);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	// Without waiting for any of them.
	_exit(0);
}

int main(int argc, char **argv)
{
	if (argc == 2 && atol(argv[1]) >= 1000)
		return run_calls(atol(argv[1]));
	if (argc == 3 && strcmp(argv[1], "threads") == 0 && atoi(argv[2]) > 0)
		return run_threads((unsigned)atoi(argv[2]));
	fputs("usage: latency N | latency threads N\n", stderr);
	return 2;
}
