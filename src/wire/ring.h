// SPDX-License-Identifier: GPL-3.0-or-later
/** Events from one producer to one consumer through shared memory, in order. Records are 8-byte
 *  aligned and contiguous. The consumer is not woken per event: it sleeps with a time limit and is
 *  woken when the ring fills beyond a mark or the producer asks for it. When there is no room the
 *  producer waits; nothing is dropped. */
#ifndef WIRE_RING_H
#define WIRE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Lives in shared memory. Positions are bytes since creation; the place is position % size. */
struct ring {
	/** Written by the producer: everything before it is readable. */
	_Alignas(64) uint64_t head;
	/** Written by the consumer: everything before it is consumed. */
	_Alignas(64) uint64_t tail;
	/** Futex: counts wake-ups of the consumer. */
	_Alignas(64) uint32_t wake_consumer;
	/** Futex: counts wake-ups of the producer. */
	_Alignas(64) uint32_t wake_producer;
	/** The producer sleeps for room. */
	uint32_t is_producer_waiting;
	/** Bytes of data, a power of two. */
	uint64_t size;
	_Alignas(64) uint8_t data[];
};

/** Every record begins so. */
struct ring_record {
	/** Bytes of the record, header included, multiple of 8. */
	uint32_t size;
	/** What the record is; RING_PAD is skipped by the ring itself. */
	uint16_t kind;
	uint16_t flags;
};

#define RING_PAD 0xffff

/** Bytes of shared memory for a ring of data_size bytes (power of two). */
#define RING_SHM_SIZE(data_size) (sizeof(struct ring) + (data_size))
void ring_init(struct ring *ring, size_t data_size);

/** Room for a record of size bytes (multiple of 8, at most a quarter of the ring) or NULL when it
 *  does not fit now. The record is written in place, its header's size already set, and becomes
 *  visible by ring_commit(). Producer. */
void *ring_reserve(struct ring *ring, uint32_t size);
void ring_commit(struct ring *ring, void *record);

/** Sleep until there may be room, at most ns. Producer. */
void ring_wait_room(struct ring *ring, uint64_t ns);
/** Wake the consumer now. Producer (or anybody). */
void ring_wake_consumer(struct ring *ring);

/** The oldest record, or NULL when there is none before position limit. It stays valid until
 *  ring_consume(). Consumer. */
const struct ring_record *ring_peek(struct ring *ring, uint64_t limit);
void ring_consume(struct ring *ring, const struct ring_record *record);
/** Position behind the newest record. */
uint64_t ring_head(const struct ring *ring);
/** Sleep until woken, at most ns; returns at once when wake_consumer is no longer seen.
 *  Consumer. */
void ring_wait_events(struct ring *ring, uint32_t seen, uint64_t ns);
uint32_t ring_wake_count(const struct ring *ring);

#endif
