// SPDX-License-Identifier: GPL-3.0-or-later
/** A set of live blocks for many threads, of fixed size and without locks: for an owner inside of
 *  the traced process that samples, so that few blocks are in it. A key is at one place, where all
 *  that share the place fit into a cache line. Where they do not, the place is **uncertain** from
 *  then on: any key may be in it. Who asks is told so, and leaves it to the reader of the records.
 *  Plain data, no C library. */
#ifndef CAPTURE_LIVE_H
#define CAPTURE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

/** Keys of a place; places, a power of two. */
#define CAPTURE_LIVE_KEYS   7u
#define CAPTURE_LIVE_PLACES (1u << 15)

/** All zero is its beginning. */
struct capture_live {
	struct capture_live_place {
		/** 0: none. */
		_Alignas(64) uint64_t keys[CAPTURE_LIVE_KEYS];
		uint64_t is_uncertain;
	} places[CAPTURE_LIVE_PLACES];
};

/** key, not 0: of a block (capture_key()). True as well when that is not certain. O(1). */
bool capture_live_has(const struct capture_live *live, uint64_t key);
/** Remove it. True as well when it is not certain whether it was there. Of several threads that
 *  take a key that is there once, one is told true. O(1). */
bool capture_live_take(struct capture_live *live, uint64_t key);
/** O(1). */
void capture_live_add(struct capture_live *live, uint64_t key);
/** Nobody else may use it meanwhile. O(places). */
void capture_live_clear(struct capture_live *live);

#endif
