// SPDX-License-Identifier: GPL-3.0-or-later
/** Source lines and inlined functions from the DWARF of a file or of its separate debug file.
 *  Private to obj/. Units are found by their own ranges, not by .debug_aranges, which clang does
 *  not write; functions by an index that is made for a unit when it is first hit. */
#ifndef OBJ_LINES_H
#define OBJ_LINES_H

#include "base/vec.h"
#include "obj/image.h"

#include <stdbool.h>
#include <stdint.h>

/** A function at an address, real or inlined. */
struct line_frame {
	/** Linkage name if it has one, else its plain name; NULL: unknown. Lives as long as the
	 *  image. */
	const char *function;
	/** Path as DWARF has it, perhaps relative to comp_dir; NULL: unknown. Lives as long as
	 *  the image. */
	const char *file;
	/** Directory of the compilation, or NULL. Lives as long as the image. */
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

/** Append what DWARF knows of an ELF virtual address, innermost inlined function first; the last
 *  is the real function. Nothing is appended when it knows nothing, or nothing for certain: of a
 *  unit whose .dwo file is missing the line is known, but not whose line it is. image.note says
 *  what is missing. The first call for an image reads its units. */
struct err *image_find_lines(struct image *image, uint64_t addr,
			     struct line_frames *ret) __must_check;

struct lines;
/** NULL is fine. */
void lines_destroy(struct lines *lines);

#endif
