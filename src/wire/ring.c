// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "wire/ring.h"

#include "base/clock.h"

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void futex_wait(uint32_t *word, uint32_t seen, uint64_t ns)
{
	struct timespec ts = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &ts, NULL, 0);
}

static void futex_wake(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void ring_init(struct ring *ring, size_t data_size)
{
	memset(ring, 0, sizeof(*ring));
	ring->size = data_size;
}

static uint64_t used(const struct ring *ring)
{
	return ring->head - __atomic_load_n(&ring->tail, __ATOMIC_SEQ_CST);
}

/** The next size bytes are the consumer's; it is woken when they fill the ring beyond the mark. */
static void publish(struct ring *ring, uint64_t size)
{
	uint64_t mark = ring->size / 4, before = used(ring);

	__atomic_store_n(&ring->head, ring->head + size, __ATOMIC_RELEASE);
	if (before < mark && before + size >= mark)
		ring_wake_consumer(ring);
}

void *ring_reserve(struct ring *ring, uint32_t size)
{
	uint64_t offset = ring->head & (ring->size - 1);
	uint64_t to_end = ring->size - offset;
	struct ring_record *record = (void *)(ring->data + offset);

	if (to_end < size) {
		// Records are contiguous: fill the end with a record that the consumer skips.
		if (ring->size - used(ring) < to_end + size)
			return NULL;
		*record = (struct ring_record){.size = to_end, .kind = RING_PAD};
		publish(ring, to_end);
		record = (void *)ring->data;
	} else if (ring->size - used(ring) < size) {
		return NULL;
	}
	record->size = size;
	return record;
}

void ring_commit(struct ring *ring, void *record)
{
	publish(ring, ((const struct ring_record *)record)->size);
}

void ring_wait_room(struct ring *ring, uint64_t ns)
{
	uint32_t seen = __atomic_load_n(&ring->wake_producer, __ATOMIC_ACQUIRE);

	__atomic_store_n(&ring->is_producer_waiting, 1, __ATOMIC_SEQ_CST);
	ring_wake_consumer(ring);
	if (used(ring) > ring->size / 2)
		futex_wait(&ring->wake_producer, seen, ns);
	__atomic_store_n(&ring->is_producer_waiting, 0, __ATOMIC_SEQ_CST);
}

void ring_wake_consumer(struct ring *ring)
{
	futex_wake(&ring->wake_consumer);
}

const struct ring_record *ring_peek(struct ring *ring, uint64_t limit)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	const struct ring_record *record;

	for (;;) {
		if (ring->tail >= head || ring->tail >= limit)
			return NULL;
		record = (const void *)(ring->data + (ring->tail & (ring->size - 1)));
		if (record->kind != RING_PAD)
			return record;
		ring_consume(ring, record);
	}
}

void ring_consume(struct ring *ring, const struct ring_record *record)
{
	uint64_t left;

	// Either we see that the producer waits, or it sees the room before it sleeps: both orders
	// are SEQ_CST.
	__atomic_store_n(&ring->tail, ring->tail + record->size, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&ring->is_producer_waiting, __ATOMIC_SEQ_CST))
		return;
	left = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) - ring->tail;
	if (left > ring->size / 2)
		return;
	// Once, not with every record until the producer gets a CPU.
	__atomic_store_n(&ring->is_producer_waiting, 0, __ATOMIC_SEQ_CST);
	futex_wake(&ring->wake_producer);
}

uint64_t ring_head(const struct ring *ring)
{
	return __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
}

void ring_wait_events(struct ring *ring, uint32_t seen, uint64_t ns)
{
	futex_wait(&ring->wake_consumer, seen, ns);
}

uint32_t ring_wake_count(const struct ring *ring)
{
	return __atomic_load_n(&ring->wake_consumer, __ATOMIC_ACQUIRE);
}
