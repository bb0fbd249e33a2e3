// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace_fixture.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/** More others than any machine has threads. What runs on this one cannot be chosen, but the
 *  occupant is subtracted from it: a flag with this value decides what a look finds. */
#define MANY 1000000

static struct thread thread;

static void setup(void)
{
	engine_setup();
	e->is_cpu_off = true;
	e->num_cpus = 2;
	thread.tid = getpid();
}

/** One look, which finds so many others more than there are. Returns the stops until the next. */
static unsigned look(int num_others)
{
	unsigned num = 0, epoch = e->stops_to_cpu_check;

	for (; epoch; epoch--)
		cpu_on_stop(e, &thread, true);
	ck_assert_uint_eq(e->stops_to_cpu_check, 0);
	e->is_occupying = (uint32_t)-num_others;
	cpu_on_stop(e, &thread, true);
	num = e->stops_to_cpu_check;
	ck_assert_uint_gt(num, 0);
	return num;
}

/** A child that has run on that CPU last, and sleeps. Its name is an evil one. */
static pid_t start_on(int cpu)
{
	int fds[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	pid = test_fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		prctl(PR_SET_NAME, ") 1 ) 2 (3");
		if (sched_setaffinity(0, sizeof(set), &set) < 0 || write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void check_bound_to(int cpu)
{
	cpu_set_t set;

	ck_assert_int_eq(e->cpu, cpu);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	ck_assert_int_eq(CPU_COUNT(&set), 1);
	ck_assert(CPU_ISSET(cpu, &set));
}

/** Usable CPUs, two at most; both are the same where there is one. */
static void find_cpus(int cpus[2])
{
	cpu_set_t set;
	int cpu, num = 0;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	for (cpu = 0; cpu < CPU_SETSIZE && num < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[num++] = cpu;
	ck_assert_int_gt(num, 0);
	if (num == 1)
		cpus[1] = cpus[0];
}

#suite trace_cpu

#tcase looks

#test two_looks_in_a_row_are_believed
	unsigned quiet, confirm;

	quiet = look(-MANY);
	ck_assert(!e->is_crowded);
	ck_assert_uint_eq(look(-MANY), quiet);
	// The first one that finds others is confirmed soon.
	confirm = look(MANY);
	ck_assert_uint_lt(confirm, quiet);
	ck_assert(!e->is_crowded);
	ck_assert_uint_eq(look(MANY), quiet);
	ck_assert(e->is_crowded);
	ck_assert_uint_eq(look(MANY), quiet);
	ck_assert(e->is_crowded);
	// One that finds none is believed at once.
	ck_assert_uint_eq(look(-MANY), quiet);
	ck_assert(!e->is_crowded);
	ck_assert_uint_eq(look(MANY), confirm);
	ck_assert(!e->is_crowded);

#test others_that_leave_a_CPU_free_are_no_crowd
	unsigned quiet = look(-MANY), confirm;

	e->num_cpus = INT_MAX;
	confirm = look(MANY);
	ck_assert_uint_lt(confirm, quiet);
	ck_assert_uint_eq(look(MANY), quiet);
	ck_assert_uint_eq(look(MANY), quiet);
	ck_assert(!e->is_crowded);
	// They become one: this is confirmed as well.
	e->num_cpus = 2;
	ck_assert_uint_eq(look(MANY), confirm);
	ck_assert(!e->is_crowded);
	ck_assert_uint_eq(look(MANY), quiet);
	ck_assert(e->is_crowded);

#tcase placement

#test the_tracer_goes_where_the_target_runs
	int cpus[2], i;
	pid_t pid;

	find_cpus(cpus);
	for (i = 0; i < 4; i++) {
		pid = start_on(cpus[i % 2]);
		thread.tid = pid;
		e->is_cpu_off = false;
		e->cpus[0] = cpus[0];
		e->cpus[1] = cpus[1];
		e->stops_to_cpu_check = 0;
		// Others, for more than one look: no occupant is started.
		e->num_shared_looks = 2;
		e->is_occupying = (uint32_t)-MANY;
		cpu_on_stop(e, &thread, true);
		check_bound_to(cpus[i % 2]);
		ck_assert_uint_eq(e->is_occupying, 0);
		ck_assert(!e->is_occupant_started);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}

#test a_target_that_is_gone_moves_nobody
	e->is_cpu_off = false;
	e->num_shared_looks = 2;
	e->is_occupying = (uint32_t)-MANY;
	e->cpus[0] = e->cpus[1] = 0;
	thread.tid = INT_MAX;
	cpu_on_stop(e, &thread, true);
	ck_assert_int_eq(e->cpu, -1);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, engine_teardown);
	tcase_add_checked_fixture(tc1_2, setup, engine_teardown);
