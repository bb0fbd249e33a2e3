// SPDX-License-Identifier: GPL-3.0-or-later
/** Sends commands to the tracer, and lets a waiter sleep until something changes. */
#ifndef SUPERVISOR_CORE_CONTROL_H
#define SUPERVISOR_CORE_CONTROL_H

#include "supervisor/core/traced.h"

/** Send a command. &err_gone: the tracer is gone. Under lock. */
struct err *control_try_send(struct traced *t, const struct command *command) __must_check;
/** Send a command without waiting. Errors are ignored: that the tracer is gone is noticed
 *  elsewhere. Under lock. */
void control_send(struct traced *t, const struct command *command);
/** The same for a process that has no struct traced. number is as in struct command. */
void control_send_to(const struct session *s, uint32_t number, const struct command *command);
/** Release a held thread. flags: RELEASE_*. */
void control_release(struct traced *t, pid_t tid, unsigned flags);
/** End the pause of traced_wait_call(is_exact), if there is one. Under lock. */
void control_unpause(struct traced *t);
/** Wake the waiter: something has changed that it may wait for. Async-signal-safe. */
void control_wake(struct session *s);
/** Sleep until control_wake() or ns have passed. */
void control_sleep(struct session *s, uint64_t ns);

#endif
