// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/measure.h"

#include "supervisor/drain/drain.h"
#include "supervisor/drain/measuring.h"

struct err *traced_measure(struct traced *t, const char *function, uint64_t num_calls)
{
	struct err *err;

	traced_lock(t);
	drain_now(t);
	if (t->is_tracing)
		err = measuring_add(t, function, num_calls);
	else
		err = err_create(ERR_OTHER,
				 "functions can only be measured while tracing; 'start' begins");
	traced_unlock(t);
	return err;
}

struct err *traced_measure_off(struct traced *t, const char *function)
{
	struct err *err = NULL;

	traced_lock(t);
	if (!function)
		measuring_reset(t);
	else if (!measuring_remove(t, function))
		err = err_create(ERR_NOT_FOUND,
				 "'%s' is not measured; 'measure list' lists what is", function);
	traced_unlock(t);
	return err;
}

void traced_measure_list(struct traced *t,
			 void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				    uint64_t num_done, uint64_t num_active),
			 void *ctx)
{
	struct measured_function f;
	size_t i;

	traced_lock(t);
	drain_now(t);
	for (i = 0; i < measuring_num(t); i++) {
		f = measuring_get(t, i);
		fn(ctx, f.name, f.num_calls, f.num_done, f.num_active);
	}
	traced_unlock(t);
}

struct measured_result *traced_take_measured(struct traced *t)
{
	struct measured_result *result;

	traced_lock(t);
	result = measuring_take_result(t);
	traced_unlock(t);
	return result;
}
