// SPDX-License-Identifier: GPL-3.0-or-later
/** What waitpid() reports of a tracee, told apart once: everybody else switches on the kind. */
#ifndef TRACE_OS_STOP_H
#define TRACE_OS_STOP_H

#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/types.h>

/** Options of every PTRACE_SEIZE. */
#define STOP_SEIZE_OPTIONS                                                                     \
	(PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | \
	 PTRACE_O_TRACESYSGOOD)

enum stop_kind {
	/** The task has ended: its whole status is in stop.status. Nothing goes on. */
	STOP_EXITED,
	STOP_KILLED,
	/** A SIGTRAP comes: of a breakpoint, ours perhaps, or sent by somebody. sig is SIGTRAP. */
	STOP_TRAP,
	/** Another signal comes: sig. The thread goes on with it, or without. */
	STOP_SIGNAL,
	/** At the entry or the exit of a system call. */
	STOP_SYSCALL,
	/** The thread has a share in a group-stop by signal sig. PTRACE_LISTEN leaves it there. */
	STOP_GROUP,
	/** PTRACE_INTERRUPT has stopped it, or it is new. */
	STOP_INTERRUPT,
	/** It has made a task, by clone, fork or vfork. PTRACE_GETEVENTMSG names it. */
	STOP_NEW_TASK,
	/** It has executed a program. */
	STOP_EXEC,
	/** Another event: it goes on. */
	STOP_OTHER,
};

struct stop {
	pid_t tid;
	enum stop_kind kind;
	/** The signal, where the kind says so; 0. */
	int sig;
	/** As waitpid() gives it. */
	int status;
};

/** The stop of tid that waitpid() describes by status. */
struct stop stop_classify(pid_t tid, int status);

/** The task is no more. */
static inline bool stop_is_end(const struct stop *stop)
{
	return stop->kind == STOP_EXITED || stop->kind == STOP_KILLED;
}

#endif
