// SPDX-License-Identifier: GPL-3.0-or-later
// barestop [N [STEPS]]: what a stop costs on this machine, at the least: a child runs into N int3,
// its tracer waits and continues it, both on one CPU. Prints microseconds per stop.
//
// STEPS is what the tracer does besides, in letters: w waits with waitid(WNOWAIT) instead of
// waitpid(), g fetches the registers, p sets the pc, r reads 4 KiB of the stack, l looks once in
// vain for another stop, y yields the CPU, c reads the clock.
#define _GNU_SOURCE 1
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
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

static bool wait_stop(pid_t pid, bool is_kept)
{
	siginfo_t info = {.si_pid = 0};
	int status;

	if (is_kept)
		return waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | __WALL) == 0 &&
		       info.si_code == CLD_TRAPPED;
	return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status) &&
	       WSTOPSIG(status) == SIGTRAP;
}

static bool do_step(pid_t pid, char step)
{
	static struct user_regs_struct regs;
	static char stack[4096];
	struct iovec to = {stack, sizeof(stack)};
	struct iovec from = {(void *)(uintptr_t)regs.rsp, sizeof(stack)};
	siginfo_t info;

	switch (step) {
	case 'w':
		return true;
	case 'g':
		return ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0;
	case 'p':
		return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rip), regs.rip) == 0;
	case 'r':
		// Less than that above main() is no failure.
		return process_vm_readv(pid, &to, 1, &from, 1, 0) > 0;
	case 'l':
		return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) == 0;
	case 'y':
		return sched_yield() == 0;
	case 'c':
		return now_us() > 0;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	const long num_warm = 500;
	long num = argc > 1 ? atol(argv[1]) : 20000;
	const char *steps = argc > 2 ? argv[2] : "";
	bool is_kept = strchr(steps, 'w');
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
		if (!wait_stop(pid, is_kept))
			return 1;
		for (const char *step = steps; *step; step++)
			if (!do_step(pid, *step))
				return 1;
		if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
			return 1;
	}
	printf("%.4f\n", (now_us() - begin) / (double)num);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? 0 : 1;
}
