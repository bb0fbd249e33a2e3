// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/life/tracing.h"

#include "base/clock.h"
#include "supervisor/code/loaded.h"
#include "supervisor/core/control.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/heap_events.h"
#include "supervisor/drain/measuring.h"

struct err *session_check_nframe(long nframe)
{
	if (nframe >= 1 && nframe <= NFRAME_MAX)
		return NULL;
	return err_create(ERR_USAGE, "the number of frames must be in range [1; %d]", NFRAME_MAX);
}

struct err *tracing_begin(struct session *s)
{
	struct command command = {.kind = COMMAND_START, .value = s->nframe};

	session_lock(s);
	s->is_tracing = true;
	s->start_ns = s->rate_ns = clock_now_ns();
	s->end_ns = 0;
	session_unlock(s);
	return drain_call(s, &command);
}

bool tracing_is_over(const struct session *s)
{
	return !s->has_tracer || s->state == TARGET_ENDED || s->state == TARGET_DETACHED;
}

struct err *session_start(struct session *s, uint32_t nframe)
{
	struct err *err = nframe ? session_check_nframe(nframe) : NULL;
	bool has_ended;

	if (err)
		return err;
	session_lock(s);
	has_ended = tracing_is_over(s);
	if (s->is_tracing) {
		session_unlock(s);
		return NULL;
	}
	if (nframe)
		s->nframe = nframe;
	if (!has_ended) {
		s->is_from_launch = false;
		heap_clear(s->heap);
		loaded_update(s);
	}
	session_unlock(s);
	if (has_ended)
		return err_create(ERR_OTHER, "there is no target to trace any more");
	return tracing_begin(s);
}

struct err *session_stop(struct session *s)
{
	struct command command = {.kind = COMMAND_STOP};
	bool is_tracing;
	struct err *err;

	session_lock(s);
	is_tracing = s->is_tracing;
	session_unlock(s);
	err = is_tracing ? drain_call(s, &command) : NULL;
	if (err)
		return err;
	session_lock(s);
	session_mark_end(s);
	measuring_reset(s);
	heap_clear(s->heap);
	s->num_events = s->rate_events = 0;
	session_unlock(s);
	return NULL;
}

struct err *session_clear(struct session *s)
{
	struct command command = {.kind = COMMAND_CLEAR};
	struct err *err;

	// The tracer must forget at the same event as we do: what it frees later is older.
	err = drain_call(s, &command);
	if (err != &err_gone)
		return err;
	session_lock(s);
	drain_now(s);
	heap_events_clear(s);
	session_unlock(s);
	return NULL;
}

struct err *session_reset_peak(struct session *s)
{
	session_lock(s);
	drain_now(s);
	heap_reset_peak(s->heap);
	session_unlock(s);
	return NULL;
}

struct err *session_kill(struct session *s)
{
	struct command command = {.kind = COMMAND_KILL};
	struct err *err = NULL;
	bool has_ended;

	session_lock(s);
	if (tracing_is_over(s))
		err = err_create(ERR_OTHER, "there is no target any more");
	session_unlock(s);
	if (!err)
		err = drain_call(s, &command);
	while (!err) {
		session_lock(s);
		has_ended = tracing_is_over(s);
		session_unlock(s);
		if (has_ended)
			break;
		control_sleep(s, 10 * NS_PER_MS);
	}
	return err;
}
