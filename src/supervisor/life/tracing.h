// SPDX-License-Identifier: GPL-3.0-or-later
/** Begins and ends tracing while the target runs. */
#ifndef SUPERVISOR_LIFE_TRACING_H
#define SUPERVISOR_LIFE_TRACING_H

#include "supervisor/core/traced.h"

/** The first half of tracing_begin(): drain_await() with the cookie is the other one. */
struct err *tracing_order(struct traced *t, uint64_t *cookie_ret) __must_check;
/** The target is complete: let the tracer begin. */
struct err *tracing_begin(struct traced *t) __must_check;
/** The tracer is gone: all that it has reported is in the tables. A process that has not ended goes
 *  on without us. Without lock. */
void tracing_leave(struct traced *t);
/** Tell whether there is nobody to be traced any more. Under lock. */
bool tracing_is_over(const struct traced *t);

#endif
