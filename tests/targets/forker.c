// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// forker sleep|alloc [MILLISECONDS]: makes children that allocate, one after the other, until
// SIGUSR1; each must come to its own good end. With `sleep` it does nothing else itself, as the
// master of a prefork server: asleep (2 ms) when no child is to be made.
#include "sites.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define NUM_ALLOCATIONS 50

static volatile sig_atomic_t has_to_end;
static struct ledger ledger;

static void on_signal(int sig)
{
	(void)sig;
	has_to_end = 1;
}

static void allocate_some(uint64_t *random)
{
	for (int i = 0; i < NUM_ALLOCATIONS; i++)
		sites_work(&ledger, random);
}

static void make_child(uint64_t random)
{
	int status;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid == 0) {
		allocate_some(&random);
		_exit(42);
	}
	while (waitpid(pid, &status, 0) < 0)
		REQUIRE(errno == EINTR);
	if (WIFSIGNALED(status))
		ledger_fail("a child was killed");
	REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	uint64_t random = 4711;
	bool is_asleep;
	int pause_ms = argc > 2 ? atoi(argv[2]) : 2;

	REQUIRE(argc >= 2);
	is_asleep = strcmp(argv[1], "sleep") == 0;
	ledger_init();
	ledger_add_slots(&ledger, 64);
	sigaction(SIGUSR1, &action, NULL);
	ledger_print(1, "running\n");
	while (!has_to_end) {
		if (is_asleep)
			poll(NULL, 0, pause_ms);
		else
			allocate_some(&random);
		make_child(ledger_random(&random));
	}
	return ledger_finish();
}
