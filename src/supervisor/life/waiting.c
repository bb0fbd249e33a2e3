// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/waiting.h"

#include "base/clock.h"
#include "supervisor/code/calls.h"
#include "supervisor/core/control.h"
#include "supervisor/drain/drain.h"
#include "supervisor/processes.h"

void session_interrupt(struct session *s)
{
	__atomic_store_n(&s->is_interrupted, true, __ATOMIC_RELEASE);
	control_wake(s);
}

static bool take_interrupt(struct session *s)
{
	return __atomic_exchange_n(&s->is_interrupted, false, __ATOMIC_ACQ_REL);
}

/** The longest sleep. Events of which nobody wakes us (the ring is not drained yet) are seen after
 *  this time. */
static uint64_t min_sleep(uint64_t deadline, uint64_t now)
{
	uint64_t left = deadline - now;

	return left < NS_PER_S ? left : NS_PER_S;
}

static void tell_news(struct session *s)
{
	if (s->on_news)
		s->on_news(s->on_news_ctx);
}

struct err *traced_wait(struct traced *t, uint64_t ns)
{
	uint64_t now = clock_now_ns(), deadline = ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
	bool is_over;
	struct err *err;

	traced_lock(t);
	control_unpause(t);
	traced_unlock(t);
	err = session_release(t->session);
	while (!err) {
		traced_lock(t);
		drain_now(t);
		is_over = t->state == TARGET_ENDED || t->state == TARGET_DETACHED;
		traced_unlock(t);
		// A daemon lives on when the process that was started is long gone.
		if (is_over && ns != UINT64_MAX)
			is_over = !session_has_living(t->session);
		tell_news(t->session);
		now = clock_now_ns();
		if (take_interrupt(t->session))
			return &err_stop;
		if (is_over || now >= deadline)
			return NULL;
		control_sleep(t->session, min_sleep(deadline, now));
	}
	return err;
}

static void unpause_all(struct session *s)
{
	struct traced *t;
	size_t i;

	session_hold(s);
	for (i = 0; i < session_num_processes(s); i++) {
		t = session_process(s, i);
		traced_lock(t);
		control_unpause(t);
		traced_unlock(t);
	}
	session_let(s);
}

struct err *session_wait_all(struct session *s)
{
	bool is_over;
	struct err *err;

	unpause_all(s);
	err = session_release(s);
	while (!err) {
		// Asked first: whoever ended before has told by now.
		is_over = !session_has_living(s);
		tell_news(s);
		if (take_interrupt(s))
			return &err_stop;
		if (is_over)
			return NULL;
		control_sleep(s, NS_PER_S);
	}
	return err;
}

/** One look. Returns whether the waiting is over. */
static bool check_call(struct traced *t, const char *function, struct err **err_ret)
{
	drain_now(t);
	if (calls_is_reached(t))
		return true;
	if (take_interrupt(t->session)) {
		*err_ret = &err_stop;
		return true;
	}
	if (t->state != TARGET_ENDED && t->state != TARGET_DETACHED)
		return false;
	*err_ret =
		calls_is_planted(t)
			? err_create(ERR_OTHER, "the target ended before %s was entered that often",
				     function)
			: err_create(ERR_OTHER,
				     "the target ended, and no module had a function '%s'",
				     function);
	return true;
}

struct err *traced_wait_call(struct traced *t, const char *function, uint64_t count, bool is_exact)
{
	bool is_over = false;
	struct err *err;

	if (!count)
		return NULL;
	traced_lock(t);
	// Planted before anything runs again: commands are carried out in order.
	err = calls_begin(t, function, count, is_exact);
	if (!err)
		control_unpause(t);
	traced_unlock(t);
	if (!err)
		err = session_release(t->session);
	while (!err && !is_over) {
		traced_lock(t);
		is_over = check_call(t, function, &err);
		traced_unlock(t);
		tell_news(t->session);
		if (!is_over)
			control_sleep(t->session, NS_PER_S);
	}
	traced_lock(t);
	calls_end(t);
	traced_unlock(t);
	return err;
}
