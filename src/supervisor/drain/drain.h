// SPDX-License-Identifier: GPL-3.0-or-later
/** Empties the ring into the tables. A thread of each process does this, and whoever must know that
 *  everything up to now is in the tables. */
#ifndef SUPERVISOR_DRAIN_DRAIN_H
#define SUPERVISOR_DRAIN_DRAIN_H

#include "supervisor/core/traced.h"

/** Take everything that is in the ring now. Under lock. */
void drain_now(struct traced *t);
/** The same after the end of the tracer process: events that it did not finish are skipped. Under
 *  lock. */
void drain_last(struct traced *t);
/** Make what drain_now() needs. */
struct err *drain_open(struct traced *t) __must_check;
/** The same, open the target's memory, and start the thread that drains the ring. */
struct err *drain_start(struct traced *t) __must_check;
/** End that thread. What is in the ring stays there. Idempotent. */
void drain_end(struct traced *t);
/** Send a command that is acknowledged, and give it a cookie. Under lock. &err_gone. */
struct err *drain_send(struct traced *t, struct command *command) __must_check;
/** Drain until the command with that cookie is acknowledged. Without lock. Fails like
 *  drain_call(). */
struct err *drain_await(struct traced *t, uint64_t cookie) __must_check;
/** Send a command, and drain until it is acknowledged. Without lock. &err_gone: the tracer is gone.
 *  ERR_OTHER: it failed there. */
struct err *drain_call(struct traced *t, struct command *command) __must_check;
/** Have traced_stats() brought up to date, if an agent counts for itself. Without lock. */
void drain_count(struct traced *t);

#endif
