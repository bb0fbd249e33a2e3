// SPDX-License-Identifier: GPL-3.0-or-later
/** The memory that the agent in a traced process shares with tracer and supervisor: a row table,
 *  where more rows can be compiled from, the ring of its events, and what it keeps for itself. This
 *  header is its layout, and compiles without a C library; wire/agent_map.h makes and maps it.
 *
 *  There are two rings then. The ring of struct shared, which no target can write, stays: it brings
 *  what is about threads and the process as a whole. This one brings what happens to blocks, from
 *  the agent and from the tracer (event_is_heap()). EVENT_POSITION in the former says how far the
 *  latter was.
 *
 *  The target can write all of this. So nobody outside of it believes anything that stands here:
 *  positions are cut to the constants below, records are copied and checked, rows are checked. Its
 *  size is fixed. */
#ifndef WIRE_AGENT_MEMORY_H
#define WIRE_AGENT_MEMORY_H

#include "wire/cfi_rows.h"
#include "wire/eh_areas.h"
#include "wire/ring.h"

#include <stddef.h>
#include <stdint.h>

/** Slots of the ring and bytes of its buffer, rows in the table: as in struct shared. */
#define AGENT_MEMORY_NUM_SLOTS   (1u << 17)
#define AGENT_MEMORY_BUFFER_SIZE (2u << 20)
#define AGENT_MEMORY_NUM_ROWS    CFI_ROWS_MAX_CAP
/** The agent's own part: a layer above knows what is in it. */
#define AGENT_MEMORY_AGENT_SIZE ((size_t)134 << 20)

/** The beginning of a mapping of AGENT_MEMORY_SIZE bytes; the other parts follow at fixed
 *  distances. Nothing in it is an address, so each process may map it anywhere. */
struct agent_memory {
	/** A robust futex of the tracer: the id of its thread, until the kernel sets
	 *  FUTEX_OWNER_DIED. */
	uint32_t life;
	uint32_t reserved;
};

/** Each part begins at a page. */
#define AGENT_MEMORY_PAGES(size) (((size) + 4095) & ~(size_t)4095)
#define AGENT_MEMORY_ROWS_OFFSET AGENT_MEMORY_PAGES(sizeof(struct agent_memory))
#define AGENT_MEMORY_AREAS_OFFSET \
	(AGENT_MEMORY_ROWS_OFFSET + AGENT_MEMORY_PAGES(CFI_ROWS_SHM_SIZE(AGENT_MEMORY_NUM_ROWS)))
#define AGENT_MEMORY_RING_OFFSET \
	(AGENT_MEMORY_AREAS_OFFSET + AGENT_MEMORY_PAGES(sizeof(struct eh_areas)))
#define AGENT_MEMORY_AGENT_OFFSET   \
	(AGENT_MEMORY_RING_OFFSET + \
	 AGENT_MEMORY_PAGES(RING_SHM_SIZE(AGENT_MEMORY_NUM_SLOTS, AGENT_MEMORY_BUFFER_SIZE)))
/** Bytes of a whole mapping. */
#define AGENT_MEMORY_SIZE (AGENT_MEMORY_AGENT_OFFSET + AGENT_MEMORY_AGENT_SIZE)

/** The parts of a mapping. */
static inline struct cfi_rows *agent_memory_rows(struct agent_memory *memory)
{
	return (struct cfi_rows *)((char *)memory + AGENT_MEMORY_ROWS_OFFSET);
}

static inline struct eh_areas *agent_memory_areas(struct agent_memory *memory)
{
	return (struct eh_areas *)((char *)memory + AGENT_MEMORY_AREAS_OFFSET);
}

static inline struct ring *agent_memory_ring(struct agent_memory *memory)
{
	return (struct ring *)((char *)memory + AGENT_MEMORY_RING_OFFSET);
}

static inline void *agent_memory_agent(struct agent_memory *memory)
{
	return (char *)memory + AGENT_MEMORY_AGENT_OFFSET;
}

/** The ring, as ring_put() and a reader want it. */
static inline struct ring_view agent_memory_view(struct agent_memory *memory)
{
	return (struct ring_view){agent_memory_ring(memory), AGENT_MEMORY_NUM_SLOTS,
				  AGENT_MEMORY_BUFFER_SIZE};
}

#endif
