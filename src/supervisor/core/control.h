// SPDX-License-Identifier: GPL-3.0-or-later
/** Commands for the tracer, and the sleep of whoever waits for something to change. */
#ifndef SUPERVISOR_CORE_CONTROL_H
#define SUPERVISOR_CORE_CONTROL_H

#include "supervisor/core/traced.h"

/** Send. &err_gone: the tracer is gone. Under lock. */
struct err *control_try_send(struct traced *t, const struct command *command) __must_check;
/** Send without waiting. Errors are forgotten: a tracer that is gone is noticed elsewhere.
 *  Under lock. */
void control_send(struct traced *t, const struct command *command);
/** The same to a process that no struct traced is for. number: as in struct command. */
void control_send_to(const struct session *s, uint32_t number, const struct command *command);
/** Let a held thread go on; flags: RELEASE_*. */
void control_release(struct traced *t, pid_t tid, unsigned flags);
/** End the pause of traced_wait_call(is_exact), if there is one. Under lock. */
void control_unpause(struct traced *t);
/** Something a waiter may wait for has changed. Async-signal-safe. */
void control_wake(struct session *s);
/** Sleep until control_wake() or ns have passed. */
void control_sleep(struct session *s, uint64_t ns);

#endif
