// SPDX-License-Identifier: GPL-3.0-or-later
#include "test_util.h"
#include "trace/engine.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_signal(int sig)
{
	(void)sig;
}

#suite trace_signals

#tcase sets

#test sets_of_a_thread
	sigset_t blocked;

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, on_signal);
	signal(SIGHUP, SIG_DFL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMAX);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &blocked, NULL), 0);
	ck_assert(signals_has(getpid(), "SigIgn", SIGUSR1));
	ck_assert(!signals_has(getpid(), "SigCgt", SIGUSR1));
	ck_assert(signals_has(getpid(), "SigCgt", SIGUSR2));
	ck_assert(!signals_has(getpid(), "SigIgn", SIGUSR2));
	ck_assert(!signals_has(getpid(), "SigIgn", SIGHUP));
	ck_assert(!signals_has(getpid(), "SigCgt", SIGHUP));
	ck_assert_uint_eq(signals_set(getpid(), "SigBlk"), 1ull << (SIGRTMAX - 1));

#test nothing_of_a_thread_that_is_gone
	pid_t pid = test_fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		signal(SIGUSR1, SIG_IGN);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!signals_has(pid, "SigIgn", SIGUSR1));
	ck_assert_uint_eq(signals_set(pid, "SigIgn"), 0);
