// SPDX-License-Identifier: GPL-3.0-or-later
// barestop [N]: what a stop costs on this machine, at the least: a child runs into N int3, its
// tracer waits and continues it, both on one CPU. Prints microseconds per stop.
#define _GNU_SOURCE 1
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void be_traced(long num)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	for (long i = 0; i < num; i++)
		__asm__ volatile("int3");
	_exit(0);
}

int main(int argc, char **argv)
{
	const long num_warm = 500;
	long num = argc > 1 ? atol(argv[1]) : 20000;
	double begin = 0;
	int status;
	pid_t pid;

	pin();
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0)
		be_traced(num + num_warm);
	for (long i = 0; i < num + num_warm; i++) {
		if (i == num_warm)
			begin = now_us();
		if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
		    WSTOPSIG(status) != SIGTRAP)
			return 1;
		if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
			return 1;
	}
	printf("%.4f\n", (now_us() - begin) / (double)num);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? 0 : 1;
}
