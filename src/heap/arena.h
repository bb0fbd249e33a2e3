// SPDX-License-Identifier: GPL-3.0-or-later
/** Bump allocator: many small pieces that live and die together. Pieces never move and are aligned
 *  to 8 bytes. */
#ifndef HEAP_ARENA_H
#define HEAP_ARENA_H

#include <stddef.h>

struct arena_chunk;

/** Zero-filled is an empty arena. */
struct arena {
	/** All chunks. The first one is being filled. */
	struct arena_chunk *chunks;
	/** How many bytes of the first chunk are used, and how many it has. */
	size_t used;
	size_t cap;
	/** Bytes held from malloc, headers included. */
	size_t memory;
};

/** Get size uninitialised bytes, which live until arena_deinit(). NULL: out of memory, arena
 *  unchanged. O(1). */
void *arena_alloc(struct arena *arena, size_t size);

/** Free all pieces; the arena is empty and usable again. */
void arena_deinit(struct arena *arena);

#endif
