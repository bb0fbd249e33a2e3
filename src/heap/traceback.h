// SPDX-License-Identifier: GPL-3.0-or-later
/** A stack with everything that is known of it: its locations, and the frame that each location
 *  belongs to. */
#ifndef HEAP_TRACEBACK_H
#define HEAP_TRACEBACK_H

#include "heap/resolve.h"
#include "heap/stacks.h"

/** Zero-filled is empty. It is made to be filled again and again: that costs no allocation when it
 *  is large enough. */
struct traceback {
	/** Most recent first, inlined functions included; as many as frames. */
	struct location *locations;
	/** The frame (heap/frame.h) of each location. An inlined function has the frame of the
	 *  function that it is in. */
	uint64_t *frames;
	size_t num;
	size_t cap;
};

/** Fill it with the locations of a stack, at least one. Errors are the resolver's and &err_nomem;
 *  then it is empty. */
struct err *traceback_fill(struct traceback *traceback, const struct resolver *resolver,
			   const struct stack *stack) __must_check;

/** Free the arrays. The traceback is empty and usable again. */
void traceback_deinit(struct traceback *traceback);

/** Free the arrays when it leaves the scope. */
#define _cleanup_traceback_ _cleanup_(traceback_deinit)

/** The text of a location: FILE:LINE; without line information its file alone; or <unknown>:0. The
 *  caller frees it. NULL: out of memory. */
char *location_label(const struct location *location, const struct strtab *strings);
/** The same with the short name of the function, where it is in the text. */
char *location_short_label(const struct location *location, const struct strtab *strings);

#endif
