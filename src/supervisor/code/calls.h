// SPDX-License-Identifier: GPL-3.0-or-later
/** The calls that traced_wait_call() waits for. Their function is planted, also in modules that
 *  come later. */
#ifndef SUPERVISOR_CODE_CALLS_H
#define SUPERVISOR_CODE_CALLS_H

#include "supervisor/core/traced.h"

struct err *calls_create(struct calls **ret) __must_check;
/** NULL is fine. */
void calls_destroy(struct calls *c);

/** Count calls of function from now on. The name is borrowed until calls_end(). A function that
 *  does not exist yet is no error; a note tells. Under lock. ERR_USAGE: ambiguous. */
struct err *calls_begin(struct traced *t, const char *function, uint64_t count,
			bool is_exact) __must_check;
/** Idempotent. Under lock. */
void calls_end(struct traced *t);
/** A new module may have the function: plant it there. Under lock. */
void calls_plant_in(struct traced *t, uint32_t module_id);
/** The tracer has counted as many calls as were asked for. Under lock. */
void calls_reach(struct traced *t, const struct event_call *event);
/** Tell whether the function was entered as often as was asked for. Under lock. */
bool calls_is_reached(const struct traced *t);
/** Tell whether some module has the function. Under lock. */
bool calls_is_planted(const struct traced *t);

#endif
