// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session.h"

#include "base/clock.h"
#include "supervisor/code/calls.h"
#include "supervisor/core/control.h"
#include "supervisor/drain/drain.h"

void session_interrupt(struct session *s)
{
	__atomic_store_n(&s->is_interrupted, true, __ATOMIC_RELEASE);
	control_wake(s);
}

static bool take_interrupt(struct session *s)
{
	return __atomic_exchange_n(&s->is_interrupted, false, __ATOMIC_ACQ_REL);
}

/** The longest sleep: events that need nobody's wake-up (ring not drained yet) are seen after so long. */
static uint64_t min_sleep(uint64_t deadline, uint64_t now)
{
	uint64_t left = deadline - now;

	return left < NS_PER_S ? left : NS_PER_S;
}

static void tell_news(struct session *s)
{
	if (s->first->on_news)
		s->first->on_news(s->first->on_news_ctx);
}

struct err *session_wait(struct session *s, uint64_t ns)
{
	uint64_t now = clock_now_ns(), deadline = ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
	bool is_over;
	struct err *err;

	session_lock(s);
	control_unpause(s);
	session_unlock(s);
	err = session_release(s);
	while (!err) {
		session_lock(s);
		drain_now(s);
		is_over = s->state == TARGET_ENDED || s->state == TARGET_DETACHED;
		session_unlock(s);
		// A daemon lives on when the process that was started is long gone.
		if (is_over && ns != UINT64_MAX)
			is_over = !session_has_living(s->first);
		tell_news(s);
		now = clock_now_ns();
		if (take_interrupt(s))
			return &err_stop;
		if (is_over || now >= deadline)
			return NULL;
		control_sleep(s, min_sleep(deadline, now));
	}
	return err;
}

static void unpause_all(struct session *s)
{
	struct session *process;
	size_t i;

	session_hold(s);
	for (i = 0; i < session_num_processes(s); i++) {
		process = session_process(s, i);
		session_lock(process);
		control_unpause(process);
		session_unlock(process);
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
static bool check_call(struct session *s, const char *function, struct err **err_ret)
{
	drain_now(s);
	if (s->call.is_reached)
		return true;
	if (take_interrupt(s)) {
		*err_ret = &err_stop;
		return true;
	}
	if (s->state != TARGET_ENDED && s->state != TARGET_DETACHED)
		return false;
	*err_ret =
		s->call.addrs.num
			? err_create(ERR_OTHER, "the target ended before %s was entered that often",
				     function)
			: err_create(ERR_OTHER,
				     "the target ended, and no module had a function '%s'",
				     function);
	return true;
}

struct err *session_wait_call(struct session *s, const char *function, uint64_t count,
			      bool is_exact)
{
	bool is_over = false;
	struct err *err;

	if (!count)
		return NULL;
	session_lock(s);
	// Planted before anything runs again: commands are carried out in order.
	err = calls_begin(s, function, count, is_exact);
	if (!err)
		control_unpause(s);
	session_unlock(s);
	if (!err)
		err = session_release(s);
	while (!err && !is_over) {
		session_lock(s);
		is_over = check_call(s, function, &err);
		session_unlock(s);
		tell_news(s);
		if (!is_over)
			control_sleep(s, NS_PER_S);
	}
	session_lock(s);
	calls_end(s);
	session_unlock(s);
	return err;
}
