// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/os/stop.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/** PTRACE_O_TRACESYSGOOD sets it in the signal of a stop at a system call. */
#define SYSCALL_BIT 0x80

static enum stop_kind kind_of_event(int event, int sig)
{
	switch (event) {
	case PTRACE_EVENT_STOP:
		// With the stop signal in a group-stop, with SIGTRAP otherwise (do_jobctl_trap() in
		// Linux kernel/signal.c).
		return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU
			       ? STOP_GROUP
			       : STOP_INTERRUPT;
	case PTRACE_EVENT_EXEC:
		return STOP_EXEC;
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		return STOP_NEW_TASK;
	default:
		return STOP_OTHER;
	}
}

static enum stop_kind kind_of(int status)
{
	int sig = WSTOPSIG(status);

	if (WIFEXITED(status))
		return STOP_EXITED;
	if (WIFSIGNALED(status))
		return STOP_KILLED;
	// Continued, which nobody asks for.
	if (!WIFSTOPPED(status))
		return STOP_OTHER;
	if (status >> 16)
		return kind_of_event(status >> 16, sig);
	if (sig == (SIGTRAP | SYSCALL_BIT))
		return STOP_SYSCALL;
	return sig == SIGTRAP ? STOP_TRAP : STOP_SIGNAL;
}

struct stop stop_classify(pid_t tid, int status)
{
	struct stop stop = {.tid = tid, .kind = kind_of(status), .status = status};

	if (stop.kind == STOP_TRAP || stop.kind == STOP_SIGNAL || stop.kind == STOP_GROUP)
		stop.sig = WSTOPSIG(status);
	return stop;
}
