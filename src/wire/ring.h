// SPDX-License-Identifier: GPL-3.0-or-later
/** Events from several producers to one consumer, through shared memory. This header is the memory
 *  and the producers' side, wire/ring_take.h the consumer's.
 *
 *  A record of at most RING_INLINE bytes lies in a slot. A larger one lies in the buffer, and its
 *  slot says where.
 *
 *  A producer checks for room, adds 1 to `head`, and so gets a position. It fills the slot of that
 *  position, and commits it by its sequence number, which is the position + 1. Positions are in the
 *  order of the additions, and records are read in that order. Since the sequence number is written
 *  last, nobody reads half a record. An addition cannot be undone. So a producer adds only where
 *  there is a slot left for every other producer, too: each of them may have made its check
 *  already.
 *
 *  A producer may die between its addition and its commit. How does the consumer know? Time alone
 *  proves nothing, as a live producer may be stopped for hours. Each producer has a place, whose
 *  count is odd while it is in ring_put(). The consumer sees an uncommitted slot before `head`. It
 *  notes which producers are inside (odd counts), after it has read `head`. The one that made the
 *  addition was inside before the addition, so it is among them, or has come out already. Once each
 *  of them has come out, or was buried, nobody is left who could commit that slot: if it is not
 *  committed now, its producer is dead, and the slot is skipped. To bury a producer takes somebody
 *  who knows that it has executed its last instruction: who waited for it, or saw the end of its
 *  socket. That is ring_bury(). A hostile process can leave a count odd for ever. So after two
 *  seconds of looks, in which others go on, the slot counts as broken, which is told to the user,
 *  and nobody waits again for that producer until its count changes. If it was only stopped, and
 *  commits so late, it may spoil one record.
 *
 *  The same proof gives room in the buffer back, in whole pieces: what was taken up to some moment
 *  is free when each producer that was inside then has come out, and the slots up to that second
 *  moment are consumed. So a dead producer leaks nothing.
 *
 *  The consumer is not woken for each event: it sleeps with a time limit, and is woken when the
 *  slots or the buffer fill beyond a quarter, or on request. Nothing is dropped: without room, the
 *  producer waits.
 *
 *  Everything in the memory may be spoilt by a hostile process that has it mapped. So sizes are not
 *  in it, but in struct ring_view, and positions are cut to them wherever they are used. */
#ifndef WIRE_RING_H
#define WIRE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Producers at a time. */
#define RING_PRODUCERS 512u
/** The place that the tracer has from the beginning. */
#define RING_TRACER 0u
/** Bytes of a record that fit into a slot. */
#define RING_INLINE 56u

/** Every record begins so. */
struct ring_record {
	/** Bytes of the record, header included, multiple of 8. */
	uint32_t size;
	/** What the record is. */
	uint16_t kind;
	uint16_t flags;
};

struct ring_slot {
	/** Position + 1 once it is committed. */
	uint64_t seq;
	/** The record, or its header and its position in the buffer. */
	uint64_t words[RING_INLINE / 8];
};

/** The place of a producer. */
struct ring_producer {
	/** Odd while it is in ring_put(). It counts on for ever, whoever has the place. */
	_Alignas(64) uint64_t count;
	uint32_t is_taken;
};

/** In shared memory, at the begin of a page, zero-filled at first. Positions count slots, in the
 *  buffer bytes, since creation. */
struct ring {
	/** Written by producers, by addition. */
	_Alignas(64) uint64_t head;
	/** Written by producers, by compare-and-swap. */
	_Alignas(64) uint64_t buffer_head;
	/** Written by the consumer: everything before is free. */
	_Alignas(64) uint64_t tail;
	uint64_t buffer_tail;
	/** Futex: counts wake-ups of the consumer. */
	_Alignas(64) uint32_t wake_consumer;
	/** Futex: counts wake-ups of producers. */
	_Alignas(64) uint32_t wake_producers;
	/** A producer sleeps for room, or did lately. */
	uint32_t is_producer_waiting;
	/** Places that were ever taken: producers[] is used up to here. Only grows. */
	uint32_t num_producers;
	struct ring_producer producers[RING_PRODUCERS];
	/** Behind them is the buffer. They begin a page, and may be given back as pages. */
	_Alignas(4096) struct ring_slot slots[];
};

/** A ring as one process sees it. */
struct ring_view {
	struct ring *ring;
	/** Powers of two. A record is at most half as large as the buffer. */
	uint64_t num_slots;
	uint64_t buffer_size;
};

/** Bytes of shared memory. */
#define RING_SHM_SIZE(num_slots, buffer_size) \
	(sizeof(struct ring) + (num_slots) * sizeof(struct ring_slot) + (buffer_size))

/** Make an empty ring, which the tracer may produce into. The slots must be zero-filled. */
void ring_init(struct ring *ring);

/** Take a place for a new producer. -1: all are taken. Lock-free. */
int ring_join(struct ring *ring);
/** The producer at that place executes no instruction in ring_put() any more: it has ended, or
 *  leaves. The place may be taken again. What it has begun to put without committing is skipped. */
void ring_bury(struct ring *ring, uint32_t producer);

enum ring_put_result {
	RING_PUT_DONE,
	/** Done, and the ring has filled beyond the mark: ring_wake_consumer(). */
	RING_PUT_WAKE,
	/** No room now, nothing was done: ring_wait_room(), or do without. */
	RING_PUT_FULL,
};

/** Put a record: `record`, of which `tail_size` bytes stand at `tail` and the rest at `record`.
 *  producer is a place of the caller's own. It must not be entered again, by a signal handler say,
 *  before it returns. No system call, no wait, no libc but memcpy: an agent in the target can call
 *  it. */
enum ring_put_result ring_put(const struct ring_view *view, uint32_t producer,
			      const struct ring_record *record, const void *tail,
			      uint32_t tail_size);

/** Sleep until half of the ring is free, at most ns. */
void ring_wait_room(const struct ring_view *view, uint64_t ns);
/** Wake the consumer now. For anybody. */
void ring_wake_consumer(struct ring *ring);

/** Position behind the newest record, committed or not. */
static inline uint64_t ring_head(const struct ring *ring)
{
	return __atomic_load_n(&ring->head, __ATOMIC_SEQ_CST);
}

/** Where in the buffer a position is. */
static inline uint8_t *ring_buffer_at(const struct ring_view *view, uint64_t position)
{
	return (uint8_t *)&view->ring->slots[view->num_slots] +
	       (position & (view->buffer_size - 1));
}

/** Bytes from there to the end of the buffer; what does not fit goes on at its begin. */
static inline uint64_t ring_buffer_left(const struct ring_view *view, uint64_t position)
{
	return view->buffer_size - (position & (view->buffer_size - 1));
}

#endif
