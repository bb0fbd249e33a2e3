// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/files/birth.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/io.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Fields of /proc/PID/stat between the name and the time of the start. */
#define FIELDS_BEFORE_START 19

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/** Clock ticks since boot; 0: not known. */
static uint64_t start_ticks(pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	char path[32], *at;
	struct err *err;
	size_t size;
	int i;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	err = io_read_file(path, 4096, &text, &size);
	if (err) {
		err_destroy(err);
		return 0;
	}
	// The name may have anything in it, but nothing behind it has a parenthesis.
	at = strrchr(text, ')');
	for (i = 0; at && i <= FIELDS_BEFORE_START; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

struct birth birth_read(pid_t pid)
{
	uint64_t ticks = start_ticks(pid), hz = (uint64_t)sysconf(_SC_CLK_TCK), age;
	_cleanup_free_ char *text = NULL;
	struct birth ret = {.own_pid = pid};
	const char *last;
	struct err *err;

	// One number for each namespace, the innermost one last.
	err = io_proc_status(pid, "NSpid", &text);
	if (!err) {
		last = strrchr(text, '\t');
		ret.own_pid = (pid_t)strtol(last ? last + 1 : text, NULL, 10);
	}
	err_destroy(err);
	if (ticks) {
		age = clock_ns(CLOCK_BOOTTIME) - ticks * (NS_PER_S / hz);
		ret.start_ns = clock_ns(CLOCK_REALTIME) - age;
	}
	return ret;
}
