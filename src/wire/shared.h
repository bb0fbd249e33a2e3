// SPDX-License-Identifier: GPL-3.0-or-later
/** The memory that tracer and supervisor share: ring, row table, statistics, and the lists of
 *  planted traps and jumps. By these the supervisor restores the target when the tracer dies
 *  first. */
#ifndef WIRE_SHARED_H
#define WIRE_SHARED_H

#include "base/err.h"
#include "wire/cfi_rows.h"
#include "wire/patched.h"
#include "wire/planted.h"
#include "wire/ring.h"

#include <stdint.h>

/** Slots of the ring and bytes of its buffer, rows in the table, breakpoints in all. Pages that are
 *  never touched cost nothing. */
#define SHARED_NUM_SLOTS   (1u << 17)
#define SHARED_BUFFER_SIZE (2u << 20)
#define SHARED_NUM_ROWS    CFI_ROWS_MAX_CAP
#define SHARED_MAX_PLANTED (1u << 16)
/** Functions that were patched. */
#define SHARED_MAX_PATCHED 512
/** How many allocator functions have a counter of their entries. */
#define SHARED_MAX_HITS 1024

/** Written by the tracer, read by anybody. */
struct shared_stats {
	uint64_t num_stops;
	uint64_t num_abandoned;
	uint32_t num_threads;
	/** Walks that ended early; those of them with only one frame. */
	uint64_t num_truncated;
	uint64_t num_failed;
	/** Return breakpoints that could not be planted. Their allocations are lost. */
	uint64_t num_lost;
	/** How long the target stood still because a ring had no room. Added to atomically. */
	uint64_t wait_ns;
	/** Entries of each allocator function, by the slot that COMMAND_PLANT names. */
	uint64_t hits[SHARED_MAX_HITS];
};

/** The beginning of a mapping of SHARED_SIZE bytes. Row table and ring follow at fixed distances.
 *  Nothing in it is an address, so each process may map it anywhere. */
struct shared {
	struct shared_stats stats;
	/** How many entries of planted[] are used. It only grows, until an exec empties the list.
	 *  Read it with shared_num_planted(). */
	uint32_t num_planted;
	/** How often the supervisor has taken all that was in the ring of the agent's memory;
	 *  atomic. For the tracer: that ring may look full because the target says so. */
	uint64_t num_agent_rounds;
	/** Process id the list belongs to. */
	int32_t pid;
	struct planted planted[SHARED_MAX_PLANTED];
	/** The same of patched[]: shared_num_patched(). */
	uint32_t num_patched;
	struct patched patched[SHARED_MAX_PATCHED];
};

/** Each part begins at a page, so that its pages can be given back without those of its
 *  neighbours. */
#define SHARED_PAGES(size) (((size) + 4095) & ~(size_t)4095)
#define SHARED_ROWS_OFFSET SHARED_PAGES(sizeof(struct shared))
#define SHARED_RING_OFFSET (SHARED_ROWS_OFFSET + SHARED_PAGES(CFI_ROWS_SHM_SIZE(SHARED_NUM_ROWS)))

/** Bytes of a whole mapping. */
#define SHARED_SIZE (SHARED_RING_OFFSET + RING_SHM_SIZE(SHARED_NUM_SLOTS, SHARED_BUFFER_SIZE))

/** The row table of a mapping, and its ring. */
static inline struct cfi_rows *shared_rows(struct shared *shared)
{
	return (struct cfi_rows *)((char *)shared + SHARED_ROWS_OFFSET);
}

static inline struct ring *shared_ring(struct shared *shared)
{
	return (struct ring *)((char *)shared + SHARED_RING_OFFSET);
}

/** The ring of a mapping, as ring_put() and a reader want it. */
static inline struct ring_view shared_view(struct shared *shared)
{
	return (struct ring_view){shared_ring(shared), SHARED_NUM_SLOTS, SHARED_BUFFER_SIZE};
}

/** How many entries of planted[] may be looked at, whatever num_planted says. */
static inline uint32_t shared_num_planted(const struct shared *shared)
{
	uint32_t num = __atomic_load_n(&shared->num_planted, __ATOMIC_ACQUIRE);

	return num < SHARED_MAX_PLANTED ? num : SHARED_MAX_PLANTED;
}

/** The same for patched[]. */
static inline uint32_t shared_num_patched(const struct shared *shared)
{
	uint32_t num = __atomic_load_n(&shared->num_patched, __ATOMIC_ACQUIRE);

	return num < SHARED_MAX_PATCHED ? num : SHARED_MAX_PATCHED;
}

/** Map new shared memory. Children that are forked later share it. It is a file without a name
 *  (memfd) of fixed size. *fd_ret, owned by the caller, opens it to another process (shared_map()).
 *  fd_ret NULL: nobody else will map it, and no descriptor stays open. Where such a file is not
 *  possible (RLIMIT_FSIZE, a filter), *fd_ret is -1, and only forked children share the memory. */
struct err *shared_create(struct shared **ret, int *fd_ret) __must_check;
/** Map the memory that is open as fd, which stays the caller's. ERR_OTHER: it has another size, or
 *  somebody could make it smaller, so that reading it would be a SIGBUS. */
struct err *shared_map(int fd, struct shared **ret) __must_check;
/** Map it for later: no page is touched, no memory is promised, and no descriptor is held. NULL:
 *  impossible. */
struct shared *shared_reserve(void);
/** Make reserved memory usable. Called once, by one of the processes that have it. */
void shared_init(struct shared *shared);
/** Both sides are done with ring and rows: give their pages back. Statistics and planted traps
 *  stay, and the ring is empty. */
void shared_trim(struct shared *shared);
/** Make trimmed memory as good as new, for another process. */
void shared_renew(struct shared *shared);
/** Unmap it. NULL: nothing. */
void shared_destroy(struct shared *shared);

#endif
