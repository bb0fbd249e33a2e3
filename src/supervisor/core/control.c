// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/core/control.h"

#include "base/clock.h"
#include "base/fault.h"

#include <poll.h>
#include <sys/eventfd.h>

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

void control_send_to(const struct session *s, uint32_t process, const struct command *command)
{
	struct tracer_handle to = s->tracer;

	to.process = process;
	err_destroy(tracer_send(&to, command));
}

void control_release(struct session *s, pid_t tid, unsigned flags)
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
