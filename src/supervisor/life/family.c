// SPDX-License-Identifier: GPL-3.0-or-later
// Followed children: a session each, all under one tracer. The tracer holds a child in its first
// stop and tells of it in the ring of its parent; a thread here makes the session, whose breakpoints
// go in before the child may run. When a child has ended, its shared memory serves another one, and
// when many have, their tables are put together (folding.c). Locks are taken in this order: hold,
// members_lock, that of a session, that of arrivals.
#include "config.h"

#include "supervisor/life/family.h"

#include "base/clock.h"
#include "supervisor/core/arrivals.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/process_image.h"
#include "supervisor/life/assemble.h"
#include "supervisor/life/folding.h"
#include "supervisor/os/thread.h"

#include <malloc.h>

/** Members at once: the living, those that keep a table, and as many as can come while the console
 *  is at work on the tables. */
#define MAX_MEMBERS (SESSION_MAX_PROCESSES + SESSION_MAX_ENDED + 256)

struct family {
	pthread_t thread;
	bool has_thread;
	/** What the tracer and we share with each of them. */
	struct shared *spares[SESSION_MAX_PROCESSES];
	uint32_t num_spares;

	/** session_hold(); recursive. */
	pthread_mutex_t hold;
	/** In the way of the removal of members for the little while in which they are looked through by whoever cannot
	 *  wait for hold. */
	pthread_mutex_t members_lock;
	/** In order of appearance; num_members, which grows without lock, is read without. */
	struct session *members[MAX_MEMBERS];
	uint32_t num_members;
	struct folds folds;
	/** session_choose(). */
	struct session *chosen;
};

static uint32_t num_members(const struct family *f)
{
	return f ? __atomic_load_n(&f->num_members, __ATOMIC_ACQUIRE) : 0;
}

void session_hold(struct session *s)
{
	if (s->first->family)
		pthread_mutex_lock(&s->first->family->hold);
}

void session_let(struct session *s)
{
	if (s->first->family)
		pthread_mutex_unlock(&s->first->family->hold);
}

void session_choose(struct session *process)
{
	if (process->first->family)
		process->first->family->chosen = process;
}

size_t session_num_processes(struct session *s)
{
	const struct family *f = s->family;

	return f ? 1 + __atomic_load_n(&f->folds.num, __ATOMIC_ACQUIRE) + num_members(f) : 1;
}

struct session *session_process(struct session *s, size_t index)
{
	const struct family *f = s->family;

	if (!index)
		return s;
	index--;
	return index < f->folds.num ? f->folds.items[index] : f->members[index - f->folds.num];
}

pid_t session_pid(const struct session *s)
{
	return s->tracer.target;
}

static bool is_living(struct session *s)
{
	bool ret;

	session_lock(s);
	drain_now(s);
	ret = s->has_tracer && (s->state == TARGET_HELD || s->state == TARGET_RUNNING);
	session_unlock(s);
	return ret;
}

bool session_has_living(struct session *s)
{
	struct family *f = s->family;
	bool ret = is_living(s);
	uint32_t num, i;

	if (!f)
		return ret;
	session_hold(s);
	num = num_members(f);
	for (i = 0; i < num && !ret; i++)
		ret = is_living(f->members[i]);
	// A child is announced before its parent's end is.
	ret |= arrivals_is_busy(s->arrivals) || num_members(f) != num;
	session_let(s);
	return ret;
}

/** The child of a fork: its modules are there already. */
static void plant_forked(struct session *s)
{
	session_lock(s);
	process_image_adopt(s);
	control_release(s, s->tracer.target, 0);
	session_unlock(s);
}

/** The session of a child; with an error it runs on untraced. */
static struct err *take_up(struct session *first, const struct arrival *child)
{
	struct session_options options = first->options;
	struct family *f = first->family;
	struct session *s;
	struct err *err;

	if (child->process - 1 >= f->num_spares)
		return err_create(ERR_OTHER, "there is no memory of number %u", child->process);
	options.nframe = child->nframe;
	err = assemble_session(&options, &s);
	if (err)
		return err;
	s->first = first;
	s->parent = child->parent;
	s->tracer = first->tracer;
	s->tracer.target = child->pid;
	s->tracer.process = child->process;
	s->shared = f->spares[child->process - 1];
	s->has_tracer = true;
	s->state = TARGET_RUNNING;
	s->is_from_launch = child->flags & CHILD_SPAWNED;
	s->is_tracing = child->flags & CHILD_TRACING;
	s->start_ns = s->rate_ns = clock_now_ns();
	err = assemble_tables(s);
	if (!err)
		err = drain_start(s);
	if (err) {
		assemble_destroy(s);
		return err;
	}
	// Its EVENT_EXEC, if that is how it came, does the rest.
	if (!(child->flags & CHILD_SPAWNED))
		plant_forked(s);
	f->members[num_members(f)] = s;
	__atomic_store_n(&f->num_members, num_members(f) + 1, __ATOMIC_RELEASE);
	return NULL;
}

/** Nothing is read of a process any more. */
static void release(const struct session *s, uint32_t process)
{
	const struct command command = {.kind = COMMAND_FORGET};

	control_send_to(s, process, &command);
}

static void handle_arrival(struct session *first, const struct arrival *child)
{
	struct err *err = take_up(first, child);

	if (!err)
		return;
	// It stands in its first stop still.
	release(first, child->process);
	session_lock(first);
	session_note(first, "process %d is not followed: %s", (int)child->pid, err_text(err));
	session_unlock(first);
	err_destroy(err);
}

/** Nothing comes from it any more: its thread, its descriptors and what it shares with the tracer are not needed. */
static void retire(struct session *s)
{
	struct shared_stats *stats = malloc(sizeof(*stats));
	struct shared *shared = s->shared;

	session_lock(s);
	drain_now(s);
	s->has_tracer = false;
	session_unlock(s);
	drain_end(s);
	if (stats)
		*stats = shared->stats;
	session_lock(s);
	s->last_stats = stats;
	ring_reader_destroy(s->reader);
	s->reader = NULL;
	s->shared = NULL;
	session_unlock(s);
	memory_close(s);
	shared_trim(shared);
	release(s, s->tracer.process);
}

static void retire_ended(struct family *f)
{
	uint32_t i;

	for (i = 0; i < num_members(f); i++)
		if (f->members[i]->has_thread && !is_living(f->members[i]))
			retire(f->members[i]);
}

static void remove_member(struct family *f, const struct session *s)
{
	uint32_t i, num = num_members(f), kept = 0;

	pthread_mutex_lock(&f->members_lock);
	for (i = 0; i < num; i++)
		if (f->members[i] != s)
			f->members[kept++] = f->members[i];
	__atomic_store_n(&f->num_members, kept, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&f->members_lock);
}

/** Returns whether there is more to do, later. */
static bool fold_ended(struct family *f)
{
	struct session *s;
	struct err *err = NULL;

	for (;;) {
		// Not in the way of whoever is at work on the tables, nor held up by that.
		if (pthread_mutex_trylock(&f->hold) != 0)
			return true;
		s = folding_next(f->members, num_members(f), &f->folds, f->chosen);
		if (s)
			err = folding_add(&f->folds, s);
		if (s && !err) {
			remove_member(f, s);
			assemble_destroy(s);
		}
		pthread_mutex_unlock(&f->hold);
		if (s && !err)
			continue;
		// Without memory they stay as they are.
		err_destroy(err);
		return false;
	}
}

static void *family_main(void *ctx)
{
	struct session *first = ctx;
	struct family *f = first->family;
	struct arrivals_work work;

	while (arrivals_wait(first->arrivals, num_members(f) < MAX_MEMBERS, &work)) {
		if (work.has_child)
			handle_arrival(first, &work.child);
		retire_ended(f);
		arrivals_done(first->arrivals, fold_ended(f));
		// A wait for all may be about to find that there is nothing more to come.
		control_wake(first);
	}
	return NULL;
}

static void init_locks(struct family *f)
{
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&f->hold, &recursive);
	pthread_mutexattr_destroy(&recursive);
	pthread_mutex_init(&f->members_lock, NULL);
}

struct err *family_create(struct session *s, struct tracer_options *options)
{
	struct family *f = calloc(1, sizeof(*f));
	struct err *err = f ? arrivals_create(&s->arrivals) : &err_nomem;

	if (err) {
		free(f);
		return err;
	}
	// Tables have megabytes of which little is touched. Once some have been freed glibc takes such from its heap, fills
	// them with zeros and keeps them, unless the threshold is fixed.
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	s->family = f;
	f->chosen = s;
	init_locks(f);
	while (f->num_spares < SESSION_MAX_PROCESSES - 1 &&
	       (f->spares[f->num_spares] = shared_reserve()))
		f->num_spares++;
	options->spares = f->spares;
	options->num_spares = f->num_spares;
	return NULL;
}

struct err *family_start(struct session *s)
{
	int errnum;

	if (!s->family)
		return NULL;
	errnum = thread_start(&s->family->thread, family_main, s);
	if (errnum)
		return err_sys(errnum, "cannot start a thread");
	s->family->has_thread = true;
	return NULL;
}

void family_close(struct session *s)
{
	struct family *f = s->family;

	if (!f || !f->has_thread)
		return;
	arrivals_end(s->arrivals);
	pthread_join(f->thread, NULL);
	f->has_thread = false;
}

void family_left(struct session *s)
{
	struct family *f = s->family;
	struct session *member;
	uint32_t i;

	if (!f)
		return;
	pthread_mutex_lock(&f->members_lock);
	for (i = 0; i < num_members(f); i++) {
		member = f->members[i];
		session_lock(member);
		if (member->has_tracer)
			memory_restore(member);
		drain_last(member);
		member->has_tracer = false;
		if (member->state != TARGET_ENDED)
			member->state = TARGET_DETACHED;
		session_mark_end(member);
		session_unlock(member);
		control_wake(member);
	}
	pthread_mutex_unlock(&f->members_lock);
}

void family_destroy(struct session *s)
{
	struct family *f = s->family;
	uint32_t i;

	if (!f)
		return;
	family_close(s);
	for (i = 0; i < num_members(f); i++)
		assemble_destroy(f->members[i]);
	for (i = 0; i < f->folds.num; i++)
		assemble_destroy(f->folds.items[i]);
	for (i = 0; i < f->num_spares; i++)
		shared_destroy(f->spares[i]);
	free(f);
	s->family = NULL;
	arrivals_destroy(s->arrivals);
	s->arrivals = NULL;
}
