// SPDX-License-Identifier: GPL-3.0-or-later
/** What a call of an allocator function does, which arguments matter, and how its allocator tells
 *  the sizes of blocks. Needs no C library. */
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
	/** Takes back all blocks of a pool, and of the pools that are blocks of it. */
	PROBE_DESTROY,
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
	/** Index of the block (free, realloc), of the place for it (posix_memalign), of the handle
	 *  of the pool (destroy), or ARG_NONE. */
	uint8_t ptr_arg;
	/** Only planted in an object that also defines malloc: elsewhere it calls malloc and would
	 *  cost stops for nothing. */
	uint8_t needs_malloc;
	/** enum heap_domain. */
	uint8_t domain;
	/** Of what allocates: 1 + index of the handle of the pool, 0: there is none. Only for
	 *  functions of the user's own. */
	uint8_t pool;
};

/** There are two families of functions: malloc and its like (also operator new), and layered
 *  allocators on top of it. Of nested calls, the outermost of each family counts. A block of one
 *  family may begin where a block of the other does. */
static inline bool probe_is_layered(const struct probe *probe)
{
	return probe->domain > DOMAIN_NEW_ARRAY;
}

/** How to find out the usable size of a block at the entry of the function that frees it. */
enum usable_kind {
	USABLE_NONE,
	/** From the header of the chunk (glibc, malloc.c: struct malloc_chunk). */
	USABLE_GLIBC,
	/** From group and meta (musl's mallocng, meta.h). It is the requested size itself. */
	USABLE_MUSL,
	/** By calling a function of the allocator. */
	USABLE_CALL,
};

/** How to find out the sizes of an allocator's blocks. */
struct usable_source {
	/** enum usable_kind. */
	uint32_t kind;
	uint32_t reserved;
	/** Except with USABLE_GLIBC: the functions that tell of a block, and of a request. 0: there
	 *  is none. */
	uint64_t block_function;
	uint64_t request_function;
};

#endif
