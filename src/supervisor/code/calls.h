// SPDX-License-Identifier: GPL-3.0-or-later
/** Calls that traced_wait_call() waits for: planted, and planted again in modules that come
 *  later. */
#ifndef SUPERVISOR_CODE_CALLS_H
#define SUPERVISOR_CODE_CALLS_H

#include "supervisor/core/traced.h"

struct err *calls_create(struct calls **ret) __must_check;
/** NULL is fine. */
void calls_destroy(struct calls *c);

/** Wait for as many calls of function from now on, which is borrowed until calls_end(). A function
 *  that is not there yet is no error; a note tells. Under lock. ERR_USAGE: ambiguous. */
struct err *calls_begin(struct traced *t, const char *function, uint64_t count,
			bool is_exact) __must_check;
/** Idempotent. Under lock. */
void calls_end(struct traced *t);
/** A module has appeared that may have the function. Under lock. */
void calls_plant_in(struct traced *t, uint32_t module_id);
/** The tracer has counted them. Under lock. */
void calls_reach(struct traced *t, const struct event_call *event);
/** It has been entered as often. Under lock. */
bool calls_is_reached(const struct traced *t);
/** Some module has the function. Under lock. */
bool calls_is_planted(const struct traced *t);

#endif
