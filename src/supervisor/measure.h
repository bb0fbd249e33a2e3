// SPDX-License-Identifier: GPL-3.0-or-later
/** Measured functions: what their calls allocated, freed and kept. */
#ifndef SUPERVISOR_MEASURE_H
#define SUPERVISOR_MEASURE_H

#include "base/err.h"
#include "heap/measured.h"

#include <stdint.h>

struct traced;

/** Measure the calls of FUNCTION from now on. It is named as for traced_wait_call(). Every
 *  num_calls calls that have returned give one result. Calls of one thread may nest (recursion);
 *  each is measured alone, with everything that it calls. If the function is measured already,
 *  num_calls changes, and measuring begins again. ERR_USAGE: ambiguous, lists candidates.
 *  ERR_NOT_FOUND: no such function, lists similar names. ERR_OTHER: not tracing. */
struct err *traced_measure(struct traced *t, const char *function, uint64_t num_calls) __must_check;
/** Stop measuring a function, or all with NULL. Calls in progress give no result. Calls that have
 *  returned do, even if they are fewer than num_calls; the same happens when the target ends.
 *  ERR_NOT_FOUND. */
struct err *traced_measure_off(struct traced *t, const char *function) __must_check;
/** Calls fn for each measured function: calls per result, calls measured, calls in progress. */
void traced_measure_list(struct traced *t,
			 void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				    uint64_t num_done, uint64_t num_active),
			 void *ctx);
/** The oldest result that was not taken yet, or NULL. The caller destroys it. session_note_fd()
 *  announces results, too. At most 1000 wait; then the oldest are dropped, and a note tells. */
struct measured_result *traced_take_measured(struct traced *t);

#endif
