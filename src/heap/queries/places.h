// SPDX-License-Identifier: GPL-3.0-or-later
/** Distinct places of stacks: a line of a function, or what is known without lines. For tree.c. */
#ifndef HEAP_QUERIES_PLACES_H
#define HEAP_QUERIES_PLACES_H

#include "base/vec.h"
#include "heap/namer.h"
#include "heap/stacks.h"
#include "heap/tables/idset.h"

struct place {
	struct location location;
	/** A frame that it is from. */
	uint64_t frame;
};

/** The places of a frame: num ids from first on, in places->ids. num 0: not resolved yet. */
struct place_frame {
	uint32_t first;
	uint32_t num;
};

/** Each frame is resolved once. Ids of places are dense, from 0. */
struct places {
	/** Which location stands for a stack, and the locations of frames; not owned. */
	struct namer *namer;
	VEC(struct place) items;
	struct idset set;
	/** By frame id (heap/stacks.h). */
	struct place_frame *frames;
	VEC(uint32_t) ids;
	/** places_of() fills it. */
	VEC(uint32_t) path;
};

/** After &err_nomem, too, call places_deinit(). */
struct err *places_init(struct places *places, struct namer *namer,
			const struct stacks *stacks) __must_check;
void places_deinit(struct places *places);

/** Put the places of a stack into places->path, newest first. Those before the one that stands for
 *  the stack are left out. */
struct err *places_of(struct places *places, const struct stack *stack) __must_check;

#endif
