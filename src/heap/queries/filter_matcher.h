// SPDX-License-Identifier: GPL-3.0-or-later
/** A set of filters at work in one query. Each distinct frame is resolved once, each file name is
 *  matched once by each filter, and each stack is judged once. So many stacks cost little more than
 *  looking them up. */
#ifndef HEAP_QUERIES_FILTER_MATCHER_H
#define HEAP_QUERIES_FILTER_MATCHER_H

#include "heap/filter.h"
#include "heap/heap.h"
#include "heap/namer.h"
#include "heap/resolve.h"

#include <stdbool.h>

struct filter_matcher;

/** Create a matcher. filters (NULL: none), heap, resolver and namer must outlive it, and the
 *  filters must not change. It does not know stacks that are added to the heap later. namer: which
 *  location stands for a stack (L3). */
struct err *filter_matcher_create(const struct filters *filters, const struct heap *heap,
				  const struct resolver *resolver, struct namer *namer,
				  struct filter_matcher **ret) __must_check;
/** NULL is fine. */
void filter_matcher_destroy(struct filter_matcher *matcher);

/** Tell whether a trace of this site passes (L2): some inclusive filter matches it, or there is
 *  none; and no exclusive filter matches. The error is the resolver's. */
struct err *filter_matcher_passes(struct filter_matcher *matcher, const struct alloc_site *site,
				  bool *ret) __must_check;

/** The same for older blocks. Their only frame is OLDER_LABEL without a line, and they have no
 *  domain. */
bool filter_matcher_passes_older(const struct filter_matcher *matcher);

static inline void cleanup_filter_matcher(struct filter_matcher **matcher)
{
	filter_matcher_destroy(*matcher);
}

/** Destroy the matcher when it leaves the scope. */
#define _cleanup_filter_matcher_ _cleanup_(cleanup_filter_matcher)

#endif
