// SPDX-License-Identifier: GPL-3.0-or-later
/** What /proc tells of a thread, traced or not. A thread that is gone has no signals, is not
 *  asleep, and is dead. */
#ifndef TRACE_OS_TASK_H
#define TRACE_OS_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** A set of signals in /proc/TID/status ("SigBlk", "SigCgt", "SigIgn" ...): signal n is bit n -
 *  1. */
uint64_t task_signals(pid_t tid, const char *key);
/** Is sig in that set? */
bool task_has_signal(pid_t tid, const char *key, int sig);
/** A SIGTRAP waits for this very thread. */
bool task_has_trap(pid_t tid);
/** A signal waits for this thread, and it will not be ignored. */
bool task_has_pending_signal(pid_t tid);
/** A thread asleep in a system call: no trap of ours can be on its way, no new task either, and
 *  an interrupt would only disturb it. Callers of clone, fork and vfork do not count: a task is
 *  on its way. */
bool task_is_asleep(pid_t tid);
/** The thread has come to its end: it is gone, or a zombie. */
bool task_is_dead(pid_t tid);
/** Another tracer, on its way out perhaps, still has this thread? Ours are new clones of seized
 *  threads, which the kernel attaches for us; an ending thread can be seized by nobody. */
bool task_is_foreign(pid_t tid);

#endif
