// SPDX-License-Identifier: GPL-3.0-or-later
/** What memory and auxiliary vector of a process tell. */
#ifndef SUPERVISOR_OS_PROCESS_H
#define SUPERVISOR_OS_PROCESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct traced_footprint;

/** Read target memory. False: not all of it is there. */
bool process_read(pid_t pid, uint64_t addr, void *buf, size_t size) __must_check;
/** Tell whether its executable names a dynamic linker. */
bool process_has_interpreter(pid_t pid);
/** Address of the dynamic linker's r_debug.r_state (32 bits). False: there is none, or not yet. */
bool process_link_state(pid_t pid, uint64_t *ret) __must_check;
/** Tell whether the dynamic linker is in the middle of changing its list, by its r_state. Unknown
 *  counts as no. */
bool process_is_linking(pid_t pid, uint64_t link_state);
/** Entry point of the executable. False: unknown. */
bool process_entry(pid_t pid, uint64_t *ret) __must_check;

/** Sum up all mappings of a process. It takes some milliseconds for each gigabyte. False: it is
 *  gone, or may not be looked at. */
bool process_footprint(pid_t pid, struct traced_footprint *ret) __must_check;
/** The CPU time of all its threads so far, in ns. False: it is gone. */
bool process_cpu_ns(pid_t pid, uint64_t *ret) __must_check;

#endif
