// SPDX-License-Identifier: GPL-3.0-or-later
/** Tracing begins and ends while the target runs. */
#ifndef SUPERVISOR_LIFE_TRACING_H
#define SUPERVISOR_LIFE_TRACING_H

#include "supervisor/core/state.h"

/** The target is complete: let the tracer begin. */
struct err *tracing_begin(struct session *s) __must_check;
/** Nobody is there to be traced any more. Under lock. */
bool tracing_is_over(const struct session *s);

#endif
