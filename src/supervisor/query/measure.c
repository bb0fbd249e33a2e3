// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session.h"

#include "supervisor/drain/drain.h"
#include "supervisor/drain/measuring.h"

struct err *session_measure(struct session *s, const char *function, uint64_t num_calls)
{
	struct err *err;

	session_lock(s);
	drain_now(s);
	if (s->is_tracing)
		err = measuring_add(s, function, num_calls);
	else
		err = err_create(ERR_OTHER,
				 "functions can only be measured while tracing; 'start' begins");
	session_unlock(s);
	return err;
}

struct err *session_measure_off(struct session *s, const char *function)
{
	struct err *err = NULL;

	session_lock(s);
	if (!function)
		measuring_reset(s);
	else if (!measuring_remove(s, function))
		err = err_create(ERR_NOT_FOUND,
				 "'%s' is not measured; 'measure list' lists what is", function);
	session_unlock(s);
	return err;
}

void session_measure_list(struct session *s,
			  void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				     uint64_t num_done, uint64_t num_active),
			  void *ctx)
{
	struct measured_function f;
	size_t i;

	session_lock(s);
	drain_now(s);
	for (i = 0; i < measuring_num(s); i++) {
		f = measuring_get(s, i);
		fn(ctx, f.name, f.num_calls, f.num_done, f.num_active);
	}
	session_unlock(s);
}

struct measured_result *session_take_measured(struct session *s)
{
	struct measured_result *result;

	session_lock(s);
	result = measuring_take_result(s);
	session_unlock(s);
	return result;
}
