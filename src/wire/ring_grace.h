// SPDX-License-Identifier: GPL-3.0-or-later
/** Which producers were inside of ring_put() at some moment, and whether all of them have come out
 *  since (wire/ring.h says what for). Only for wire/ring_take.c. */
#ifndef WIRE_RING_GRACE_H
#define WIRE_RING_GRACE_H

#include "wire/ring.h"

/** How long one reader waits for producers that do not come out. */
struct ring_patience {
	/** For the next grace that is lost. */
	uint64_t left_ns;
	/** By place: the count of a producer for which no grace waits any more. 0: none. */
	uint64_t given_up[RING_PRODUCERS];
};

/** Zero-filled has not begun. */
struct ring_grace {
	bool is_begun;
	/** Producers that were inside, with their counts; those before next are out. */
	uint32_t num;
	uint32_t next;
	uint32_t producers[RING_PRODUCERS];
	uint64_t counts[RING_PRODUCERS];
	/** The last look that found it not over, with the head at that time; and how much time
	 *  counts. */
	uint64_t look_ns;
	uint64_t look_head;
	uint64_t waited_ns;
};

void ring_patience_init(struct ring_patience *patience);

/** Note who is inside now. */
void ring_grace_begin(const struct ring *ring, const struct ring_patience *patience,
		      struct ring_grace *grace);
/** Has everybody come out who was inside, or was given up? */
bool ring_grace_is_over(const struct ring *ring, const struct ring_patience *patience,
			struct ring_grace *grace);
/** A look has found it not over. Returns whether this has been so for two seconds. Then nobody
 *  waits for those producers again before their counts change, and next time the patience is half
 *  as long: a hostile process could begin anew again and again.
 *
 *  Time counts only while others put records or wait for room, and no more than 10 ms between two
 *  looks: the target, or we ourselves, may be stopped for hours. */
bool ring_grace_is_lost(const struct ring *ring, struct ring_patience *patience,
			struct ring_grace *grace);

#endif
