// SPDX-License-Identifier: GPL-3.0-or-later
// Followed children: a session each, all under one tracer. The tracer holds a child in its first
// stop and tells of it in the ring of its parent; a thread here makes the session, whose breakpoints
// go in before the child may run. Where both are needed, the lock of a session is taken before the
// one of the family.
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"

/** A child that was announced. */
struct birth {
	pid_t pid;
	pid_t parent;
	uint32_t process;
	uint32_t flags;
	uint32_t nframe;
};

struct family {
	pthread_t thread;
	bool has_thread;
	/** What the tracer and we share with each of them. */
	struct shared *spares[SESSION_MAX_PROCESSES];
	uint32_t num_spares;

	pthread_mutex_t lock;
	pthread_cond_t news;
	VEC(struct birth) births;
	/** Taken from births, not a member yet. */
	bool is_busy;
	bool want_end;
	/** Something has changed with a member. */
	bool has_news;
	/** In order of appearance; num_members is read without lock. */
	struct session *members[SESSION_MAX_PROCESSES];
	uint32_t num_members;
};

static uint32_t num_members(const struct family *f)
{
	return f ? __atomic_load_n(&f->num_members, __ATOMIC_ACQUIRE) : 0;
}

size_t session_num_processes(struct session *s)
{
	return 1 + num_members(s->family);
}

struct session *session_process(struct session *s, size_t index)
{
	return index ? s->family->members[index - 1] : s;
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
	size_t num = session_num_processes(s), i;
	bool ret;

	for (i = 0; i < num; i++)
		if (is_living(session_process(s, i)))
			return true;
	if (!s->family)
		return false;
	// A child is announced before its parent's end is.
	pthread_mutex_lock(&s->family->lock);
	ret = s->family->births.num || s->family->is_busy || session_num_processes(s) != num;
	pthread_mutex_unlock(&s->family->lock);
	return ret;
}

void family_wake(struct session *s)
{
	struct family *f = s->first->family;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->has_news = true;
	pthread_cond_signal(&f->news);
	pthread_mutex_unlock(&f->lock);
	control_wake(s->first);
}

void family_add(struct session *parent, const struct event_child *event)
{
	struct family *f = parent->first->family;
	const struct birth birth = {
		.pid = event->pid,
		.parent = parent->tracer.target,
		.process = event->process,
		.flags = event->flags,
		.nframe = parent->nframe,
	};

	pthread_mutex_lock(&f->lock);
	// Without memory the child would stand for ever: there is no other way than to let it run.
	if (f->want_end || !vec_push(&f->births, birth)) {
		struct tracer child = parent->tracer;
		const struct command command = {.kind = COMMAND_RESUME, .tid = event->pid};

		child.process = event->process;
		err_destroy(tracer_send(&child, &command));
	}
	pthread_cond_signal(&f->news);
	pthread_mutex_unlock(&f->lock);
}

/** The child of a fork: its modules are there already. */
static void plant_forked(struct session *s)
{
	session_lock(s);
	s->has_executed = true;
	images_set_exe(s);
	images_send_areas(s);
	images_update(s);
	control_resume(s, s->tracer.target, 0);
	session_unlock(s);
}

/** The session of a child; with an error it runs on untraced. */
static struct err *take_up(struct session *first, const struct birth *birth)
{
	struct session_options options = first->options;
	struct family *f = first->family;
	struct session *s;
	struct err *err;

	options.nframe = birth->nframe;
	err = session_new(&options, &s);
	if (err)
		return err;
	s->first = first;
	s->parent = birth->parent;
	s->tracer = first->tracer;
	s->tracer.target = birth->pid;
	s->tracer.process = birth->process;
	s->shared = f->spares[birth->process - 1];
	s->has_tracer = true;
	s->state = TARGET_RUNNING;
	s->is_from_launch = birth->flags & CHILD_SPAWNED;
	s->is_tracing = birth->flags & CHILD_TRACING;
	s->start_ns = s->rate_ns = clock_now_ns();
	err = session_create_tables(s);
	// Its EVENT_EXEC, if that is how it came, does the rest.
	if (!err && !(birth->flags & CHILD_SPAWNED))
		plant_forked(s);
	if (!err)
		err = drain_start(s);
	if (err) {
		session_destroy(s);
		return err;
	}
	f->members[num_members(f)] = s;
	__atomic_store_n(&f->num_members, num_members(f) + 1, __ATOMIC_RELEASE);
	return NULL;
}

static void handle_birth(struct session *first, const struct birth *birth)
{
	const struct command command = {.kind = COMMAND_RESUME, .tid = birth->pid};
	struct tracer child = first->tracer;
	struct err *err = take_up(first, birth);

	if (!err)
		return;
	child.process = birth->process;
	err_destroy(tracer_send(&child, &command));
	session_lock(first);
	session_note(first, "process %d is not followed: %s", (int)birth->pid, err_text(err));
	session_unlock(first);
	err_destroy(err);
}

/** Nothing comes from it any more: its thread and the pages of its ring are not needed. */
static void retire(struct session *s)
{
	session_lock(s);
	drain_now(s);
	s->has_tracer = false;
	session_unlock(s);
	drain_end(s);
	session_lock(s);
	shared_trim(s->shared);
	session_unlock(s);
}

static void retire_ended(struct family *f)
{
	uint32_t i;

	for (i = 0; i < num_members(f); i++)
		if (f->members[i]->has_threads && !is_living(f->members[i]))
			retire(f->members[i]);
}

static void *family_main(void *ctx)
{
	struct session *first = ctx;
	struct family *f = first->family;
	struct birth birth;
	size_t i;

	pthread_mutex_lock(&f->lock);
	while (!f->want_end) {
		if (!f->births.num && !f->has_news) {
			pthread_cond_wait(&f->news, &f->lock);
			continue;
		}
		f->has_news = false;
		f->is_busy = f->births.num != 0;
		if (f->is_busy) {
			birth = f->births.items[0];
			f->births.num--;
			for (i = 0; i < f->births.num; i++)
				f->births.items[i] = f->births.items[i + 1];
		}
		pthread_mutex_unlock(&f->lock);
		if (f->is_busy)
			handle_birth(first, &birth);
		retire_ended(f);
		pthread_mutex_lock(&f->lock);
		f->is_busy = false;
		// A wait for all may be about to find that there is nothing more to come.
		control_wake(first);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

struct err *family_create(struct session *s, struct tracer_options *options)
{
	struct family *f = calloc(1, sizeof(*f));

	if (!f)
		return &err_nomem;
	s->family = f;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->news, NULL);
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

	if (!s->family || s->first != s)
		return NULL;
	errnum = drain_create_thread(&s->family->thread, family_main, s);
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
	pthread_mutex_lock(&f->lock);
	f->want_end = true;
	pthread_cond_signal(&f->news);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	f->has_thread = false;
}

void family_left(struct session *s)
{
	struct family *f = s->family;
	struct session *member;
	uint32_t i;

	for (i = 0; i < num_members(f); i++) {
		member = f->members[i];
		session_lock(member);
		if (member->has_tracer)
			drain_restore_bytes(member);
		drain_now(member);
		member->has_tracer = false;
		if (member->state != TARGET_ENDED)
			member->state = TARGET_DETACHED;
		session_mark_end(member);
		session_unlock(member);
		control_wake(member);
	}
}

void family_destroy(struct session *s)
{
	struct family *f = s->family;
	uint32_t i;

	if (!f)
		return;
	family_close(s);
	for (i = 0; i < num_members(f); i++)
		session_destroy(f->members[i]);
	for (i = 0; i < f->num_spares; i++)
		shared_destroy(f->spares[i]);
	vec_deinit(&f->births);
	free(f);
	s->family = NULL;
}
