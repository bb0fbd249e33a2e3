// SPDX-License-Identifier: GPL-3.0-or-later
/** Tracing begins and ends while the target runs. */
#ifndef SUPERVISOR_LIFE_TRACING_H
#define SUPERVISOR_LIFE_TRACING_H

#include "supervisor/core/traced.h"

/** The target is complete: let the tracer begin. */
struct err *tracing_begin(struct traced *t) __must_check;
/** The tracer is gone: what it has told is in the tables, and no more comes. A process that has not
 *  ended goes on without us. Without lock. */
void tracing_leave(struct traced *t);
/** Nobody is there to be traced any more. Under lock. */
bool tracing_is_over(const struct traced *t);

#endif
