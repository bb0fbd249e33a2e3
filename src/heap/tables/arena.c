// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define CHUNK_MIN ((size_t)16 << 10)
#define CHUNK_MAX ((size_t)1 << 20)
/** What malloc adds to a piece of its own. */
#define MALLOC_OVERHEAD 16

struct arena_chunk {
	struct arena_chunk *next;
	char data[];
};

static struct arena_chunk *new_chunk(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + size);

	if (chunk)
		arena->memory += sizeof(*chunk) + size + MALLOC_OVERHEAD;
	return chunk;
}

// Chunks grow with the arena. So neither a small arena nor the end of a large one wastes much.
static size_t next_chunk_size(const struct arena *arena)
{
	size_t size = arena->memory / 16 & ~(size_t)7;

	return size < CHUNK_MIN ? CHUNK_MIN : size > CHUNK_MAX ? CHUNK_MAX : size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk;
	void *piece;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + 7) & ~(size_t)7;
	if (size > arena->cap - arena->used) {
		size_t chunk_size = next_chunk_size(arena);
		bool is_large = size > chunk_size / 8;

		chunk = new_chunk(arena, is_large ? size : chunk_size);
		if (!chunk)
			return NULL;
		if (is_large && arena->chunks) {
			// The piece gets a chunk of its own, behind the one that is being filled.
			chunk->next = arena->chunks->next;
			arena->chunks->next = chunk;
			return chunk->data;
		}
		chunk->next = arena->chunks;
		arena->chunks = chunk;
		arena->used = 0;
		arena->cap = is_large ? size : chunk_size;
	}
	piece = arena->chunks->data + arena->used;
	arena->used += size;
	return piece;
}

void arena_deinit(struct arena *arena)
{
	struct arena_chunk *chunk, *next;

	for (chunk = arena->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*arena = (struct arena){0};
}
