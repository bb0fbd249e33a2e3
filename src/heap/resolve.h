// SPDX-License-Identifier: GPL-3.0-or-later
/** What queries must know of a frame. It is behind a callback, because heap/ reads no ELF. */
#ifndef HEAP_RESOLVE_H
#define HEAP_RESOLVE_H

#include "base/err.h"
#include "base/strtab.h"

#include <stdbool.h>
#include <stdint.h>

/** One source location. A frame has several when functions were inlined into it. All strings are
 *  ids in the resolver's string table; id 0 is "". */
struct location {
	/** Source file. Without line information it is MODULE(FUNCTION+0xOFF) or MODULE(+0xOFF),
	 *  where MODULE is the base name. "<unknown>" when not even the module is known. */
	uint32_t file;
	/** Line, or 0 when unknown. */
	uint32_t line;
	/** Demangled function name, or 0. */
	uint32_t function;
	/** Path of the module as mapped, or by which it was executed (obj/modules.h), or 0. */
	uint32_t module;
	/** Line information was found, so file is a path. */
	bool has_line;
	/** An allocator wrapper (operator new, strdup, xmalloc ...): skipped where one frame stands
	 *  for a stack. */
	bool is_alloc_wrapper;
};

/** The file name of a location for filters and the key filename: the source file; without line
 *  information the module's path, because an address would help nobody there; or <unknown>. */
static inline uint32_t location_filename(const struct location *location)
{
	return location->has_line || !location->module ? location->file : location->module;
}

struct resolver {
	void *ctx;
	struct strtab *strings;
	/** The locations of a frame (heap/frame.h), at least one, most recent first, which is the
	 *  innermost inlined function. The array lives as long as the resolver. If something cannot
	 *  be found, that is no error: the location says so. */
	struct err *(*resolve)(void *ctx, uint64_t frame, const struct location **ret,
			       size_t *num_ret);
};

#endif
