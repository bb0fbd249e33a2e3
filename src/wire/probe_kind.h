// SPDX-License-Identifier: GPL-3.0-or-later
/** What a call of an allocator function does, and which arguments matter. Needs no C library. */
#ifndef WIRE_PROBE_KIND_H
#define WIRE_PROBE_KIND_H

#include "base/domain.h"

#include <stdbool.h>
#include <stdint.h>

enum probe_kind {
	/** Returns a new block. */
	PROBE_ALLOC,
	/** Stores the new block through a pointer argument and returns 0 (posix_memalign). */
	PROBE_ALLOC_OUT,
	/** Takes an old block (or NULL), returns a new one. */
	PROBE_REALLOC,
	/** Takes a block back. */
	PROBE_FREE,
};

/** "No such argument." */
#define ARG_NONE 0xff

struct probe {
	const char *symbol;
	/** enum probe_kind. */
	uint8_t kind;
	/** Index of the size argument; with ARG_NONE the size is unknown and 0. */
	uint8_t size_arg;
	/** Index of a factor of the size (calloc, reallocarray), or ARG_NONE. */
	uint8_t factor_arg;
	/** Index of the block (free, realloc) or of the place for it (posix_memalign), or
	 *  ARG_NONE. */
	uint8_t ptr_arg;
	/** Only planted in an object that also defines malloc: elsewhere it calls malloc and would
	 *  cost stops for nothing. */
	uint8_t needs_malloc;
	/** enum heap_domain. */
	uint8_t domain;
};

/** There are two families of functions: malloc and its like (also operator new), and layered
 *  allocators on top of it. Of nested calls, the outermost of each family counts. A block of one
 *  family may begin where a block of the other does. */
static inline bool probe_is_layered(const struct probe *probe)
{
	return probe->domain > DOMAIN_NEW_ARRAY;
}

#endif
