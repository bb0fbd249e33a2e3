// SPDX-License-Identifier: GPL-3.0-or-later
/** Sleeping and waking for the two sides of the ring. Only for wire/. */
#ifndef WIRE_RING_WAIT_H
#define WIRE_RING_WAIT_H

#include "wire/ring.h"

/** Sleep while *word is seen, at most ns, until somebody wakes. */
void ring_sleep(uint32_t *word, uint32_t seen, uint64_t ns);
/** Wake all producers that wait for room. */
void ring_wake_producers(struct ring *ring);

#endif
