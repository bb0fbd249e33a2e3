// SPDX-License-Identifier: GPL-3.0-or-later
/** Finds allocator functions that have no symbol: those of allocator shims such as chromium's. */
#ifndef SUPERVISOR_CODE_SHIM_H
#define SUPERVISOR_CODE_SHIM_H

#include "supervisor/code/probe_table.h"

#include <sys/types.h>

#define SHIM_MAX 16

/** found[0, num) are all allocator functions of one module that have a symbol. If they are a shim
 *  such as chromium's, in process pid, write the functions of the shim without a symbol to ret,
 *  each with the probe of a function that does the same. Returns their number; 0 also without
 *  memory. */
size_t shim_find(pid_t pid, const struct planted_probe *found, size_t num,
		 struct planted_probe ret[SHIM_MAX]);

#endif
