// SPDX-License-Identifier: GPL-3.0-or-later
/** What tells the files that a process writes about itself from those of others. Private to
 *  obj/. */
#ifndef OBJ_FILES_BIRTH_H
#define OBJ_FILES_BIRTH_H

#include <stdint.h>
#include <sys/types.h>

struct birth {
	/** Its process id in its own namespace; 0: not known. */
	pid_t own_pid;
	/** When it began, CLOCK_REALTIME, to a second or so; 0: not known. */
	uint64_t start_ns;
};

/** Of a process that lives. What cannot be found out is 0. */
struct birth birth_read(pid_t pid);

#endif
