// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/task.h"

#include "arch/arch.h"
#include "base/io.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t task_signals(pid_t tid, const char *key)
{
	char text[32];

	return io_proc_field(tid, key, text, sizeof(text)) ? strtoull(text, NULL, 16) : 0;
}

bool task_has_signal(pid_t tid, const char *key, int sig)
{
	return task_signals(tid, key) >> (sig - 1) & 1;
}

bool task_has_trap(pid_t tid)
{
	return task_has_signal(tid, "SigPnd", SIGTRAP);
}

bool task_has_pending_signal(pid_t tid)
{
	uint64_t by_default = 1ull << (SIGCHLD - 1) | 1ull << (SIGURG - 1) | 1ull << (SIGWINCH - 1);
	uint64_t pending = (task_signals(tid, "SigPnd") | task_signals(tid, "ShdPnd")) &
			   ~task_signals(tid, "SigBlk");

	if (!pending)
		return false;
	by_default &= ~task_signals(tid, "SigCgt");
	return pending & ~(by_default | task_signals(tid, "SigIgn"));
}

/** The number of the system call in which the thread sleeps; -1: in none. */
static long syscall_of(pid_t tid)
{
	char path[48], text[32];

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)tid);
	if (!io_read_head(path, text, sizeof(text)) || text[0] < '0' || text[0] > '9')
		return -1;
	return strtol(text, NULL, 10);
}

bool task_is_asleep(pid_t tid)
{
	long nr = syscall_of(tid);

	// A child on its way must be cleaned first: wait for the parent to come out.
	return nr >= 0 && !arch_host()->makes_task(nr);
}

bool task_is_in_syscall(pid_t tid)
{
	return syscall_of(tid) >= 0;
}

bool task_is_dead(pid_t tid)
{
	char state[32];

	return !io_proc_field(tid, "State", state, sizeof(state)) || *state == 'Z' || *state == 'X';
}

bool task_has_shadow_stack(pid_t tid)
{
	char features[64];

	return arch_host()->shadow_stack_key &&
	       io_proc_field(tid, arch_host()->shadow_stack_key, features, sizeof(features)) &&
	       strstr(features, arch_host()->shadow_stack_word);
}

bool task_is_foreign(pid_t tid)
{
	char tracer[32];

	return io_proc_field(tid, "TracerPid", tracer, sizeof(tracer)) && !task_is_dead(tid) &&
	       atoi(tracer) != 0 && atoi(tracer) != getpid();
}
