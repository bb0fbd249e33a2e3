// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// jobs ROUNDS: job control as a shell does it. The child, whose threads allocate, is stopped and
// continued by signals, ROUNDS times, and ends in different ways; the parent sees each change of
// its state, once and rightly. Prints "child PID" for each child, for the test to attach to it;
// LEDGER_WAIT=1: a child begins when it is traced.
#include "sites.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

/** Shared with the child: what its threads have done. */
static struct progress {
	atomic_ulong num_done[2];
	atomic_uint num_stopped;
	atomic_uint num_continued;
	atomic_uint ending;
} * progress;

enum ending {
	BY_EXIT = 1,
	BY_KILL,
	BY_FAULT,
	BY_ABORT,
	BY_TERM,
	NUM_ENDINGS
};

static void on_stop(int signal)
{
	int saved = errno;

	(void)signal;
	atomic_fetch_add(&progress->num_stopped, 1);
	// As editors do: restore the terminal, then stop for good.
	raise(SIGSTOP);
	errno = saved;
}

static void on_continue(int signal)
{
	(void)signal;
	atomic_fetch_add(&progress->num_continued, 1);
}

static void *work(void *arg)
{
	uintptr_t index = (uintptr_t)arg;
	struct ledger ledger = {0};
	uint64_t random = 4711 + index;

	ledger.slots = (struct slot *)ledger_map(64 * sizeof(struct slot));
	ledger.num_slots = 64;
	for (;;) {
		sites_work(&ledger, &random);
		atomic_fetch_add(&progress->num_done[index], 1);
	}
	return NULL;
}

static __attribute__((noinline)) void end_badly(volatile int *nowhere)
{
	free(site_malloc(100));
	*nowhere = 1;
}

static void child_main(void)
{
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	struct sigaction go_on = {.sa_handler = on_continue, .sa_flags = SA_RESTART};
	pthread_t thread;

	sigaction(SIGTSTP, &stop, NULL);
	sigaction(SIGCONT, &go_on, NULL);
	ledger_is_waiting = getenv("LEDGER_WAIT") != NULL;
	if (ledger_is_waiting)
		while (!ledger_is_traced())
			ledger_sleep_ms(1);
	for (uintptr_t i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&thread, NULL, work, (void *)i));
	for (;;) {
		ledger_sleep_ms(1);
		switch (atomic_load(&progress->ending)) {
		case BY_EXIT:
			exit(42);
		case BY_FAULT:
			end_badly(NULL);
			break;
		case BY_ABORT:
			abort();
		default:
			break;
		}
	}
}

static int wait_for(pid_t pid, int flags)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, flags);
	while (got < 0 && errno == EINTR);
	REQUIRE(got == pid);
	return status;
}

/** Both threads get on, or none does. */
static bool get_on(long ms)
{
	unsigned long before[2] = {progress->num_done[0], progress->num_done[1]};

	for (long waited = 0;; waited += 5) {
		bool has_first = progress->num_done[0] != before[0];
		bool has_second = progress->num_done[1] != before[1];

		if ((has_first && has_second) || waited >= ms)
			return has_first || has_second;
		ledger_sleep_ms(5);
	}
}

static void stop_and_go(pid_t pid, int signal)
{
	unsigned num_continued = progress->num_continued;
	int status;

	REQUIRE(kill(pid, signal) == 0);
	status = wait_for(pid, WUNTRACED);
	REQUIRE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	// Nothing more to tell, and nothing moves.
	REQUIRE(waitpid(pid, &status, WUNTRACED | WCONTINUED | WNOHANG) == 0);
	ledger_sleep_ms(1);
	REQUIRE(!get_on(10));
	REQUIRE(kill(pid, SIGCONT) == 0);
	status = wait_for(pid, WCONTINUED);
	REQUIRE(WIFCONTINUED(status));
	REQUIRE(get_on(10000));
	for (int i = 0; progress->num_continued == num_continued; i++) {
		REQUIRE(i < 10000);
		ledger_sleep_ms(1);
	}
}

static void check_end(pid_t pid, unsigned ending)
{
	int status;

	atomic_store(&progress->ending, ending);
	if (ending == BY_KILL)
		REQUIRE(kill(pid, SIGKILL) == 0);
	if (ending == BY_TERM)
		REQUIRE(kill(pid, SIGTERM) == 0);
	status = wait_for(pid, 0);
	if (ending == BY_EXIT) {
		REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 42);
		return;
	}
	REQUIRE(WIFSIGNALED(status));
	REQUIRE(WTERMSIG(status) == (ending == BY_KILL    ? SIGKILL
				     : ending == BY_FAULT ? SIGSEGV
				     : ending == BY_ABORT ? SIGABRT
							  : SIGTERM));
	if (ending == BY_FAULT || ending == BY_ABORT)
		ledger_print(1, WCOREDUMP(status) ? "dumped\n" : "not dumped\n");
}

int main(int argc, char **argv)
{
	const struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
	int num_rounds = argc > 1 ? atoi(argv[1]) : 3;
	char text[32];

	ledger_init();
	setrlimit(RLIMIT_CORE, &core);
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	REQUIRE(progress != MAP_FAILED);
	for (unsigned ending = BY_EXIT; ending < NUM_ENDINGS; ending++) {
		pid_t pid;

		memset(progress, 0, sizeof(*progress));
		pid = fork();
		REQUIRE(pid >= 0);
		if (pid == 0)
			child_main();
		snprintf(text, sizeof(text), "child %d\n", (int)pid);
		ledger_print(1, text);
		while (!progress->num_done[0] || !progress->num_done[1])
			ledger_sleep_ms(1);
		for (int i = 0; i < num_rounds; i++)
			stop_and_go(pid, i % 2 ? SIGTSTP : SIGSTOP);
		check_end(pid, ending);
	}
	return ledger_finish();
}
