// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/measure.h"

#include "fake_session.h"

#include <inttypes.h>

struct err *traced_measure(struct traced *t, const char *function, uint64_t num_calls)
{
	fake_log(t->session, "measure %s %" PRIu64, function, num_calls);
	return NULL;
}

struct err *traced_measure_off(struct traced *t, const char *function)
{
	fake_log(t->session, "off %s", function ? function : "all");
	return NULL;
}

void traced_measure_list(struct traced *t,
			 void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				    uint64_t num_done, uint64_t num_active),
			 void *ctx)
{
	(void)t;
	fn(ctx, "leak", 2, 7, 1);
}

struct measured_result *traced_take_measured(struct traced *t)
{
	struct measured_result *measured = t->measured;

	t->measured = NULL;
	return measured;
}
