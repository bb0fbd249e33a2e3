// SPDX-License-Identifier: GPL-3.0-or-later
/** What code/orphan.c and code/orphan_install.c share. */
#ifndef TRACE_CODE_ORPHAN_INTERNAL_H
#define TRACE_CODE_ORPHAN_INTERNAL_H

#include "arch/arch.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;

struct orphan_handler {
	/** Address of its code, and of its data (struct arch_orphan_data). 0: there is none. */
	uint64_t addr;
	uint64_t data;
	/** The areas that its data lists. */
	uint64_t areas[ARCH_ORPHAN_AREAS];
	size_t num_areas;
	bool is_installed;
	/** It cannot be installed, or must not: the program has a handler of its own. */
	bool is_refused;
	unsigned num_tries;
	/** How many stops until the next check that it is still installed. */
	unsigned stops_to_check;
};

/** Write a word of its data. False: the process is gone. */
bool orphan_write_data(struct process *p, size_t offset, uint64_t value) __must_check;

#endif
