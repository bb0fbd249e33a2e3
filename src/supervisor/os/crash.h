// SPDX-License-Identifier: GPL-3.0-or-later
/** What happens after a crash inside of libdw and libelf. */
#ifndef SUPERVISOR_OS_CRASH_H
#define SUPERVISOR_OS_CRASH_H

/** From now on a crash inside of libdw and libelf ends the process in order: with a line on
 *  standard error, and exit status 1. Idempotent. */
void crash_install(void);
/** The calling thread enters those libraries, or leaves them. Calls do not nest. */
void crash_enter_libraries(void);
void crash_leave_libraries(void);

#endif
