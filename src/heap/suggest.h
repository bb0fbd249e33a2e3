// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions that look like allocator wrappers which no rule knows (heap/skip.h). */
#ifndef HEAP_SUGGEST_H
#define HEAP_SUGGEST_H

#include "heap/resolve.h"
#include "heap/skip.h"
#include "heap/snapshot.h"

/** So many different functions must call one that is suggested. */
#define SUGGEST_MIN_CALLERS 3

struct suggestion {
	/** Strings of the resolver: what rows call the function, and the path of its module, or
	 *  0. */
	uint32_t function;
	uint32_t module;
	/** The rule that skips it, owned. */
	char *rule;
	/** How many functions call it. */
	size_t num_callers;
	/** Live bytes and blocks of the rows that it names. */
	uint64_t size;
	uint64_t count;
};

/** A result. Free with suggestions_destroy(). The resolver must outlive it. */
struct suggestions {
	/** Largest size first. */
	struct suggestion *items;
	size_t num;
};

/** Find the functions that name rows of a snapshot, call nothing but allocators and known wrappers
 *  in any stack that has live blocks, and have SUGGEST_MIN_CALLERS callers or more. What the
 *  functions do with the block is not looked at. rules may be NULL. Errors are the resolver's and
 *  &err_nomem. O(frames of all stacks). */
struct err *suggestions_create(const struct snapshot *snapshot, const struct skip_rules *rules,
			       const struct resolver *resolver,
			       struct suggestions **ret) __must_check;
/** NULL is fine. */
void suggestions_destroy(struct suggestions *suggestions);

static inline void cleanup_suggestions(struct suggestions **suggestions)
{
	suggestions_destroy(*suggestions);
}

/** Destroy the result when it leaves the scope. */
#define _cleanup_suggestions_ _cleanup_(cleanup_suggestions)

#endif
