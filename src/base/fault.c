// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/fault.h"

// Without --enable-fault-points the macros of the header are all there is.
#ifdef ENABLE_FAULT_POINTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_FAULTS 4

struct fault {
	char name[64];
	char action[32];
	long remaining;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct fault faults[MAX_FAULTS];
static pid_t supervisor_pid, tracer_pid;

static void parse(const char *spec, size_t size, struct fault *ret)
{
	const char *action = memchr(spec, '=', size);
	size_t name_size = strcspn(spec, "#=,"), action_size;

	if (!action || name_size >= sizeof(ret->name))
		return;
	action_size = size - (size_t)(++action - spec);
	if (action_size >= sizeof(ret->action))
		return;
	memcpy(ret->name, spec, name_size);
	memcpy(ret->action, action, action_size);
	ret->remaining = spec[name_size] == '#' ? atol(spec + name_size + 1) : 1;
}

static void read_environment(void)
{
	const char *spec = getenv("MALLOSCOPE_FAULT");
	size_t i, size;

	for (i = 0; spec && *spec && i < MAX_FAULTS; i++) {
		size = strcspn(spec, ",");
		parse(spec, size, &faults[i]);
		spec += size + (spec[size] == ',');
	}
}

void fault_processes(pid_t supervisor, pid_t tracer)
{
	supervisor_pid = supervisor;
	tracer_pid = tracer;
}

static void leave_word(const char *name)
{
	const char *path = getenv("MALLOSCOPE_FAULT_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)
		      : -1;

	if (fd < 0)
		return;
	if (dprintf(fd, "fault: %s\n", name) < 0)
		abort();
	close(fd);
}

static void kill_process(pid_t pid)
{
	// 0: not known yet. 1: the parent of an orphan, not one of us.
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
		kill_process(tracer_pid);
	} else if (strcmp(action, "kill-supervisor") == 0) {
		kill_process(supervisor_pid);
	} else if (strcmp(action, "kill-both") == 0) {
		kill_process(getpid() == tracer_pid ? supervisor_pid : tracer_pid);
		kill_process(getpid());
	}
	return strcmp(action, "fail") == 0;
}

bool fault_fails(const char *name)
{
	bool is_failing = false;
	size_t i;

	pthread_once(&once, read_environment);
	for (i = 0; i < MAX_FAULTS; i++) {
		if (strcmp(name, faults[i].name) != 0 ||
		    __atomic_sub_fetch(&faults[i].remaining, 1, __ATOMIC_RELAXED) != 0)
			continue;
		leave_word(name);
		is_failing |= carry_out(faults[i].action);
	}
	return is_failing;
}

void fault_point(const char *name)
{
	if (fault_fails(name))
		return;
}

#endif
