// SPDX-License-Identifier: GPL-3.0-or-later
/** Commands for the tracer, and the sleep of whoever waits for something to change. */
#ifndef SUPERVISOR_CORE_CONTROL_H
#define SUPERVISOR_CORE_CONTROL_H

#include "supervisor/core/state.h"

/** Send without waiting. Errors are forgotten: a tracer that is gone is noticed elsewhere. */
void control_send(struct session *s, const struct command *command);
/** The same to a process that no session is for. */
void control_send_to(const struct session *s, uint32_t process, const struct command *command);
/** Let a held thread go on; flags: RELEASE_*. */
void control_release(struct session *s, pid_t tid, unsigned flags);
/** End the pause of session_wait_call(is_exact), if there is one. Under lock. */
void control_unpause(struct session *s);
/** Something a waiter may wait for has changed. Async-signal-safe. */
void control_wake(struct session *s);
/** Sleep until control_wake() or ns have passed. */
void control_sleep(struct session *s, uint64_t ns);

#endif
