// SPDX-License-Identifier: GPL-3.0-or-later
// Commands go one way; answers come as events in the ring (drain_call()). The console's thread
// sleeps on one eventfd, which everybody writes to who changes what it may wait for.
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

static struct err *send_to(const struct session *s, uint32_t number, const struct command *command)
{
	const struct tracer_handle to = {.socket = s->tracer.socket, .process = number};

	return tracer_send(&to, command);
}

struct err *control_try_send(struct traced *t, const struct command *command)
{
	return t->has_tracer ? send_to(t->session, t->number, command) : &err_gone;
}

void control_send(struct traced *t, const struct command *command)
{
	err_destroy(control_try_send(t, command));
}

void control_send_to(const struct session *s, uint32_t number, const struct command *command)
{
	err_destroy(send_to(s, number, command));
}

void control_release(struct traced *t, pid_t tid, unsigned flags)
{
	struct command command = {.kind = COMMAND_RELEASE, .tid = tid, .flags = flags};

	FAULT_POINT("answer");
	control_send(t, &command);
}

void control_unpause(struct traced *t)
{
	const struct command command = {.kind = COMMAND_UNPAUSE};

	if (t->is_paused)
		control_send(t, &command);
	t->is_paused = false;
}
