// SPDX-License-Identifier: GPL-3.0-or-later
/** What /proc tells of a thread, traced or not. A thread that is gone has no signals, is not
 *  asleep, and is dead. */
#ifndef TRACE_OS_TASK_H
#define TRACE_OS_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** A set of signals from /proc/TID/status ("SigBlk", "SigCgt", "SigIgn" ...). Signal n is bit n -
 *  1. */
uint64_t task_signals(pid_t tid, const char *key);
/** Tell whether sig is in that set. */
bool task_has_signal(pid_t tid, const char *key, int sig);
/** Tell whether a SIGTRAP is pending for this very thread. */
bool task_has_trap(pid_t tid);
/** Tell whether a signal is pending for this thread that it will not ignore. */
bool task_has_pending_signal(pid_t tid);
/** Tell whether the thread is asleep in a system call. Then no trap of ours can be on its way, and
 *  no new task; an interrupt would only disturb it. A caller of clone, fork or vfork does not
 *  count, because a task is on its way. */
bool task_is_asleep(pid_t tid);
/** Tell whether the thread waits in any system call, with callers of clone, fork and vfork. */
bool task_is_in_syscall(pid_t tid);
/** Tell whether the thread has ended: it is gone, or a zombie. */
bool task_is_dead(pid_t tid);
/** Tell whether the CPU keeps the thread's return addresses a second time, and compares. */
bool task_has_shadow_stack(pid_t tid);
/** Tell whether another tracer still has this thread; it may be detaching. False for new clones of
 *  seized threads, which the kernel attaches for us, and for ending threads, which nobody can
 *  seize. */
bool task_is_foreign(pid_t tid);

#endif
