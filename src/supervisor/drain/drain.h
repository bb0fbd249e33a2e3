// SPDX-License-Identifier: GPL-3.0-or-later
/** The ring is emptied into the tables: by a thread for each process, and by whoever needs to know
 *  that everything up to now is in them. */
#ifndef SUPERVISOR_DRAIN_DRAIN_H
#define SUPERVISOR_DRAIN_DRAIN_H

#include "supervisor/core/traced.h"

/** Everything that is in the ring now. Under lock. */
void drain_now(struct traced *t);
/** The same when the tracer process has ended: what it has not finished is skipped. Under lock. */
void drain_last(struct traced *t);
/** Open the target's memory, and start the thread that drains the ring. */
struct err *drain_start(struct traced *t) __must_check;
/** End that thread. What is in the ring stays there. Idempotent. */
void drain_end(struct traced *t);
/** Send a command, drain until it is acknowledged. Without lock. &err_gone: the tracer is gone.
 *  ERR_OTHER: it failed there. */
struct err *drain_call(struct traced *t, struct command *command) __must_check;

#endif
