// SPDX-License-Identifier: GPL-3.0-or-later
/** Source lines and inlined functions from the DWARF of a file or of its separate debug file.
 *  Private to obj/. Units are found by their own ranges, not by .debug_aranges, which clang does
 *  not write; functions by an index that is made for a unit when it is first hit. */
#ifndef OBJ_SYMBOLS_LINES_H
#define OBJ_SYMBOLS_LINES_H

#include "base/vec.h"
#include "obj/elf/libdw_view.h"

#include <stdbool.h>
#include <stdint.h>

/** A function at an address, real or inlined. */
struct line_frame {
	/** Linkage name if it has one, else its plain name; NULL: unknown. Lives as long as the
	 *  view. */
	const char *function;
	/** Path as DWARF has it, perhaps relative to comp_dir; NULL: unknown. Lives as long as
	 *  the view. */
	const char *file;
	/** Directory of the compilation, or NULL. Lives as long as the view. */
	const char *comp_dir;
	/** 0: unknown. */
	uint32_t line;
};

/** Zero-filled is empty; vec_deinit() frees. */
struct line_frames {
	struct line_frame *items;
	size_t num;
	size_t cap;
};

struct lines;

/** The units of a file, which are read now; functions and lines are read when asked for. */
struct err *lines_create(struct libdw_view *view, struct lines **ret) __must_check;
/** NULL is fine. */
void lines_destroy(struct lines *lines);

/** Append what DWARF knows of an ELF virtual address, innermost inlined function first; the last
 *  is the real function. Nothing is appended when it knows nothing, or nothing for certain: of a
 *  unit whose .dwo file is missing the line is known, but not whose line it is. The view's note
 *  says what is missing. */
struct err *lines_find(struct lines *lines, uint64_t addr, struct line_frames *ret) __must_check;

#endif
