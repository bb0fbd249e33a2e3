// SPDX-License-Identifier: GPL-3.0-or-later
/** All function symbols of a file by address: .symtab of the file or of its separate debug file,
 *  else .dynsym, and .gnu_debugdata. Private to obj/. */
#ifndef OBJ_SYMBOLS_SYMINDEX_H
#define OBJ_SYMBOLS_SYMINDEX_H

#include "obj/elf/libdw_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
	/** ELF virtual address. */
	uint64_t addr;
	/** 0: unknown. */
	uint64_t size;
	/** May end with @VERSION. Lives as long as what libdw knew of the file then. */
	const char *name;
	/** STT_FUNC, STT_GNU_IFUNC or STT_NOTYPE (labels of assembler code). */
	uint8_t type;
};

struct symindex {
	/** Ascending by address; of several at one address the best name comes first. */
	struct symbol *symbols;
	size_t num;
};

/** The index of a file: reads whole symbol tables and looks for debug files. Never fails for
 *  malformed files: the index is empty then. */
struct err *symindex_create(struct libdw_view *view, struct symindex **ret) __must_check;

/** The best symbol that covers addr, or NULL. A symbol without size reaches to the next. O(log
 *  symbols). */
const struct symbol *symindex_find(const struct symindex *index, uint64_t addr);

/** Name a is better to show than b: fewest leading underscores, then shortest (@VERSION not
 *  counted). */
bool symbol_name_is_better(const char *a, const char *b);

/** NULL is fine. */
void symindex_destroy(struct symindex *index);

#endif
