// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshot files: dump, load, a session on a file, and the thread that stores a snapshot every so often. No lock of the session is
// held while a file is written or symbols are looked up for it.
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"
#include "base/io.h"
#include "store/store.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/** Longest command line that is stored. */
#define MAX_COMMAND 4096
/** session_open() loads as many snapshots, the newest ones, as have together so many sites: about 80 MB. */
#define MAX_OPEN_SITES 2000000

struct storing {
	struct session *s;
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

/** The process' command line with blanks for NULs, or "". */
static void read_command(pid_t pid, char buf[MAX_COMMAND])
{
	char path[32];
	_cleanup_fclose_ FILE *f = NULL;
	size_t size, i;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = pid > 0 ? fopen(path, "re") : NULL;
	size = f ? fread(buf, 1, MAX_COMMAND - 1, f) : 0;
	while (size && !buf[size - 1])
		size--;
	for (i = 0; i < size; i++)
		if (!buf[i])
			buf[i] = ' ';
	buf[size] = '\0';
}

static struct err *append(struct session *s, struct store *store, const struct snapshot *snapshot)
{
	char command[MAX_COMMAND], host[256] = "";
	struct store_meta meta = {.command = command, .host = host};
	_cleanup_free_ char *exe = NULL;

	session_lock(s);
	meta.pid = s->tracer.target;
	exe = strdup(s->exe);
	session_unlock(s);
	meta.exe = exe;
	read_command((pid_t)meta.pid, command);
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	return store_append(store, snapshot, &s->source, &meta, NULL);
}

struct err *session_dump(struct session *s, const struct snapshot *snapshot, const char *path)
{
	_cleanup_store_ struct store *store = NULL;
	struct err *err = store_open_append(path, &store);

	return err ? err : append(s, store, snapshot);
}

/** Load a snapshot and keep it under the name `as`, or its own. */
static struct err *load(struct session *s, struct store *store, const char *name, const char *as,
			const struct snapshot **ret)
{
	struct snapshot *snapshot = NULL;
	char *copy = NULL;
	struct err *err;

	session_lock(s);
	session_lock_obj(s);
	err = store_load(store, name, s->heap, s->archive, &snapshot);
	session_unlock_obj(s);
	if (!err && as) {
		copy = strdup(as);
		if (copy) {
			free(snapshot->name);
			snapshot->name = copy;
		} else {
			snapshot_destroy(snapshot);
			err = &err_nomem;
		}
	}
	if (!err) {
		// Its numbers of allocations are of another process.
		snapshot->seq = SNAPSHOT_NO_SEQ;
		err = queries_keep(s, snapshot);
	}
	session_unlock(s);
	if (!err && ret)
		*ret = snapshot;
	return err;
}

/** A file that is open for loading. */
struct opened {
	char *path;
	struct store *store;
};

static void opened_close(struct opened *opened)
{
	store_close(opened->store);
	free(opened->path);
	*opened = (struct opened){0};
}

/** Load from the file that is open, if it is that of the spec, or open that one. */
static struct err *load_spec(struct session *s, struct opened *opened, const char *spec,
			     const char *as, const struct snapshot **ret)
{
	_cleanup_free_ char *path = NULL, *name = NULL;
	struct err *err = store_parse_spec(spec, &path, &name);

	if (!err && opened->path && strcmp(path, opened->path) == 0)
		return load(s, opened->store, name, as, ret);
	opened_close(opened);
	if (!err)
		err = store_open_read(path, &opened->store);
	if (err)
		return err;
	opened->path = no_cleanup_ptr(path);
	err = store_prepare(opened->store);
	return err ? err : load(s, opened->store, name, as, ret);
}

struct err *session_load(struct session *s, const char *spec, const char *as,
			 const struct snapshot **ret)
{
	_cleanup_(opened_close) struct opened opened = {0};

	return load_spec(s, &opened, spec, as, ret);
}

struct err *session_load_pair(struct session *s, const char *first, const char *second)
{
	_cleanup_(opened_close) struct opened opened = {0};
	struct err *err = load_spec(s, &opened, first, first, NULL);

	return err ? err : load_spec(s, &opened, second, second, NULL);
}

/** The first of the newest entries that are loaded. */
static size_t first_to_load(const struct store_entries *entries)
{
	size_t num_sites = 0, i = entries->num;

	while (i > 0 &&
	       (i == entries->num || num_sites + entries->items[i - 1].num_sites <= MAX_OPEN_SITES))
		num_sites += entries->items[--i].num_sites;
	return i;
}

static bool has_later(const struct store_entries *entries, size_t i)
{
	size_t j;

	for (j = i + 1; j < entries->num; j++)
		if (strcmp(entries->items[j].name, entries->items[i].name) == 0)
			return true;
	return false;
}

static struct err *load_all(struct session *s, struct store *store,
			    const struct store_entries *entries)
{
	size_t first = first_to_load(entries), i;
	char number[16];
	struct err *err = NULL;

	for (i = first; i < entries->num && !err; i++) {
		snprintf(number, sizeof(number), "%u", entries->items[i].id);
		if (has_later(entries, i))
			err = load(s, store, number, number, NULL);
		else
			err = load(s, store, entries->items[i].name, NULL, NULL);
	}
	session_lock(s);
	if (first)
		session_note(s, "%zu older snapshots are not loaded; load FILE:NAME does", first);
	session_unlock(s);
	return err;
}

/** What the session tells of itself is what the newest snapshot tells. */
static void take_over(struct session *s, const struct store_entries *entries)
{
	const struct store_entry *newest = store_find(entries, NULL);
	char *exe = newest && newest->meta.exe ? strdup(newest->meta.exe) : NULL;

	if (!newest)
		return;
	s->nframe = newest->nframe;
	s->start_ns = newest->start_ns;
	s->end_ns = newest->time_ns;
	s->is_from_launch = newest->is_from_launch;
	if (exe && vec_push(&s->exes, exe))
		s->exe = exe;
	else
		free(exe);
}

struct err *session_open(struct session *s, const char *path)
{
	_cleanup_store_entries_ struct store_entries entries = {0};
	_cleanup_store_ struct store *store = NULL;
	struct err *err = session_create_tables(s);

	s->is_stored = true;
	if (err || !path)
		return err;
	err = store_open_read(path, &store);
	if (!err)
		err = store_prepare(store);
	if (!err)
		err = store_list(store, &entries);
	if (err)
		return err;
	take_over(s, &entries);
	return load_all(s, store, &entries);
}

static void note_failure(struct storing *st, struct err *err)
{
	struct session *s = st->s;

	if (err && !st->has_failed) {
		session_lock(s);
		session_note(s, "a snapshot was not stored: %s; the next one tries again",
			     err_text(err));
		session_unlock(s);
	}
	st->has_failed = err != NULL;
	st->has_stored |= !err;
	err_destroy(st->failure);
	st->failure = err;
}

/** A snapshot of this moment, or NULL when nothing is traced and the end of tracing is stored already. */
static struct err *take(struct storing *st, struct snapshot **ret)
{
	struct session *s = st->s;
	struct err *err = NULL;
	bool is_over;
	char name[16];

	*ret = NULL;
	session_lock(s);
	is_over = !s->is_tracing && (s->state == TARGET_ENDED || s->state == TARGET_DETACHED);
	if ((s->is_tracing || is_over) && !(is_over && st->is_final)) {
		snprintf(name, sizeof(name), "e%u", ++st->num);
		err = queries_take_snapshot(s, name, ret);
	}
	session_unlock(s);
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
		err = append(st->s, st->store, snapshot);
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
	session_lock(st->s);
	drain_now(st->s);
	now = st->s->state == TARGET_ENDED || st->s->state == TARGET_DETACHED;
	session_unlock(st->s);
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

struct err *storing_end(struct session *s)
{
	struct storing *st = s->storing;
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
	s->storing = NULL;
	return err;
}

static struct err *storing_start(struct session *s, uint64_t period_ns, const char *path)
{
	struct storing *st = calloc(1, sizeof(*st));
	pthread_condattr_t attr;
	sigset_t all, old;
	int errnum;

	if (!st)
		return &err_nomem;
	st->s = s;
	st->period_ns = period_ns;
	st->path = strdup(path);
	pthread_mutex_init(&st->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&st->cond, &attr);
	pthread_condattr_destroy(&attr);
	errnum = st->path ? 0 : ENOMEM;
	if (!errnum) {
		sigfillset(&all);
		pthread_sigmask(SIG_BLOCK, &all, &old);
		errnum = pthread_create(&st->thread, NULL, storing_main, st);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (errnum) {
		storing_destroy(st);
		return err_sys(errnum, "cannot start a thread");
	}
	s->storing = st;
	return NULL;
}

struct err *session_every(struct session *s, uint64_t period_ns, const char *path)
{
	_cleanup_err_ struct err *err = storing_end(s);

	if (!period_ns)
		return no_cleanup_ptr(err);
	if (s->is_stored)
		return err_create(ERR_OTHER, "there is no process to take snapshots of");
	return storing_start(s, period_ns, path);
}
