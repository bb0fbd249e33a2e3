// SPDX-License-Identifier: GPL-3.0-or-later
/** The memory that tracer and supervisor share: ring, row table, statistics, and the list of
 *  planted bytes, which lets the supervisor restore the target when the tracer dies first. */
#ifndef WIRE_SHARED_H
#define WIRE_SHARED_H

#include "base/err.h"
#include "wire/cfi_rows.h"
#include "wire/ring.h"

#include <stdint.h>

/** Bytes of ring, rows in the table, breakpoints in all. Pages that are never touched cost
 *  nothing. */
#define SHARED_RING_SIZE   (8u << 20)
#define SHARED_NUM_ROWS    (1u << 17)
#define SHARED_MAX_PLANTED (1u << 16)
/** Allocator functions whose entries are counted one by one. */
#define SHARED_MAX_HITS 1024

/** A byte of the target's code that was replaced. */
struct planted {
	uint64_t addr;
	uint8_t original;
	/** The trap is in place (set before it is written, cleared after it is restored). */
	uint8_t is_planted;
};

/** Written by the tracer, read by anybody. */
struct shared_stats {
	uint64_t num_stops;
	uint64_t num_abandoned;
	uint32_t num_threads;
	/** Unwinds that ended early; those with one frame only. */
	uint64_t num_truncated;
	uint64_t num_failed;
	/** Return sites that could not be planted: their allocations are lost. */
	uint64_t num_lost;
	/** Entries of each allocator function, by the slot that COMMAND_PLANT names. */
	uint64_t hits[SHARED_MAX_HITS];
};

struct shared {
	struct shared_stats stats;
	/** Entries of planted[] in use; only grows until an exec empties it. */
	uint32_t num_planted;
	/** Process id the list belongs to. */
	int32_t pid;
	struct planted planted[SHARED_MAX_PLANTED];
	/** Inside the same mapping. */
	struct cfi_rows *rows;
	struct ring *ring;
};

/** Map it, shared with children forked later. */
struct err *shared_create(struct shared **ret) __must_check;
/** Only map it, for later: no page of it is touched and no memory is promised. NULL: not to be had. */
struct shared *shared_reserve(void);
/** Make what was reserved usable, once, by one of the processes that have it. */
void shared_init(struct shared *shared);
/** Both sides are done with ring and rows: give their pages back. Statistics and planted bytes stay,
 *  the ring is empty. */
void shared_trim(struct shared *shared);
/** What was trimmed as it was when it was new, for another process. */
void shared_renew(struct shared *shared);
void shared_destroy(struct shared *shared);

#endif
