// SPDX-License-Identifier: GPL-3.0-or-later
// Followed children, all under one tracer. The tracer holds a child in its first stop, and
// announces it in the ring of its parent. A thread here makes its tables, and plants before the
// child may run. When a child has ended, its shared memory serves another one. When many have
// ended, their tables are merged (folding.c). Locks are taken in this order: hold, members_lock,
// the lock of a process, the lock of arrivals.
#include "config.h"

#include "supervisor/life/family.h"

#include "base/clock.h"
#include "supervisor/core/arrivals.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/event_batch.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/process_image.h"
#include "supervisor/life/assemble.h"
#include "supervisor/life/folding.h"
#include "supervisor/life/tracing.h"
#include "supervisor/os/thread.h"
#include "supervisor/processes.h"

#include <malloc.h>

/** How many members there can be: those that live, those that keep a table, and as many as can come
 *  while the console works on the tables. */
#define MAX_MEMBERS (SESSION_MAX_PROCESSES + SESSION_MAX_ENDED + 256)

struct family {
	pthread_t thread;
	bool has_thread;
	/** What the tracer and we share with each of them. */
	struct shared *channels[SESSION_MAX_PROCESSES];
	uint32_t num_channels;

	/** session_hold(); recursive. */
	pthread_mutex_t hold;
	/** Prevents the removal of members while they are looked through, which does not take
	 *  long. */
	pthread_mutex_t members_lock;
	/** In order of appearance. num_members grows without lock, and is read without lock. */
	struct traced *members[MAX_MEMBERS];
	uint32_t num_members;
	struct folds folds;
	/** session_choose(). */
	struct traced *chosen;
};

static uint32_t num_members(const struct family *f)
{
	return f ? __atomic_load_n(&f->num_members, __ATOMIC_ACQUIRE) : 0;
}

void session_hold(struct session *s)
{
	if (s->family)
		pthread_mutex_lock(&s->family->hold);
}

void session_let(struct session *s)
{
	if (s->family)
		pthread_mutex_unlock(&s->family->hold);
}

void session_choose(struct session *s, struct traced *t)
{
	if (s->family)
		s->family->chosen = t;
}

size_t session_num_processes(const struct session *s)
{
	const struct family *f = s->family;

	return f ? 1 + __atomic_load_n(&f->folds.num, __ATOMIC_ACQUIRE) + num_members(f) : 1;
}

struct traced *session_process(const struct session *s, size_t index)
{
	const struct family *f = s->family;

	if (!index)
		return s->first;
	index--;
	return index < f->folds.num ? f->folds.items[index] : f->members[index - f->folds.num];
}

static bool is_living(struct traced *t)
{
	bool ret;

	traced_lock(t);
	drain_now(t);
	ret = t->has_tracer && (t->state == TARGET_HELD || t->state == TARGET_RUNNING);
	traced_unlock(t);
	return ret;
}

bool session_has_living(struct session *s)
{
	struct family *f = s->family;
	bool ret = is_living(s->first);
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
static void plant_forked(struct traced *t)
{
	traced_lock(t);
	process_image_adopt(t);
	control_release(t, t->pid, 0);
	traced_unlock(t);
}

/** The tables of a child, and its breakpoints; with an error it runs on untraced. */
static struct err *take_up(struct session *s, const struct arrival *child)
{
	struct family *f = s->family;
	struct traced *t;
	struct err *err;

	if (child->number - 1 >= f->num_channels)
		return err_create(ERR_OTHER, "there is no memory of number %u", child->number);
	err = assemble_traced(s, child->nframe, &t);
	if (err)
		return err;
	t->parent = child->parent;
	t->pid = child->pid;
	t->number = child->number;
	t->shared = f->channels[child->number - 1];
	t->has_tracer = true;
	t->state = TARGET_RUNNING;
	t->is_from_launch = child->flags & CHILD_SPAWNED;
	t->is_tracing = child->flags & CHILD_TRACING;
	t->start_ns = clock_now_ns();
	history_begin(t->history, t->start_ns);
	err = assemble_tables(t);
	if (!err)
		err = drain_start(t);
	if (err) {
		assemble_destroy(t);
		return err;
	}
	// Its EVENT_EXEC, if that is how it came, does the rest.
	if (!(child->flags & CHILD_SPAWNED))
		plant_forked(t);
	f->members[num_members(f)] = t;
	__atomic_store_n(&f->num_members, num_members(f) + 1, __ATOMIC_RELEASE);
	return NULL;
}

/** Nothing is read of a process any more. */
static void release(const struct session *s, uint32_t number)
{
	const struct command command = {.kind = COMMAND_FORGET};

	control_send_to(s, number, &command);
}

static void handle_arrival(struct session *s, const struct arrival *child)
{
	struct err *err = take_up(s, child);

	if (!err)
		return;
	// It stands in its first stop still.
	release(s, child->number);
	traced_lock(s->first);
	traced_note(s->first, "process %d is not followed: %s", (int)child->pid, err_text(err));
	traced_unlock(s->first);
	err_destroy(err);
}

/** Nothing comes from it any more. Its thread, its descriptors and its shared memory are not
 *  needed. */
static void retire(struct traced *t)
{
	struct shared_stats *stats = malloc(sizeof(*stats));
	struct shared *shared = t->shared;

	traced_lock(t);
	drain_now(t);
	t->has_tracer = false;
	traced_unlock(t);
	drain_end(t);
	if (stats)
		*stats = shared->stats;
	traced_lock(t);
	t->last_stats = stats;
	agent_ring_close(t);
	ring_reader_destroy(t->reader);
	t->reader = NULL;
	event_batch_destroy(t->batch);
	t->batch = NULL;
	t->shared = NULL;
	traced_unlock(t);
	memory_close(t);
	shared_trim(shared);
	release(t->session, t->number);
}

static void retire_ended(struct family *f)
{
	uint32_t i;

	for (i = 0; i < num_members(f); i++)
		if (f->members[i]->has_thread && !is_living(f->members[i]))
			retire(f->members[i]);
}

static void remove_member(struct family *f, const struct traced *t)
{
	uint32_t i, num = num_members(f), kept = 0;

	pthread_mutex_lock(&f->members_lock);
	for (i = 0; i < num; i++)
		if (f->members[i] != t)
			f->members[kept++] = f->members[i];
	__atomic_store_n(&f->num_members, kept, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&f->members_lock);
}

/** Returns whether there is more to do, later. */
static bool fold_ended(struct family *f)
{
	struct traced *t;
	struct err *err = NULL;

	for (;;) {
		// This neither disturbs whoever works on the tables, nor waits for them.
		if (pthread_mutex_trylock(&f->hold) != 0)
			return true;
		t = folding_next(f->members, num_members(f), &f->folds, f->chosen);
		if (t)
			err = folding_add(&f->folds, t);
		if (t && !err) {
			remove_member(f, t);
			assemble_destroy(t);
		}
		pthread_mutex_unlock(&f->hold);
		if (t && !err)
			continue;
		// Without memory they stay as they are.
		err_destroy(err);
		return false;
	}
}

static void *family_main(void *ctx)
{
	struct session *s = ctx;
	struct family *f = s->family;
	struct arrivals_work work;

	while (arrivals_wait(s->arrivals, num_members(f) < MAX_MEMBERS, &work)) {
		if (work.has_child)
			handle_arrival(s, &work.child);
		retire_ended(f);
		arrivals_done(s->arrivals, fold_ended(f));
		// A wait for all may be about to find that there is nothing more to come.
		control_wake(s);
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
	// Tables have megabytes of address space, of which little is touched. After some were
	// freed, glibc would take new ones from its heap, fill them with zeros and keep them,
	// unless the threshold is fixed.
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
	s->family = f;
	f->chosen = s->first;
	init_locks(f);
	while (f->num_channels < SESSION_MAX_PROCESSES - 1 &&
	       (f->channels[f->num_channels] = shared_reserve()))
		f->num_channels++;
	options->channels = f->channels;
	options->num_channels = f->num_channels;
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
	struct traced *member;
	uint32_t i;

	if (!f)
		return;
	pthread_mutex_lock(&f->members_lock);
	for (i = 0; i < num_members(f); i++) {
		member = f->members[i];
		traced_lock(member);
		if (member->has_tracer)
			memory_restore(member);
		traced_unlock(member);
		tracing_leave(member);
	}
	pthread_mutex_unlock(&f->members_lock);
	control_wake(s);
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
	for (i = 0; i < f->num_channels; i++)
		shared_destroy(f->channels[i]);
	free(f);
	s->family = NULL;
	arrivals_destroy(s->arrivals);
	s->arrivals = NULL;
}
