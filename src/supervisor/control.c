// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/session_internal.h"

#include "base/clock.h"
#include "base/fault.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

/** A tracer that does not answer for so long is taken for hung. Reading the ELF files of a large program on a slow disk
 *  is the longest that can lie between. */
#define ANSWER_TIMEOUT_NS (60 * NS_PER_S)

void control_wake(struct session *s)
{
	const uint64_t one = 1;

	if (write(s->wake_fd, &one, sizeof(one)) < 0)
		return;
}

void control_sleep(struct session *s, uint64_t ns)
{
	struct pollfd pfd = {.fd = s->wake_fd, .events = POLLIN};
	struct timespec ts = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	uint64_t count;

	// Only the sleeper empties it; a wake-up that comes before the sleep ends it at once.
	if (ppoll(&pfd, 1, &ts, NULL) > 0 && read(s->wake_fd, &count, sizeof(count)) < 0)
		return;
}

void control_send(struct session *s, const struct command *command)
{
	if (s->has_tracer)
		err_destroy(tracer_send(&s->tracer, command));
}

void control_resume(struct session *s, pid_t tid, unsigned flags)
{
	struct command command = {.kind = COMMAND_RELEASE, .tid = tid, .flags = flags};

	FAULT_POINT("answer");
	control_send(s, &command);
}

void control_unpause(struct session *s)
{
	const struct command command = {.kind = COMMAND_UNPAUSE};

	if (s->is_paused)
		control_send(s, &command);
	s->is_paused = false;
}

struct err *control_call(struct session *s, struct command *command)
{
	uint64_t deadline = clock_now_ns() + ANSWER_TIMEOUT_NS;
	struct err *err = NULL;

	session_lock(s);
	command->cookie = ++s->num_cookies;
	if (s->has_tracer)
		err = tracer_send(&s->tracer, command);
	else
		err = &err_gone;
	while (!err && s->acked_cookie < command->cookie) {
		drain_now(s);
		if (s->acked_cookie >= command->cookie)
			break;
		if (!s->has_tracer || clock_now_ns() > deadline) {
			err = &err_gone;
			break;
		}
		session_unlock(s);
		control_sleep(s, 10 * NS_PER_MS);
		session_lock(s);
	}
	if (!err && s->ack_result)
		err = err_sys(s->ack_result, "the tracer could not do it");
	session_unlock(s);
	return err;
}
