// SPDX-License-Identifier: GPL-3.0-or-later
/** The thread that waits for the end of the tracer process. */
#ifndef SUPERVISOR_LIFE_WATCH_H
#define SUPERVISOR_LIFE_WATCH_H

#include "supervisor/core/run.h"

/** When the tracer ends, take out what it has left in its targets, and say so if that was no
 *  leave. */
struct err *watch_start(struct session *s) __must_check;
/** The tracer has ended, or has been asked to: wait until that has been seen to. Idempotent. */
void watch_end(struct session *s);

#endif
