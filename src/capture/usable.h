// SPDX-License-Identifier: GPL-3.0-or-later
/** What an allocator gives a block, as its own data tell it, or a formula. The way to an allocator
 *  that must be asked is the owner's. Needs no C library. */
#ifndef CAPTURE_USABLE_H
#define CAPTURE_USABLE_H

#include "capture/state.h"
#include "wire/probe_kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Sizes are below this power of two; a larger request is nonsense. */
#define USABLE_SHIFT 48
/** What mi_good_size() says of larger requests is less than they get (mimalloc 2.0.9). */
#define USABLE_REQUEST_MAX (128u << 10)

/** Memory that is read. False: unreadable. */
struct usable_memory {
	bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size);
	void *ctx;
};

/** Of glibc's block at ptr; before is the word in front of it, NULL: not read yet. Size 0: that is
 *  none. */
struct event_size usable_of_glibc(const struct usable_memory *memory, uint64_t ptr,
				  const uint64_t *before);
/** Of musl's. Size 0: that is none, or of a musl that is older than mallocng. */
struct event_size usable_of_musl(const struct usable_memory *memory, uint64_t ptr);
/** Of the allocators that tell the usable size alone: the class that it belongs to. */
struct event_size usable_of_class(uint64_t usable);

/** Does the size of a block that such a call returns tell what others of that size get? Not of one
 *  with an alignment of its own. */
bool usable_is_typical(const struct probe *probe, uint64_t size);
/** Of the block at addr that a request of that size got. Not for USABLE_CALL. */
struct event_size usable_of_request(const struct usable_memory *memory, enum usable_kind kind,
				    uint64_t size, uint64_t addr);

#endif
