// SPDX-License-Identifier: GPL-3.0-or-later
// How both sides of the ring sleep and wake each other. The futexes are in shared memory: they work
// between processes.
#include "config.h"

#include "wire/ring_wait.h"

#include "base/clock.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void ring_sleep(uint32_t *word, uint32_t seen, uint64_t ns)
{
	struct timespec ts = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &ts, NULL, 0);
}

static void wake(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void ring_wake_consumer(struct ring *ring)
{
	wake(&ring->wake_consumer);
}

void ring_wake_producers(struct ring *ring)
{
	wake(&ring->wake_producers);
}

static bool is_half_free(const struct ring_view *view)
{
	const struct ring *ring = view->ring;

	return __atomic_load_n(&ring->head, __ATOMIC_SEQ_CST) -
			       __atomic_load_n(&ring->tail, __ATOMIC_SEQ_CST) <=
		       view->num_slots / 2 &&
	       __atomic_load_n(&ring->buffer_head, __ATOMIC_SEQ_CST) -
			       __atomic_load_n(&ring->buffer_tail, __ATOMIC_SEQ_CST) <=
		       view->buffer_size / 2;
}

void ring_wait_room(const struct ring_view *view, uint64_t ns)
{
	struct ring *ring = view->ring;
	uint32_t seen = __atomic_load_n(&ring->wake_producers, __ATOMIC_ACQUIRE);

	// It stays set when the time is over: others may wait, too. The consumer takes it back.
	__atomic_store_n(&ring->is_producer_waiting, 1, __ATOMIC_SEQ_CST);
	ring_wake_consumer(ring);
	if (!is_half_free(view))
		ring_sleep(&ring->wake_producers, seen, ns);
}
