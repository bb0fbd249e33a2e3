// SPDX-License-Identifier: GPL-3.0-or-later
/** A stop: what waitpid() reports of a tracee. It is classified once, here; everybody else switches
 *  on the kind. */
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
	/** The task has ended, by exit or by a signal. stop.status has its whole status. */
	STOP_EXITED,
	STOP_KILLED,
	/** A SIGTRAP is about to be delivered. It may be from a breakpoint of ours, or sent by
	 *  somebody. sig is SIGTRAP. */
	STOP_TRAP,
	/** Another signal is about to be delivered: sig. The thread goes on with it or without
	 *  it. */
	STOP_SIGNAL,
	/** At the entry or the exit of a system call. */
	STOP_SYSCALL,
	/** The thread takes part in a group-stop by signal sig. PTRACE_LISTEN leaves it there. */
	STOP_GROUP,
	/** PTRACE_INTERRUPT stopped it, or it is new. */
	STOP_INTERRUPT,
	/** It made a task by clone, fork or vfork. PTRACE_GETEVENTMSG names the task. */
	STOP_NEW_TASK,
	/** It executed a program. */
	STOP_EXEC,
	/** Another event, after which it just goes on. */
	STOP_OTHER,
};

struct stop {
	pid_t tid;
	enum stop_kind kind;
	/** The signal, if the kind has one; else 0. */
	int sig;
	/** As waitpid() gives it. */
	int status;
};

/** Classify the stop of tid, whose status is from waitpid(). */
struct stop stop_classify(pid_t tid, int status);

/** Tell whether the task has ended. */
static inline bool stop_is_end(const struct stop *stop)
{
	return stop->kind == STOP_EXITED || stop->kind == STOP_KILLED;
}

#endif
