// SPDX-License-Identifier: GPL-3.0-or-later
/** The thread that waits for the end of the tracer process. */
#ifndef SUPERVISOR_LIFE_WATCH_H
#define SUPERVISOR_LIFE_WATCH_H

#include "supervisor/core/run.h"

/** Start that thread. When the tracer ends, it takes out what the tracer has left in its targets,
 *  and notes it if we did not ask for that end. */
struct err *watch_start(struct session *s) __must_check;
/** The tracer has ended, or was asked to end: wait until the watcher is done. Idempotent. */
void watch_end(struct session *s);

#endif
