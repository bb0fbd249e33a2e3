// SPDX-License-Identifier: GPL-3.0-or-later
/** Threads of the supervisor. */
#ifndef SUPERVISOR_OS_THREAD_H
#define SUPERVISOR_OS_THREAD_H

#include "base/err.h"

#include <pthread.h>

/** Start a thread that no signal reaches: signals are for the thread that called us. Returns
 *  errno. */
int thread_start(pthread_t *ret, void *(*main_fn)(void *), void *ctx) __must_check;
/** A condition whose time limits are on CLOCK_MONOTONIC. */
void thread_init_cond(pthread_cond_t *ret);

#endif
