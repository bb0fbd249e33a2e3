// SPDX-License-Identifier: GPL-3.0-or-later
/** What the queries need to know of a frame, behind a callback: heap/ reads no ELF. */
#ifndef HEAP_RESOLVE_H
#define HEAP_RESOLVE_H

#include "base/err.h"
#include "base/strtab.h"

#include <stdbool.h>
#include <stdint.h>

/** One source location. A frame has several when functions were inlined into it. All strings are
 *  ids in the resolver's string table; id 0 is "". */
struct location {
	/** Source file; without line information MODULE(FUNCTION+0xOFF) or MODULE(+0xOFF);
	 *  "<unknown>" when not even the module is known. MODULE here is the module's base name. */
	uint32_t file;
	/** Line, or 0 when unknown. */
	uint32_t line;
	/** Demangled function name, or 0. */
	uint32_t function;
	/** Path of the module as mapped, or 0. */
	uint32_t module;
	/** Source line information was found: file is a path. */
	bool has_line;
	/** An allocator wrapper (operator new, strdup, xmalloc ...): skipped where one frame stands
	 *  for a stack. */
	bool is_alloc_wrapper;
};

/** The file name of a location as filters and the key filename take it: the source file; without
 *  line information the module's path, for one name an instruction would help nobody; or
 *  <unknown>. */
static inline uint32_t location_filename(const struct location *location)
{
	return location->has_line || !location->module ? location->file : location->module;
}

struct resolver {
	void *ctx;
	struct strtab *strings;
	/** The locations of a frame (heap/frame.h), most recent (innermost inlined) first, at least
	 *  one. The array lives as long as the resolver. What cannot be found is no error: the
	 *  location says so. */
	struct err *(*resolve)(void *ctx, uint64_t frame, const struct location **ret,
			       size_t *num_ret);
};

#endif
