// SPDX-License-Identifier: GPL-3.0-or-later
/** Waiting for the tracees. A stop is looked at, not consumed. The kernel drops the SIGTRAP of a
 *  stop that was consumed. If we were killed then, the thread would go on behind our trap, in the
 *  middle of the instruction. If the stop is not consumed, the signal reaches the orphan-trap
 *  handler. The stop is over when the thread continues. */
#ifndef TRACE_OS_WAIT_H
#define TRACE_OS_WAIT_H

#include "base/cleanup.h"
#include "trace/os/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Remembers which threads stopped last, and stops that will be acted on later. */
struct waiter;

/** NULL: out of memory. */
struct waiter *waiter_create(void);
void waiter_destroy(struct waiter *w);
/** The next stop of any tracee. Those that waiter_await() put off come first. flags: 0 or WNOHANG.
 *  Returns as waitpid() does. */
pid_t waiter_next(struct waiter *w, int flags, struct stop *ret);
/** With many threads (num_threads), the next stop of a thread that stopped recently: the kernel
 *  finds it without going through all threads. 0: there is none, ask waiter_next(). */
pid_t waiter_next_recent(struct waiter *w, size_t num_threads, struct stop *ret);
/** Remember that tid has stopped. */
void waiter_note(struct waiter *w, size_t num_threads, pid_t tid);
/** Wait for the next stop of tid, or its end, which stays to be reported. False: none came in
 *  time. */
bool wait_look(pid_t tid, uint64_t timeout_ns, struct stop *ret) __must_check;
/** Wait for the next stop of tid, and put it off. False: none came in time. */
bool waiter_await(struct waiter *w, pid_t tid, uint64_t timeout_ns, struct stop *ret);
/** A stop that was waited for elsewhere is acted on later, too. False: out of memory. */
bool waiter_put_off(struct waiter *w, const struct stop *stop) __must_check;
/** Consume a stop. A stop that lasts must be consumed, or it would be reported again and again. */
void wait_consume(pid_t tid);

#endif
