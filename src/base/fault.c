// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/fault.h"

// Without --enable-fault-points the header has all there is.
#ifdef ENABLE_FAULT_POINTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	pthread_once_t once;
	char name[64];
	const char *action;
	long remaining;
	pid_t supervisor;
	pid_t tracer;
} fault = {.once = PTHREAD_ONCE_INIT};

static void read_environment(void)
{
	const char *spec = getenv("MALLOSCOPE_FAULT");
	size_t size = spec ? strcspn(spec, "#=") : 0;

	if (!spec || size >= sizeof(fault.name) || !strchr(spec, '='))
		return;
	memcpy(fault.name, spec, size);
	fault.remaining = spec[size] == '#' ? atol(spec + size + 1) : 1;
	fault.action = strchr(spec, '=') + 1;
}

void fault_processes(pid_t supervisor, pid_t tracer)
{
	fault.supervisor = supervisor;
	fault.tracer = tracer;
}

static void leave_word(const char *name)
{
	const char *path = getenv("MALLOSCOPE_FAULT_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;

	if (fd < 0)
		return;
	if (dprintf(fd, "fault: %s\n", name) < 0)
		abort();
	close(fd);
}

static void kill_process(pid_t pid)
{
	// Not an orphan's parent.
	if (pid > 1)
		kill(pid, SIGKILL);
}

static bool carry_out(const char *action)
{
	struct timespec pause;
	long ms;

	if (strncmp(action, "stall=", 6) == 0) {
		ms = atol(action + 6);
		pause = (struct timespec){ms / 1000, ms % 1000 * 1000000};
		nanosleep(&pause, NULL);
	} else if (strcmp(action, "kill") == 0) {
		kill_process(getpid());
	} else if (strcmp(action, "kill-tracer") == 0) {
		kill_process(fault.tracer);
	} else if (strcmp(action, "kill-supervisor") == 0) {
		kill_process(fault.supervisor);
	} else if (strcmp(action, "kill-both") == 0) {
		kill_process(getpid() == fault.tracer ? fault.supervisor : fault.tracer);
		kill_process(getpid());
	}
	return strcmp(action, "fail") == 0;
}

bool fault_fails(const char *name)
{
	pthread_once(&fault.once, read_environment);
	if (!fault.action || strcmp(name, fault.name) != 0 ||
	    __atomic_sub_fetch(&fault.remaining, 1, __ATOMIC_RELAXED) != 0)
		return false;
	leave_word(name);
	return carry_out(fault.action);
}

void fault_point(const char *name)
{
	if (fault_fails(name))
		return;
}

#endif
