// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions of one DWARF unit by address, and the inlined ones inside. Private to obj/. */
#ifndef OBJ_SYMBOLS_SCOPES_H
#define OBJ_SYMBOLS_SCOPES_H

#include "base/err.h"

#include <elfutils/libdw.h>
#include <stddef.h>
#include <stdint.h>

/** Deepest inlining that is shown; what is deeper is left out on the inside. */
#define SCOPE_MAX_INLINED 64

struct scope_range {
	uint64_t start;
	uint64_t end;
	/** DW_TAG_subprogram. */
	Dwarf_Die function;
};

/** Zero-filled is empty. */
struct scope_index {
	/** Ascending by start. */
	struct scope_range *items;
	size_t num;
	size_t cap;
};

/** Functions around an address: dies[0] is the real one, the rest are inlined, each into the one
 *  before. */
struct scope_chain {
	Dwarf_Die dies[SCOPE_MAX_INLINED];
	size_t num;
};

/** Index all functions below a unit's DIE. Malformed parts are left out. */
struct err *scope_index_init(struct scope_index *index, Dwarf_Die *unit) __must_check;
void scope_index_deinit(struct scope_index *index);

/** The functions at addr; num 0: none. */
void scope_index_find(const struct scope_index *index, uint64_t addr, struct scope_chain *ret);

/** Linkage name, else name, of a function, or NULL; follows abstract origin and specification. */
const char *scope_name(Dwarf_Die *function);

#endif
