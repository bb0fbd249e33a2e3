// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"

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

void session_on_news(struct session *s, void (*fn)(void *ctx), void *ctx)
{
	s = s->first;
	s->on_news = fn;
	s->on_news_ctx = ctx;
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

static struct err *begin_call(struct session *s, const char *function, uint64_t count,
			      bool is_exact)
{
	struct err *err;

	if (!s->is_tracing)
		return err_create(ERR_OTHER,
				  "calls can only be waited for while tracing; 'start' begins");
	s->call.id = ++s->num_call_ids;
	s->call.function = function;
	s->call.count = count;
	s->call.is_exact = is_exact;
	s->call.is_reached = false;
	s->call.addrs.num = 0;
	err = images_plant_call(s, 0);
	if (err == &err_not_found) {
		session_note(s, "no function '%s' yet; waiting for a module that brings it",
			     function);
		return NULL;
	}
	return err;
}

static void end_call(struct session *s)
{
	struct command command = {.kind = COMMAND_UNPLANT};
	size_t i;

	s->call.id = 0;
	s->call.function = NULL;
	for (i = 0; i < s->call.addrs.num && i < COMMAND_MAX_ITEMS; i++)
		command.items[command.num_items++] =
			(struct command_plant){s->call.addrs.items[i], PLANT_CALL, 0};
	if (command.num_items)
		control_send(s, &command);
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
	err = begin_call(s, function, count, is_exact);
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
	end_call(s);
	session_unlock(s);
	return err;
}

struct completion {
	size_t left;
	void (*fn)(void *ctx, const char *name);
	void *ctx;
};

static struct err *complete_one(void *ctx, const char *name)
{
	struct completion *c = ctx;

	if (!c->left)
		return &err_stop;
	c->left--;
	c->fn(c->ctx, name);
	return NULL;
}

void session_complete_function(struct session *s, const char *prefix, size_t limit,
			       void (*fn)(void *ctx, const char *name), void *ctx)
{
	struct completion c = {limit, fn, ctx};
	const struct module *module;
	uint32_t id;

	session_lock_obj(s);
	for (id = 1; s->modules && id <= modules_num(s->modules) && c.left; id++) {
		module = modules_get(s->modules, id);
		if (module && module->is_live)
			err_destroy(module_complete_functions(s->modules, id, prefix, complete_one,
							      &c));
	}
	session_unlock_obj(s);
}
