// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/os/thread.h"

#include <signal.h>
#include <time.h>

int thread_start(pthread_t *ret, void *(*main_fn)(void *), void *ctx)
{
	sigset_t all, old;
	int errnum;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	errnum = pthread_create(ret, NULL, main_fn, ctx);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return errnum;
}

void thread_init_cond(pthread_cond_t *ret)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(ret, &attr);
	pthread_condattr_destroy(&attr);
}
