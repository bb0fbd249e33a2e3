// SPDX-License-Identifier: GPL-3.0-or-later
// gaps clock NUM_THREADS [LIBRARY...]: loads the libraries, has NUM_THREADS threads, all but two of
// them asleep, and does nothing but to look at the clock.
// gaps pairs NUM_STACKS [LIBRARY...]: makes some events, then a live block of each of NUM_STACKS
// stacks, with a checkpoint() before and behind them; then only malloc/free pairs.
//
// Both say "ready" before that, and end with the end of their input. They print the seconds (of
// CLOCK_MONOTONIC) at which a turn ended that took long, and its milliseconds: the target was
// stopped, waited for a breakpoint to be handled, or for a CPU.
#include "frames.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Milliseconds; shorter turns are of no interest.
#define LONG_TURN 0.2
#define MAX_GAPS  100000
// As many as fill the way to the supervisor, which is resident then.
#define NUM_WARM 100000

static struct {
	double end_us, ms;
} gaps[MAX_GAPS];
static unsigned num_gaps;
static volatile bool is_over;

static void *listen_for_end(void *arg)
{
	char line[64];

	while (read(STDIN_FILENO, line, sizeof(line)) > 0)
		continue;
	is_over = true;
	return arg;
}

static void *sleep_long(void *arg)
{
	while (!is_over)
		sleep(3600);
	return arg;
}

static void sample(bool want_pairs)
{
	double last = now_us();

	while (!is_over) {
		double now;

		if (want_pairs)
			(void)leaf();
		now = now_us();
		if (now - last > LONG_TURN * 1e3 && num_gaps < MAX_GAPS) {
			gaps[num_gaps].end_us = now;
			gaps[num_gaps++].ms = (now - last) / 1e3;
		}
		last = now;
	}
}

static void start(void *(*run)(void *))
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	if (pthread_create(&thread, &attr, run, NULL) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	bool want_pairs = argc > 2 && strcmp(argv[1], "pairs") == 0;
	unsigned num = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

	for (int i = 3; i < argc; i++)
		if (!dlopen(argv[i], RTLD_NOW))
			return 1;
	start(listen_for_end);
	for (unsigned i = 2; i < num && !want_pairs; i++)
		start(sleep_long);
	if (want_pairs) {
		for (unsigned i = 0; i < NUM_WARM; i++)
			(void)leaf();
		checkpoint();
		for (unsigned i = 0; i < num; i++)
			(void)frames_keep(i);
		checkpoint();
	}
	puts("ready");
	fflush(stdout);
	sample(want_pairs);
	for (unsigned i = 0; i < num_gaps; i++)
		printf("%.6f %.3f\n", gaps[i].end_us / 1e6, gaps[i].ms);
	fflush(stdout);
	_exit(0);
}
