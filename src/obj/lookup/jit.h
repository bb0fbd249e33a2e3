// SPDX-License-Identifier: GPL-3.0-or-later
/** Which names has a process given to code that it made at run time? Private to obj/. */
#ifndef OBJ_LOOKUP_JIT_H
#define OBJ_LOOKUP_JIT_H

#include "obj/modules.h"
#include "obj/symbols/jit_table.h"

struct jit_file {
	/** Owned; NULL: it cannot be read. */
	char *text;
	size_t size;
	struct jit_table table;
	/** What it was when it was read. */
	uint64_t inode;
	uint64_t mtime_ns;
};

/** Zero-filled is empty. */
struct jit {
	struct jit_file perf_map;
	struct jit_file jitdump;
	/** CLOCK_MONOTONIC: the files are not looked at before. */
	uint64_t next_ns;
};

void jit_deinit(struct jit *jit);

/** The code at an address of the process that `modules` is about, or NULL. It lives until the next
 *  call. Files that were written meanwhile are read again, but not in short succession. */
const struct jit_code *jit_find(struct jit *jit, const struct modules *modules, uint64_t addr);

#endif
