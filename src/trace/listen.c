// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/** Time between two knocks while the main thread has not taken note. */
#define KNOCK_NS 500000

static bool queue_command(struct engine *e, const struct command *c, size_t size)
{
	struct command *copy = malloc(sizeof(*copy));
	bool is_ok;

	if (!copy)
		return false;
	memcpy(copy, c, size);
	pthread_mutex_lock(&e->lock);
	is_ok = vec_push(&e->queue, copy);
	pthread_mutex_unlock(&e->lock);
	if (!is_ok)
		free(copy);
	return is_ok;
}

/** Wait until the main thread has taken note, at most KNOCK_NS. */
static bool is_heard(struct engine *e)
{
	struct timespec until;
	bool is_heard;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += KNOCK_NS;
	until.tv_sec += until.tv_nsec / NS_PER_S;
	until.tv_nsec %= NS_PER_S;
	pthread_mutex_lock(&e->lock);
	if (e->has_news)
		pthread_cond_timedwait(&e->heard, &e->lock, &until);
	is_heard = !e->has_news;
	pthread_mutex_unlock(&e->lock);
	return is_heard;
}

/** Tell the main thread. It may be about to block in waitpid(), where a signal that came just
 *  before is of no use: knock again until it has taken note. The next command may come at once
 *  after that, and somebody waits for it: no sleep that is longer than that takes. */
static void knock(struct engine *e)
{
	pthread_mutex_lock(&e->lock);
	__atomic_store_n(&e->has_news, true, __ATOMIC_RELEASE);
	pthread_cond_signal(&e->news);
	pthread_mutex_unlock(&e->lock);
	do
		pthread_kill(e->main_thread, SIGUSR1);
	while (!is_heard(e));
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
static bool take_command(struct engine *e, const struct command *c, ssize_t size)
{
	return size > 0 && is_whole(c, size) && queue_command(e, c, size);
}

static void *listen_main(void *ctx)
{
	static struct command c;
	struct engine *e = ctx;
	bool is_ok = true;
	ssize_t n;

	while (is_ok) {
		n = recv(e->socket, &c, sizeof(c), 0);
		if (n < 0 && errno == EINTR)
			continue;
		is_ok = take_command(e, &c, n);
		// Several at once are taken note of together.
		while (is_ok && (n = recv(e->socket, &c, sizeof(c), MSG_DONTWAIT)) >= 0)
			is_ok = take_command(e, &c, n);
		if (is_ok)
			knock(e);
	}
	__atomic_store_n(&e->is_supervisor_gone, true, __ATOMIC_RELEASE);
	knock(e);
	return NULL;
}

bool listen_start(struct engine *e)
{
	pthread_condattr_t monotonic;
	sigset_t all, old;
	pthread_t thread;
	int errnum;

	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->news, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&e->heard, &monotonic);
	pthread_condattr_destroy(&monotonic);
	e->main_thread = pthread_self();
	// Signals go to the main thread.
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	errnum = pthread_create(&thread, NULL, listen_main, e);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return errnum == 0;
}
