// SPDX-License-Identifier: GPL-3.0-or-later
// Prints the PID of a child that has ended and is not waited for; ends when its input ends.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	siginfo_t info;
	char byte;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		return 1;
	printf("%d\n", (int)pid);
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
