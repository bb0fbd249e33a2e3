// SPDX-License-Identifier: GPL-3.0-or-later
/** What becomes of a crash inside of libdw and libelf. */
#ifndef SUPERVISOR_OS_CRASH_H
#define SUPERVISOR_OS_CRASH_H

/** From now on a crash inside of libdw and libelf ends the process in order: a line on standard
 *  error, and exit status 1. Idempotent. */
void crash_install(void);
/** The calling thread is in those libraries, or not any more. They do not nest. */
void crash_enter_libraries(void);
void crash_leave_libraries(void);

#endif
