// SPDX-License-Identifier: GPL-3.0-or-later
// The thread that stores a snapshot periodically. A disk that is too slow for the period gets fewer
// snapshots.
#include "config.h"

#include "supervisor/storing/every.h"

#include "base/clock.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/drain.h"
#include "supervisor/os/thread.h"
#include "supervisor/query/snapshots.h"
#include "supervisor/storing/files.h"

#include <errno.h>

struct storing {
	struct traced *t;
	char *path;
	uint64_t period_ns;
	struct store *store;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	/** Under mutex. */
	bool want_end;
	bool has_failed;
	bool has_stored;
	/** Why the last one was not stored, or NULL. */
	struct err *failure;
	/** What came after the end of tracing has been stored. */
	bool is_final;
	unsigned num;
};

static void note_failure(struct storing *st, struct err *err)
{
	struct traced *t = st->t;

	if (err && !st->has_failed) {
		traced_lock(t);
		traced_note(t, "a snapshot was not stored: %s; the next one tries again",
			    err_text(err));
		traced_unlock(t);
	}
	st->has_failed = err != NULL;
	st->has_stored |= !err;
	err_destroy(st->failure);
	st->failure = err;
}

/** A snapshot of this moment, or NULL when nothing is traced and the end of tracing is stored
 *  already. */
static struct err *take(struct storing *st, struct snapshot **ret)
{
	struct traced *t = st->t;
	struct err *err = NULL;
	bool is_over;
	char name[16];

	*ret = NULL;
	traced_lock(t);
	is_over = !t->is_tracing && (t->state == TARGET_ENDED || t->state == TARGET_DETACHED);
	if ((t->is_tracing || is_over) && !(is_over && st->is_final)) {
		snprintf(name, sizeof(name), "e%u", ++st->num);
		err = snapshots_take(t, name, ret);
	}
	traced_unlock(t);
	st->is_final = is_over;
	return err;
}

static void store_one(struct storing *st)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	struct err *err = take(st, &snapshot);

	if (!err && !snapshot)
		return;
	if (!err && !st->store)
		err = store_open_append(st->path, &st->store);
	if (!err)
		err = files_append(st->t, st->store, snapshot);
	// The end is worth another try, too.
	if (err)
		st->is_final = false;
	note_failure(st, err);
}

/** Sleep until then. False: it is to end. */
static bool sleep_until(struct storing *st, uint64_t then_ns)
{
	struct timespec ts = {.tv_sec = (time_t)(then_ns / NS_PER_S),
			      .tv_nsec = (long)(then_ns % NS_PER_S)};
	bool want_end;

	pthread_mutex_lock(&st->mutex);
	while (!st->want_end && clock_now_ns() < then_ns)
		pthread_cond_timedwait(&st->cond, &st->mutex, &ts);
	want_end = st->want_end;
	pthread_mutex_unlock(&st->mutex);
	return !want_end;
}

static void *storing_main(void *ctx)
{
	struct storing *st = ctx;
	uint64_t next = clock_now_ns() + st->period_ns, now;

	while (sleep_until(st, next)) {
		store_one(st);
		// A disk that is too slow for the period gets fewer snapshots, not a queue.
		now = clock_now_ns();
		while (next <= now)
			next += st->period_ns;
	}
	traced_lock(st->t);
	drain_now(st->t);
	now = st->t->state == TARGET_ENDED || st->t->state == TARGET_DETACHED;
	traced_unlock(st->t);
	if (now)
		store_one(st);
	return NULL;
}

static void storing_destroy(struct storing *st)
{
	store_close(st->store);
	pthread_cond_destroy(&st->cond);
	pthread_mutex_destroy(&st->mutex);
	err_destroy(st->failure);
	free(st->path);
	free(st);
}

struct err *every_end(struct traced *t)
{
	struct storing *st = t->storing;
	struct err *err = NULL;

	if (!st)
		return NULL;
	pthread_mutex_lock(&st->mutex);
	st->want_end = true;
	pthread_cond_signal(&st->cond);
	pthread_mutex_unlock(&st->mutex);
	pthread_join(st->thread, NULL);
	if (st->failure && !st->has_stored)
		err = err_create(ERR_OTHER, "no snapshot could be stored: %s",
				 err_text(st->failure));
	storing_destroy(st);
	t->storing = NULL;
	return err;
}

static struct err *storing_start(struct traced *t, uint64_t period_ns, const char *path)
{
	struct storing *st = calloc(1, sizeof(*st));
	int errnum;

	if (!st)
		return &err_nomem;
	st->t = t;
	st->period_ns = period_ns;
	st->path = strdup(path);
	pthread_mutex_init(&st->mutex, NULL);
	thread_init_cond(&st->cond);
	errnum = st->path ? thread_start(&st->thread, storing_main, st) : ENOMEM;
	if (errnum) {
		storing_destroy(st);
		return err_sys(errnum, "cannot start a thread");
	}
	t->storing = st;
	return NULL;
}

struct err *traced_every(struct traced *t, uint64_t period_ns, const char *path)
{
	_cleanup_err_ struct err *err = every_end(t);

	if (!period_ns)
		return no_cleanup_ptr(err);
	if (t->is_stored)
		return err_create(ERR_OTHER, "there is no process to take snapshots of");
	return storing_start(t, period_ns, path);
}
