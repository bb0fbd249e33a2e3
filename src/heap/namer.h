// SPDX-License-Identifier: GPL-3.0-or-later
/** Which location of a stack names its row. It is the newest one that no rule skips (heap/skip.h).
 *  If all are skipped, it is the newest that is no allocator and no wrapper; if all are such, the
 *  newest. Inlined functions are frames.
 *
 *  A location without function and line is nameless. What a skipped function of its own module has
 *  called by nameless frames is part of that function, and is skipped, too. Any other one that
 *  names a row does it together with the nearest named caller. */
#ifndef HEAP_NAMER_H
#define HEAP_NAMER_H

#include "heap/resolve.h"
#include "heap/stacks.h"

struct skip_rules;
struct namer;

/** Create a namer for stacks of one table. rules NULL: only allocators are skipped. want_newest:
 *  always the newest location, as in tracemalloc (L3). The resolver and the rules must outlive it,
 *  and the rules must not change. */
struct err *namer_create(const struct resolver *resolver, const struct skip_rules *rules,
			 bool want_newest, struct namer **ret) __must_check;
/** NULL is fine. */
void namer_destroy(struct namer *namer);

/** The locations of frame i of a stack. Each distinct frame is resolved once. Errors are the
 *  resolver's and &err_nomem. */
struct err *namer_frame(struct namer *namer, const struct stack *stack, uint32_t i,
			const struct location **ret, size_t *num_ret) __must_check;

/** What names a row. */
struct named {
	const struct location *location;
	/** If location is nameless: the nearest caller in its module that has a name. NULL: there
	 *  is none, or want_newest. */
	const struct location *caller;
};

/** Find what names the row of a stack. Errors as above. */
struct err *namer_find(struct namer *namer, const struct stack *stack,
		       struct named *ret) __must_check;

static inline void cleanup_namer(struct namer **namer)
{
	namer_destroy(*namer);
}

/** Destroy the namer when it leaves the scope. */
#define _cleanup_namer_ _cleanup_(cleanup_namer)

#endif
