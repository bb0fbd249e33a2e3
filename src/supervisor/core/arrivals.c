// SPDX-License-Identifier: GPL-3.0-or-later
// A queue under a lock of its own, the last one that is taken: the drain threads put children in,
// the family's thread takes them out. Work that could not be finished is tried again without being
// told.
#include "config.h"

#include "supervisor/core/arrivals.h"

#include "base/clock.h"
#include "supervisor/core/control.h"
#include "supervisor/os/thread.h"

/** How long until work that could not be finished is tried again. */
#define RETRY_NS (20 * NS_PER_MS)

struct arrivals {
	pthread_mutex_t lock;
	pthread_cond_t news;
	/* Under lock. */
	VEC(struct arrival) queue;
	/** Between arrivals_wait() and arrivals_done(). */
	bool is_busy;
	bool want_end;
	/** Something has changed with a member. */
	bool has_news;
	bool wants_more;
};

struct err *arrivals_create(struct arrivals **ret)
{
	struct arrivals *a = calloc(1, sizeof(*a));

	if (!a)
		return &err_nomem;
	pthread_mutex_init(&a->lock, NULL);
	thread_init_cond(&a->news);
	*ret = a;
	return NULL;
}

void arrivals_destroy(struct arrivals *a)
{
	if (!a)
		return;
	vec_deinit(&a->queue);
	pthread_cond_destroy(&a->news);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

void arrivals_add(struct traced *t, const struct event_child *event)
{
	const struct command let_go = {.kind = COMMAND_RELEASE, .tid = event->pid};
	struct arrivals *a = t->session->arrivals;
	const struct arrival child = {
		.pid = event->pid,
		.parent = t->pid,
		.number = event->process,
		.flags = event->flags,
		.nframe = t->nframe,
	};

	// Nobody follows: no tracer of ours says so.
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	// Without memory the child would stand for ever: there is no other way than to let it run.
	if (a->want_end || a->queue.num >= SESSION_MAX_PROCESSES || !vec_push(&a->queue, child))
		control_send_to(t->session, event->process, &let_go);
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->lock);
}

void arrivals_wake(struct session *s)
{
	struct arrivals *a = s->arrivals;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->has_news = true;
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->lock);
	control_wake(s);
}

/** Under lock. */
static void sleep_for_news(struct arrivals *a)
{
	uint64_t then = clock_now_ns() + RETRY_NS;
	const struct timespec ts = {.tv_sec = (time_t)(then / NS_PER_S),
				    .tv_nsec = (long)(then % NS_PER_S)};

	if (a->wants_more)
		pthread_cond_timedwait(&a->news, &a->lock, &ts);
	else
		pthread_cond_wait(&a->news, &a->lock);
	a->has_news |= a->wants_more;
}

bool arrivals_wait(struct arrivals *a, bool can_take, struct arrivals_work *ret)
{
	bool want_end;

	pthread_mutex_lock(&a->lock);
	while (!a->want_end && !a->has_news && !(can_take && a->queue.num))
		sleep_for_news(a);
	want_end = a->want_end;
	if (!want_end) {
		a->has_news = false;
		a->is_busy = true;
		ret->has_child = can_take && a->queue.num;
		if (ret->has_child)
			ret->child = vec_shift(&a->queue);
	}
	pthread_mutex_unlock(&a->lock);
	return !want_end;
}

void arrivals_done(struct arrivals *a, bool wants_more)
{
	pthread_mutex_lock(&a->lock);
	a->is_busy = false;
	a->wants_more = wants_more;
	pthread_mutex_unlock(&a->lock);
}

bool arrivals_is_busy(struct arrivals *a)
{
	bool ret;

	pthread_mutex_lock(&a->lock);
	ret = a->queue.num || a->is_busy || a->has_news || a->wants_more;
	pthread_mutex_unlock(&a->lock);
	return ret;
}

void arrivals_end(struct arrivals *a)
{
	pthread_mutex_lock(&a->lock);
	a->want_end = true;
	pthread_cond_signal(&a->news);
	pthread_mutex_unlock(&a->lock);
}
