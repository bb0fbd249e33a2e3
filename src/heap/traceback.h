// SPDX-License-Identifier: GPL-3.0-or-later
/** A stack with everything known of it: its locations, and the frame that each came of. */
#ifndef HEAP_TRACEBACK_H
#define HEAP_TRACEBACK_H

#include "heap/resolve.h"
#include "heap/stacks.h"

/** Zero-filled is empty. Made to be used again: filling it anew costs no allocation when it is
 *  large enough. */
struct traceback {
	/** Most recent first, inlined functions included; as many as frames. */
	struct location *locations;
	/** The frame (heap/frame.h) of each location; inlined ones have that of the function they
	 *  are in. */
	uint64_t *frames;
	size_t num;
	size_t cap;
};

/** Fill it with a stack, at least one location. The error is the resolver's, or &err_nomem: it then
 *  is empty. */
struct err *traceback_fill(struct traceback *traceback, const struct resolver *resolver,
			   const struct stack *stack) __must_check;

/** Free the arrays; it is empty and usable again. */
void traceback_deinit(struct traceback *traceback);

/** Free the arrays when it leaves the scope. */
#define _cleanup_traceback_ _cleanup_(traceback_deinit)

/** How a location prints: FILE:LINE; without line information its file alone; or <unknown>:0. A
 *  string to free; NULL: out of memory. */
char *location_label(const struct location *location, const struct strtab *strings);

#endif
