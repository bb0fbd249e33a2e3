// SPDX-License-Identifier: GPL-3.0-or-later
/** Waiting for the tracees. A stop is looked at, not consumed: the kernel drops the SIGTRAP of a
 *  stop that was consumed, and should we be killed then, the thread would go on behind our trap, in
 *  the middle of the instruction. Left as it is the signal reaches the orphan-trap handler. The
 *  stop is over when the thread continues. */
#ifndef TRACE_OS_WAIT_H
#define TRACE_OS_WAIT_H

#include "trace/os/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Which threads have stopped last, and stops that are to be acted on later. */
struct waiter;

/** NULL: out of memory. */
struct waiter *waiter_create(void);
void waiter_destroy(struct waiter *w);
/** The next thing that happened to a tracee, what waiter_await() has put off first; flags: 0 or
 *  WNOHANG. Returns as waitpid() does. */
pid_t waiter_next(struct waiter *w, int flags, struct stop *ret);
/** With many threads, num_threads of them: the next stop of one of those that stopped last, which
 *  is found without going through all. 0: none, ask waiter_next(). */
pid_t waiter_next_recent(struct waiter *w, size_t num_threads, struct stop *ret);
/** tid is one that stopped last. */
void waiter_note(struct waiter *w, size_t num_threads, pid_t tid);
/** Wait for what happens to tid next, and put it off. False: nothing did in time. */
bool waiter_await(struct waiter *w, pid_t tid, uint64_t timeout_ns, struct stop *ret);
/** A stop that is to last must be consumed, or it would be reported for ever. */
void wait_consume(pid_t tid);

#endif
