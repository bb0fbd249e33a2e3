// SPDX-License-Identifier: GPL-3.0-or-later
/** Fault points: named moments at which a test can make a process die, stall or fail. They exist
 *  only in builds configured with --enable-fault-points. In other builds they are no code at all.
 *
 *  MALLOSCOPE_FAULT=NAME[#N]=ACTION[,...] is read at the first fault point that a process passes.
 *  When the process passes NAME for the Nth time (default: the first), it carries out the action,
 *  once. Actions:
 *
 *      kill              SIGKILL to this process
 *      kill-tracer       SIGKILL to the tracer
 *      kill-supervisor   SIGKILL to the supervisor
 *      kill-both         SIGKILL to the other process, then to this one
 *      stall=MS          sleep
 *      fail              fault_fails() returns true
 *
 *  Every action that was carried out leaves the line "fault: NAME" in the file that
 *  MALLOSCOPE_FAULT_LOG names. So a test can tell that its point was passed at all. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <sys/types.h>

#ifdef ENABLE_FAULT_POINTS

/** Say which process is which. Each process calls this before its first fault point. 0: not known
 *  yet. */
void fault_processes(pid_t supervisor, pid_t tracer);

/** Say that this process has reached the moment NAME. May not return. */
void fault_point(const char *name);

/** The same for a moment at which something can fail. True: it is to fail. */
bool fault_fails(const char *name);

#define FAULT_POINT(name) fault_point(name)
#define FAULT_FAILS(name) fault_fails(name)

#else

static inline void fault_processes(pid_t supervisor, pid_t tracer)
{
	(void)supervisor;
	(void)tracer;
}
#define FAULT_POINT(name) ((void)0)
#define FAULT_FAILS(name) false

#endif
#endif
