// SPDX-License-Identifier: GPL-3.0-or-later
// sharer [vfork]: a child that shares our memory allocates for three seconds, with its own thread
// of execution (clone with CLONE_VM) or in the place of ours (vfork). It must come to its own end.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char stack[64 << 10] __attribute__((aligned(16)));

static int allocate(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < 300; i++) {
		volatile char *p = malloc(100 + i);

		if (!p)
			return 1;
		*p = 1;
		usleep(10000);
		free((void *)p);
	}
	return 7;
}

int main(int argc, char **argv)
{
	bool is_vfork = argc > 1 && strcmp(argv[1], "vfork") == 0;
	int status;
	pid_t pid;

	puts("ready");
	fflush(stdout);
	if (is_vfork) {
		pid = vfork();
		if (pid == 0)
			_exit(allocate(NULL));
	} else {
		pid = clone(allocate, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	printf("status %#x\n", (unsigned)status);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 7;
}
