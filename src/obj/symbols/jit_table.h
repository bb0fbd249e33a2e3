// SPDX-License-Identifier: GPL-3.0-or-later
/** Names of code that was made at run time, as runtimes write them down for profilers: perf map
 *  files (a line for each function) and jitdump files (records, also with lines). Whoever wrote
 *  them is not trusted. Private to obj/. */
#ifndef OBJ_SYMBOLS_JIT_TABLE_H
#define OBJ_SYMBOLS_JIT_TABLE_H

#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jit_code {
	/** The runtime range [start, end). */
	uint64_t start;
	uint64_t end;
	/** In the text that it was read from. */
	const char *name;
	/** Its line table (see jitdump_line()), NULL: none. */
	const char *lines;
	size_t lines_size;
	/** Which came later: its place in the file. */
	uint32_t seq;
};

/** Zero-filled is empty. */
struct jit_table {
	VEC(struct jit_code) codes;
	/** For each, the largest end of those before and of itself. */
	uint64_t *max_ends;
};

/** Free all; empty and usable again. */
void jit_table_deinit(struct jit_table *table);

/** Add the functions of a perf map. text has size bytes and a NUL behind them; it is changed, and
 *  must outlive the table. Lines that are none are left out. False: no memory. */
bool perf_map_parse(struct jit_table *table, char *text, size_t size);
/** The same for a jitdump file, in the byte order of this machine. What it says of any process but
 *  pid is left out; 0: of none. Reading ends at the first record that is none. */
bool jitdump_parse(struct jit_table *table, const char *data, size_t size, uint32_t pid);

/** Order it, after all was added. False: no memory; nothing is found then. */
bool jit_table_sort(struct jit_table *table);
/** What was at an address at last, or NULL. O(log functions) and those that overlap. */
const struct jit_code *jit_table_find(const struct jit_table *table, uint64_t addr);

/** File and line of an address in code, from its jitdump. False: not known. */
bool jitdump_line(const struct jit_code *code, uint64_t addr, const char **file_ret,
		  uint32_t *line_ret);

#endif
