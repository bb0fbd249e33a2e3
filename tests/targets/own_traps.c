// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g
// own_traps [ROUNDS]: the target's own SIGTRAPs (int3, raise, a handler on them), and stops by
// SIGSTOP that its child sends and ends: all must reach it as if nobody looked on.
#include "sites.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t num_traps;
static volatile sig_atomic_t num_continued;
static struct ledger ledger;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	num_traps++;
}

static void on_continue(int signal)
{
	(void)signal;
	num_continued++;
}

/** A child stops the parent, sees it stopped, and continues it. */
static void stop_and_go(void)
{
	pid_t parent = getpid();
	int status;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid == 0) {
		kill(parent, SIGSTOP);
		ledger_sleep_ms(30);
		kill(parent, SIGCONT);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		REQUIRE(errno == EINTR);
	REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
	int num_rounds = argc > 1 ? atoi(argv[1]) : 5;
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	struct sigaction resume = {.sa_handler = on_continue, .sa_flags = SA_RESTART};

	ledger_init();
	ledger_add_slots(&ledger, 16);
	sigaction(SIGTRAP, &action, NULL);
	sigaction(SIGCONT, &resume, NULL);
	ledger_wait_traced();
	for (size_t i = 0; i < 10; i++) {
		slot_set(&ledger.slots[i], site_malloc(i + 1), i + 1, "site_malloc", false);
		__asm__ volatile("int3");
		REQUIRE(raise(SIGTRAP) == 0);
	}
	REQUIRE(num_traps == 20);
	for (int i = 0; i < num_rounds; i++)
		stop_and_go();
	REQUIRE(num_continued == num_rounds);
	ledger_checkpoint();
	return ledger_finish();
}
