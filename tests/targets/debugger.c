// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -pthread -fno-ipa-icf
// debugger PROGRAM [ARG...]: traces PROGRAM as a debugger does that starts its programs by vfork
// (execvp: it may be looked for in several places), while a thread allocates; its status becomes
// ours. What it sees of the execve must be as without a tracer.
#include "sites.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

static struct ledger ledger;
static atomic_bool has_to_end;

static void *work(void *arg)
{
	uint64_t random = 7;

	while (!atomic_load(&has_to_end)) {
		sites_work(&ledger, &random);
		ledger_sleep_ms(1);
	}
	return arg;
}

static pid_t start(char **argv)
{
	pid_t pid = vfork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(126);
		execvp(argv[0], argv);
		site_free(site_malloc(10));
		_exit(127);
	}
	REQUIRE(pid > 0);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		REQUIRE(errno == EINTR);
	return status;
}

/** All stops to the end; returns the status. */
static int trace(pid_t pid)
{
	struct user_regs_struct regs;
	int status = wait_for(pid);

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	// The execve, and nothing else.
	REQUIRE(WIFSTOPPED(status));
	REQUIRE(WSTOPSIG(status) == SIGTRAP);
	REQUIRE(ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0);
	REQUIRE(regs.orig_rax == SYS_execve);
	REQUIRE(regs.rax == 0);
	REQUIRE(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_EXITKILL) == 0);
	for (;;) {
		REQUIRE(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
		status = wait_for(pid);
		if (!WIFSTOPPED(status))
			break;
	}
	REQUIRE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status = 0;

	REQUIRE(argc > 1);
	ledger_init();
	ledger_add_slots(&ledger, 64);
	ledger_wait_traced();
	REQUIRE(!pthread_create(&thread, NULL, work, NULL));
	for (int i = 0; i < 20 && status == 0; i++)
		status = trace(start(argv + 1));
	atomic_store(&has_to_end, true);
	REQUIRE(!pthread_join(thread, NULL));
	ledger_checkpoint();
	return status ? status : ledger_finish();
}
