// SPDX-License-Identifier: GPL-3.0-or-later
/** Allocator functions as data: what a probe on one means. One const table serves the search for
 *  symbols, the interpretation of arguments in the tracer, and the names in reports. */
#ifndef WIRE_PROBE_H
#define WIRE_PROBE_H

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
	/** heap domain. */
	uint8_t domain;
};

extern const struct probe probes[];
extern const unsigned num_probes;

/** "alloc", "realloc", "free" ... */
const char *probe_kind_name(enum probe_kind kind);

#endif
