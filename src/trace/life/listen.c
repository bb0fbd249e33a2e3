// SPDX-License-Identifier: GPL-3.0-or-later
// The second thread of the tracer. ptrace belongs to the main thread, which blocks in waitpid(), so
// this one reads the socket, queues the commands, and kicks the main thread with a signal until it
// has taken note.
#include "config.h"

#include "trace/life/listen.h"

#include "base/clock.h"
#include "trace/os/process.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/** Time between two kicks while the main thread has not taken note. */
#define KICK_NS 500000

static bool queue_command(struct tracer *tracer, const struct command *c, size_t size)
{
	struct command *copy = malloc(sizeof(*copy));
	bool is_ok;

	if (!copy)
		return false;
	memcpy(copy, c, size);
	pthread_mutex_lock(&tracer->lock);
	is_ok = vec_push(&tracer->queue, copy);
	pthread_mutex_unlock(&tracer->lock);
	if (!is_ok)
		free(copy);
	return is_ok;
}

/** Wait until the main thread has taken note, at most KICK_NS. */
static bool is_heard(struct tracer *tracer)
{
	struct timespec until;
	bool is_heard;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += KICK_NS;
	until.tv_sec += until.tv_nsec / NS_PER_S;
	until.tv_nsec %= NS_PER_S;
	pthread_mutex_lock(&tracer->lock);
	if (tracer->has_news)
		pthread_cond_timedwait(&tracer->heard, &tracer->lock, &until);
	is_heard = !tracer->has_news;
	pthread_mutex_unlock(&tracer->lock);
	return is_heard;
}

/** Tell the main thread. It may be about to block in waitpid(), where a signal that came just
 *  before is of no use: kick again until it has taken note. The next command may come at once
 *  after that, and somebody waits for it: no sleep that is longer than that takes. */
static void kick(struct tracer *tracer)
{
	pthread_mutex_lock(&tracer->lock);
	__atomic_store_n(&tracer->has_news, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&tracer->news);
	pthread_mutex_unlock(&tracer->lock);
	do
		pthread_kill(tracer->main_thread, SIGUSR1);
	while (!is_heard(tracer));
}

static bool is_whole(const struct command *c, ssize_t size)
{
	return size >= (ssize_t)offsetof(struct command, items) &&
	       c->num_items <= COMMAND_MAX_ITEMS &&
	       size >= (ssize_t)(offsetof(struct command, items) +
				 c->num_items * sizeof(c->items[0]));
}

/** Queue what was received. False: that was no command, or there is no memory for it; nothing
 *  behind it may be carried out. */
static bool take_command(struct tracer *tracer, const struct command *c, ssize_t size)
{
	return size > 0 && is_whole(c, size) && queue_command(tracer, c, size);
}

static void *listen_main(void *ctx)
{
	static struct command c;
	struct tracer *tracer = ctx;
	bool is_ok = true;
	ssize_t n;

	while (is_ok) {
		n = recv(tracer->socket, &c, sizeof(c), 0);
		if (n < 0 && errno == EINTR)
			continue;
		is_ok = take_command(tracer, &c, n);
		// Several at once are taken note of together.
		while (is_ok && (n = recv(tracer->socket, &c, sizeof(c), MSG_DONTWAIT)) >= 0)
			is_ok = take_command(tracer, &c, n);
		if (is_ok)
			kick(tracer);
	}
	__atomic_store_n(&tracer->is_supervisor_gone, true, __ATOMIC_RELEASE);
	kick(tracer);
	return NULL;
}

bool listen_start(struct tracer *tracer)
{
	pthread_condattr_t monotonic;
	sigset_t all, old;
	pthread_t thread;
	int errnum;

	pthread_mutex_init(&tracer->lock, NULL);
	pthread_cond_init(&tracer->news, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&tracer->heard, &monotonic);
	pthread_condattr_destroy(&monotonic);
	tracer->main_thread = pthread_self();
	// Signals go to the main thread.
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	errnum = pthread_create(&thread, NULL, listen_main, tracer);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return errnum == 0;
}
