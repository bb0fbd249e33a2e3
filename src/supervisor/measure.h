// SPDX-License-Identifier: GPL-3.0-or-later
/** Measured functions: what their calls allocated, freed and kept. */
#ifndef SUPERVISOR_MEASURE_H
#define SUPERVISOR_MEASURE_H

#include "base/err.h"
#include "heap/measured.h"

#include <stdint.h>

struct traced;

/** Measure the calls of FUNCTION (named as for traced_wait_call()) from now on; a result comes
 *  after every num_calls calls that have returned. Calls of one thread may nest (recursion): each
 *  is measured on its own, with all that it calls. Measuring a function that is measured already
 *  changes num_calls and begins anew. ERR_USAGE: ambiguous, lists candidates; ERR_NOT_FOUND: no
 *  such function, lists similar names; ERR_OTHER: not tracing. */
struct err *traced_measure(struct traced *t, const char *function, uint64_t num_calls) __must_check;
/** Stop measuring function, or all with NULL. Calls in progress give no result; those that have
 *  returned do, be they fewer than num_calls, as they do when the target ends. ERR_NOT_FOUND. */
struct err *traced_measure_off(struct traced *t, const char *function) __must_check;
/** Calls fn for each measured function: calls per result, calls measured, calls in progress. */
void traced_measure_list(struct traced *t,
			 void (*fn)(void *ctx, const char *function, uint64_t num_calls,
				    uint64_t num_done, uint64_t num_active),
			 void *ctx);
/** The oldest result not taken yet, or NULL; the caller destroys it. session_note_fd() tells of
 *  them, too. At most 1000 wait; then the oldest are dropped (a note tells). */
struct measured_result *traced_take_measured(struct traced *t);

#endif
