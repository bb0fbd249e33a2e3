// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/life/tracing.h"

#include "base/clock.h"
#include "supervisor/code/loaded.h"
#include "supervisor/core/control.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/heap_events.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/measuring.h"

struct err *session_check_nframe(long nframe)
{
	if (nframe >= 1 && nframe <= NFRAME_MAX)
		return NULL;
	return err_create(ERR_USAGE, "the number of frames must be in range [1; %d]", NFRAME_MAX);
}

struct err *tracing_order(struct traced *t, uint64_t *cookie_ret)
{
	struct command command = {.kind = COMMAND_START, .value = t->nframe};
	struct err *err;

	traced_lock(t);
	t->is_tracing = true;
	agent_ring_begin(t);
	t->start_ns = clock_now_ns();
	t->first_wait_ns = traced_stats(t)->wait_ns;
	history_begin(t->history, t->start_ns);
	t->end_ns = 0;
	err = drain_send(t, &command);
	traced_unlock(t);
	*cookie_ret = command.cookie;
	return err;
}

struct err *tracing_begin(struct traced *t)
{
	uint64_t cookie;
	struct err *err = tracing_order(t, &cookie);

	return err ? err : drain_await(t, cookie);
}

void tracing_leave(struct traced *t)
{
	traced_lock(t);
	t->has_tracer = false;
	drain_last(t);
	agent_ring_close(t);
	if (t->state != TARGET_ENDED)
		t->state = TARGET_DETACHED;
	traced_mark_end(t);
	traced_unlock(t);
}

bool tracing_is_over(const struct traced *t)
{
	return !t->has_tracer || t->state == TARGET_ENDED || t->state == TARGET_DETACHED;
}

struct err *traced_start(struct traced *t, uint32_t nframe)
{
	struct err *err = nframe ? session_check_nframe(nframe) : NULL;
	bool has_ended;

	if (err)
		return err;
	traced_lock(t);
	has_ended = tracing_is_over(t);
	if (t->is_tracing) {
		traced_unlock(t);
		return NULL;
	}
	if (nframe)
		t->nframe = nframe;
	if (!has_ended) {
		t->is_from_launch = false;
		heap_clear(t->heap);
		loaded_update(t);
	}
	traced_unlock(t);
	if (has_ended)
		return err_create(ERR_OTHER, "there is no target to trace any more");
	return tracing_begin(t);
}

struct err *traced_stop(struct traced *t)
{
	struct command command = {.kind = COMMAND_STOP};
	bool is_tracing;
	struct err *err;

	traced_lock(t);
	is_tracing = t->is_tracing;
	traced_unlock(t);
	err = is_tracing ? drain_call(t, &command) : NULL;
	if (err)
		return err;
	traced_lock(t);
	traced_mark_end(t);
	measuring_reset(t);
	heap_clear(t->heap);
	t->num_events = 0;
	history_clear(t->history);
	traced_unlock(t);
	return NULL;
}

struct err *traced_clear(struct traced *t)
{
	struct command command = {.kind = COMMAND_CLEAR};
	struct err *err;

	// The tracer must forget at the same event as we do: what it frees later is older.
	err = drain_call(t, &command);
	if (err != &err_gone)
		return err;
	traced_lock(t);
	drain_now(t);
	heap_events_clear(t);
	traced_unlock(t);
	return NULL;
}

struct err *traced_reset_peak(struct traced *t)
{
	traced_lock(t);
	drain_now(t);
	heap_reset_peak(t->heap);
	traced_unlock(t);
	return NULL;
}

struct err *traced_kill(struct traced *t)
{
	struct command command = {.kind = COMMAND_KILL};
	struct err *err = NULL;
	bool has_ended;

	traced_lock(t);
	if (tracing_is_over(t))
		err = err_create(ERR_OTHER, "there is no target any more");
	traced_unlock(t);
	if (!err)
		err = drain_call(t, &command);
	while (!err) {
		traced_lock(t);
		has_ended = tracing_is_over(t);
		traced_unlock(t);
		if (has_ended)
			break;
		control_sleep(t->session, 10 * NS_PER_MS);
	}
	return err;
}
