// SPDX-License-Identifier: GPL-3.0-or-later
/** Waits for what the target does. */
#ifndef SUPERVISOR_WAITING_H
#define SUPERVISOR_WAITING_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
struct traced;

/** Wait for at most ns nanoseconds, or until every followed process has ended. With UINT64_MAX,
 *  wait without limit until this process has ended or we have detached. Releases a held target.
 *  &err_stop: session_interrupt() was called. NULL: time is up, or the target has ended; the status
 *  tells. */
struct err *traced_wait(struct traced *t, uint64_t ns) __must_check;

/** Wait until FUNCTION (as the user types it) has been entered count times from now on, in any
 *  thread. Releases a held target.
 *
 *  With is_exact the target pauses at that entry, and every other thread at its next allocator
 *  call, until the next traced_wait(), traced_wait_call(), traced_stop() or session_detach(). So
 *  the tables show exactly that moment. Without is_exact everything goes on.
 *
 *  A function that does not exist yet is waited for, because a later dlopen or exec may bring it; a
 *  note tells. ERR_OTHER: the target ended first. ERR_USAGE: ambiguous, lists candidates.
 *  &err_stop: session_interrupt(). */
struct err *traced_wait_call(struct traced *t, const char *function, uint64_t count,
			     bool is_exact) __must_check;

/** As traced_wait(), until no process is left. */
struct err *session_wait_all(struct session *s) __must_check;

/** Make a wait in progress return &err_stop. Async-signal-safe. */
void session_interrupt(struct session *s);

#endif
