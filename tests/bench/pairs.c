// SPDX-License-Identifier: GPL-3.0-or-later
// pairs DEPTH N [wait]: N malloc/free pairs at a call depth of DEPTH frames of the program (main
// and the leaf among them), all of them different functions. Prints microseconds per pair, timed by
// itself, so that starting and attaching do not count. With "wait" it says "ready" and begins when
// the code of malloc is no longer what it was: an int3 or a jump stands there.
//
// pairs blocks N: keeps N blocks from 16 sites, and calls checkpoint(). For the time that a
// snapshot takes.
//
// pairs untracked N wait: frees N blocks that were allocated before malloc was changed.
// Prints microseconds per block.
//
// pairs rounds DEPTH N [blocks | pairs NUM]: keeps NUM blocks or makes NUM pairs first, between two
// checkpoint(), and says "ready"; then N pairs for each line that it reads.
//
// pairs threads DEPTH N ALLOCATING ALIVE [wait]: N pairs by each of ALLOCATING threads, while ALIVE
// threads live in all. Prints microseconds of wall time per pair of all of them.
#include "frames.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOR_8(f, n) f(n##0) f(n##1) f(n##2) f(n##3) f(n##4) f(n##5) f(n##6) f(n##7)

#define ALLOCATE(n)                 \
	case 0##n - 010:            \
		p = malloc(32 + n); \
		break;

FRAME static void keep_blocks(long num)
{
	for (long i = 0; i < num; i++) {
		void *p = NULL;

		switch (i % 16) {
			FOR_8(ALLOCATE, 1)
			FOR_8(ALLOCATE, 2)
		}
		KEEP(p);
	}
}

static void wait_traced(void)
{
	const volatile unsigned char *entry = (const unsigned char *)(uintptr_t)malloc;
	const struct timespec pause = {0, 1000000};
	unsigned char before[16];
	unsigned same = 0;

	while (same < sizeof(before)) {
		before[same] = entry[same];
		same++;
	}
	puts("ready");
	fflush(stdout);
	while (same == sizeof(before)) {
		nanosleep(&pause, NULL);
		for (same = 0; same < sizeof(before) && entry[same] == before[same];)
			same++;
	}
	// The other entries are planted within the same moment.
	nanosleep(&(struct timespec){0, 100000000}, NULL);
}

FRAME static bool make_pairs(int depth, long num)
{
	long num_good = 0;

	for (long i = 0; i < num; i++)
		num_good += frames_call(depth);
	return num_good == num;
}

// Prints microseconds of each of NUM things since BEGIN.
static void print_since(double begin, long num)
{
	printf("%.4f\n", (now_us() - begin) / (double)num);
	fflush(stdout);
}

FRAME static int run_pairs(int depth, long num)
{
	bool is_good = make_pairs(depth, num / 10 + 10);
	double begin = now_us();

	is_good = make_pairs(depth, num) && is_good;
	print_since(begin, num);
	return is_good ? 0 : 1;
}

static int run_untracked(long num)
{
	const long num_warm = num / 10 + 10;
	void **blocks = calloc((size_t)(num + num_warm), sizeof(*blocks));
	double begin = 0;

	if (!blocks)
		return 1;
	for (long i = 0; i < num + num_warm; i++)
		blocks[i] = malloc(64);
	wait_traced();
	for (long i = 0; i < num + num_warm; i++) {
		if (i == num_warm)
			begin = now_us();
		free(blocks[i]);
	}
	print_since(begin, num);
	return 0;
}

FRAME static int run_rounds(int depth, long num, const char *what, long num_before)
{
	// Events enough that what passes them on is resident before the first checkpoint.
	bool is_good = make_pairs(depth, num_before / 20 + 100);
	char line[64];

	keep_blocks(1000);
	checkpoint();
	if (strcmp(what, "blocks") == 0)
		keep_blocks(num_before);
	else
		is_good = make_pairs(depth, num_before) && is_good;
	checkpoint();
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, line, sizeof(line)) > 0) {
		double begin;

		is_good = make_pairs(depth, num / 10) && is_good;
		begin = now_us();
		is_good = make_pairs(depth, num) && is_good;
		print_since(begin, num);
	}
	return is_good ? 0 : 1;
}

struct crowd {
	int depth;
	long num;
	pthread_barrier_t begin;
	pthread_barrier_t end;
	// When the last one began and the last one ended, by their own clocks: who waits for them
	// wakes up later.
	double begin_us;
	_Atomic double end_us;
};

static void *allocate(void *arg)
{
	struct crowd *crowd = arg;
	bool is_good = make_pairs(crowd->depth, crowd->num / 10 + 10);

	// The one that comes last goes on at once.
	if (pthread_barrier_wait(&crowd->begin) == PTHREAD_BARRIER_SERIAL_THREAD)
		crowd->begin_us = now_us();
	is_good = make_pairs(crowd->depth, crowd->num) && is_good;
	crowd->end_us = now_us();
	pthread_barrier_wait(&crowd->end);
	return is_good ? arg : NULL;
}

static void *idle(void *arg)
{
	struct crowd *crowd = arg;

	pthread_barrier_wait(&crowd->end);
	return arg;
}

static int run_threads(struct crowd *crowd, unsigned num_allocating, unsigned num_alive)
{
	pthread_t *threads = calloc(num_alive, sizeof(*threads));
	pthread_attr_t attr;
	bool is_good = true;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	pthread_barrier_init(&crowd->begin, NULL, num_allocating);
	pthread_barrier_init(&crowd->end, NULL, num_alive + 1);
	// The idle ones first: they are there when the others begin.
	for (unsigned i = 0; i < num_alive; i++) {
		bool is_idle = i < num_alive - num_allocating;

		if (pthread_create(&threads[i], &attr, is_idle ? idle : allocate, crowd) != 0)
			return 1;
	}
	pthread_barrier_wait(&crowd->end);
	printf("%.4f\n",
	       (crowd->end_us - crowd->begin_us) / ((double)crowd->num * (double)num_allocating));
	fflush(stdout);
	for (unsigned i = 0; i < num_alive; i++) {
		void *result = NULL;

		pthread_join(threads[i], &result);
		is_good = is_good && result;
	}
	free(threads);
	return is_good ? 0 : 1;
}

static int usage(void)
{
	fputs("usage: pairs DEPTH N [wait] | pairs blocks N | pairs untracked N | "
	      "pairs rounds DEPTH N [blocks|pairs NUM] | pairs threads DEPTH N ALLOCATING ALIVE\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";
	bool is_plain = strcmp(mode, "rounds") != 0 && strcmp(mode, "threads") != 0;
	int depth = argc > 2 ? atoi(argv[is_plain ? 1 : 2]) : 0;
	long num = argc > 2 ? atol(argv[is_plain || argc < 4 ? 2 : 3]) : 0;

	if (num <= 0)
		return usage();
	if (strcmp(mode, "blocks") == 0) {
		keep_blocks(num);
		checkpoint();
		return 0;
	}
	if (strcmp(mode, "untracked") == 0)
		return run_untracked(num);
	if (depth < 4 || depth > FRAMES_MAX)
		return usage();
	// run_*() and make_pairs() are frames, too.
	if (strcmp(mode, "rounds") == 0)
		return run_rounds(depth - 2, num, argc > 5 ? argv[4] : "",
				  argc > 5 ? atol(argv[5]) : 0);
	if (strcmp(mode, "threads") == 0) {
		struct crowd crowd = {.depth = depth - 2, .num = num};

		return argc < 6 ? usage()
				: run_threads(&crowd, (unsigned)atoi(argv[4]),
					      (unsigned)atoi(argv[5]));
	}
	if (argc > 3)
		wait_traced();
	return run_pairs(depth - 2, num);
}
