// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// spawn HOW PROGRAM [ARG...]: executes PROGRAM in a child made by vfork or posix_spawn, or in one
// made by vfork by its descriptor (execveat); its status becomes ours.
#include "ledger.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";
	int status, fd;
	pid_t pid;

	ledger_init();
	if (strcmp(how, "posix_spawn") == 0) {
		REQUIRE(posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ) == 0);
	} else if (strcmp(how, "vfork") == 0) {
		pid = vfork();
		if (pid == 0) {
			execv(argv[2], argv + 2);
			_exit(127);
		}
	} else {
		REQUIRE(strcmp(how, "execveat") == 0);
		fd = open(argv[2], O_PATH | O_CLOEXEC);
		REQUIRE(fd >= 0);
		pid = vfork();
		if (pid == 0) {
			syscall(SYS_execveat, fd, "", argv + 2, environ, AT_EMPTY_PATH);
			_exit(127);
		}
	}
	REQUIRE(pid > 0);
	while (waitpid(pid, &status, 0) < 0)
		REQUIRE(errno == EINTR);
	REQUIRE(WIFEXITED(status));
	return WEXITSTATUS(status);
}
