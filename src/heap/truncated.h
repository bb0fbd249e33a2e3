// SPDX-License-Identifier: GPL-3.0-or-later
/** Allocations whose stack could not be unwound to its end, by the reason and the place. */
#ifndef HEAP_TRUNCATED_H
#define HEAP_TRUNCATED_H

#include "heap/heap.h"

struct truncated {
	enum stack_end end;
	/** Module id of the oldest frame; 0: none. */
	uint32_t module;
	/** Allocations since start or clear. Of samples: the estimate. */
	uint64_t count;
};

/** Add them up, most first. The caller frees *ret, which may be NULL when there are none. *num_ret:
 *  how many. O(sites). */
struct err *heap_truncated(const struct heap *heap, struct truncated **ret,
			   size_t *num_ret) __must_check;

#endif
