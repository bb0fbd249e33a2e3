// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/core/traced.h"

#include "base/clock.h"

const struct shared_stats *traced_stats(const struct traced *t)
{
	static const struct shared_stats none;

	if (t->shared)
		return &t->shared->stats;
	return t->last_stats ? t->last_stats : &none;
}

void traced_mark_end(struct traced *t)
{
	if (t->is_tracing)
		t->end_ns = clock_now_ns();
	t->is_tracing = false;
}

pid_t traced_pid(const struct traced *t)
{
	return t->pid;
}
