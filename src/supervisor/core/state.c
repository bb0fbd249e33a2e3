// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/core/state.h"

#include "base/clock.h"

const struct shared_stats *session_stats(const struct session *s)
{
	static const struct shared_stats none;

	if (s->shared)
		return &s->shared->stats;
	return s->last_stats ? s->last_stats : &none;
}

void session_mark_end(struct session *s)
{
	if (s->is_tracing)
		s->end_ns = clock_now_ns();
	s->is_tracing = false;
}
