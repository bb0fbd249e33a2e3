// SPDX-License-Identifier: GPL-3.0-or-later
/** Fault points: named moments at which a test can let a process die, stall or fail. Only in builds
 *  configured with --enable-fault-points; elsewhere they are no code at all.
 *
 *  MALLOSCOPE_FAULT=NAME[#N]=ACTION[,...], read at the first fault point that a process passes: at
 *  the Nth time (default 1st) that NAME is passed the action is carried out, once. Actions:
 *
 *      kill              SIGKILL to this process
 *      kill-tracer       SIGKILL to the tracer
 *      kill-supervisor   SIGKILL to the supervisor
 *      kill-both         SIGKILL to the other one, then to this one
 *      stall=MS          sleep
 *      fail              fault_fails() returns true
 *
 *  Every carried-out action leaves the line "fault: NAME" in the file that MALLOSCOPE_FAULT_LOG
 *  names: a test can tell that its point was passed at all. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <sys/types.h>

#ifdef ENABLE_FAULT_POINTS

/** Who is who; each process says so before its first point. 0: not known yet. */
void fault_processes(pid_t supervisor, pid_t tracer);

/** The moment name is reached. May not return. */
void fault_point(const char *name);

/** The same, for moments at which something can fail. */
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
