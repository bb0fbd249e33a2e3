// SPDX-License-Identifier: GPL-3.0-or-later
/** Allocator functions without symbols, of allocators that hand calls on as chromium's does. */
#ifndef SUPERVISOR_CODE_SHIM_H
#define SUPERVISOR_CODE_SHIM_H

#include "supervisor/code/probe_table.h"

#include <sys/types.h>

#define SHIM_MAX 16

/** found[0, num) are all allocator functions of one module that have a symbol: are they a shim as
 *  chromium's, in process pid? The functions of the shim that have none go to ret, each with the
 *  probe of one that does the same. Returns their number, 0 without memory. */
size_t shim_find(pid_t pid, const struct planted_probe *found, size_t num,
		 struct planted_probe ret[SHIM_MAX]);

#endif
