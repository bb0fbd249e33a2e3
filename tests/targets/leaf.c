// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// leaf [STATUS]: three blocks of 100 bytes, of which one is freed, in a short life. leaf -n NUM: so
// many children by fork, that all live until the last has begun; each does the same and ends with
// status 0.
#include "sites.h"

#include <sys/wait.h>

static void *kept[2];

static void work(void)
{
	kept[0] = site_malloc(100);
	kept[1] = site_malloc(100);
	site_free(site_malloc(100));
	KEEP(kept[0]);
}

static void have_children(int num)
{
	int pipes[2], i, status;
	char byte;

	REQUIRE(pipe(pipes) == 0);
	for (i = 0; i < num; i++) {
		pid_t pid = fork();

		REQUIRE(pid >= 0);
		if (pid == 0) {
			close(pipes[1]);
			work();
			REQUIRE(read(pipes[0], &byte, 1) == 0);
			_exit(0);
		}
	}
	close(pipes[1]);
	for (i = 0; i < num; i++) {
		REQUIRE(wait(&status) > 0);
		REQUIRE(status == 0);
	}
}

int main(int argc, char **argv)
{
	if (argc > 2) {
		have_children(atoi(argv[2]));
		ledger_print(1, "EXIT-SUCCESS\n");
		return 0;
	}
	work();
	return argc > 1 ? atoi(argv[1]) : 0;
}
