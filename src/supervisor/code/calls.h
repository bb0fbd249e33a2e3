// SPDX-License-Identifier: GPL-3.0-or-later
/** Calls that session_wait_call() waits for: planted, and planted again in modules that come later. */
#ifndef SUPERVISOR_CODE_CALLS_H
#define SUPERVISOR_CODE_CALLS_H

#include "supervisor/core/state.h"

/** Wait for as many calls of function from now on, which is borrowed until calls_end(). A function
 *  that is not there yet is no error; a note tells. Under lock. ERR_USAGE: ambiguous. */
struct err *calls_begin(struct session *s, const char *function, uint64_t count,
			bool is_exact) __must_check;
/** Idempotent. Under lock. */
void calls_end(struct session *s);
/** A module has appeared that may have the function. Under lock. */
void calls_plant_in(struct session *s, uint32_t module_id);
/** The tracer has counted them. Under lock. */
void calls_reach(struct session *s, const struct event_call *event);

#endif
