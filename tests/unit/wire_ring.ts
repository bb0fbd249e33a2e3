// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire/ring.h"

#include "base/clock.h"
#include "test_util.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL 1024u

/** A record that can be checked: its number, then words that follow from it. */
struct record {
	struct ring_record header;
	uint64_t number;
	uint64_t words[];
};

static struct ring *ring;

static void create(size_t data_size)
{
	ring = mmap(NULL, ring_shm_size(data_size), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(ring, MAP_FAILED);
	// Whatever stood there before.
	memset(ring, 0xa5, ring_shm_size(data_size));
	ring_init(ring, data_size);
}

static void create_small(void)
{
	create(SMALL);
}

static void destroy(void)
{
	munmap(ring, ring_shm_size(ring->size));
}

static bool put(uint32_t size, uint64_t number)
{
	struct record *r = ring_reserve(ring, size);
	size_t i;

	if (!r)
		return false;
	ck_assert_uint_eq(r->header.size, size);
	ck_assert_uint_eq((uintptr_t)r % 8, 0);
	r->header.kind = (uint16_t)(number % 1000);
	r->header.flags = (uint16_t)(number % 7);
	r->number = number;
	for (i = 0; i < (size - sizeof(*r)) / 8; i++)
		r->words[i] = number * 31 + i;
	ring_commit(ring, r);
	return true;
}

/** NULL, or what is wrong with it. Asserting costs a system call, too much for millions. */
static const char *problem_of(const struct record *r, uint32_t size, uint64_t number)
{
	size_t i;

	if (r->header.size != size)
		return "size";
	if (r->header.kind != number % 1000 || r->header.flags != number % 7)
		return "kind or flags";
	if (r->number != number)
		return "order";
	for (i = 0; i < (size - sizeof(*r)) / 8; i++)
		if (r->words[i] != number * 31 + i)
			return "content";
	return NULL;
}

static void take(uint32_t size, uint64_t number)
{
	const struct ring_record *r = ring_peek(ring, UINT64_MAX);
	const char *problem;

	ck_assert_ptr_nonnull(r);
	problem = problem_of((const struct record *)r, size, number);
	ck_assert_msg(!problem, "record %lu: %s", number, problem);
	ring_consume(ring, r);
}

/** Sizes of a stream, the same for both ends: mostly small ones, now and then a quarter of the
 *  ring. */
static uint32_t next_size(uint64_t *state)
{
	uint64_t x = test_random(state);
	uint32_t max = (uint32_t)ring->size / 4, min = sizeof(struct record);

	if (x % 97 == 0)
		return max - (x >> 32) % 3 * 8;
	return min + (x >> 32) % (x % 11 == 0 ? max / 8 : 12) * 8 % (max - min);
}

#define SEED 0x51eed
/** Longer than any test may take: whoever misses a wake-up fails by its time. */
#define LONG_NS (100 * NS_PER_S)

static uint64_t num_records;

static void *produce(void *ctx)
{
	uint64_t state = SEED, i;
	uint32_t size;

	(void)ctx;
	for (i = 0; i < num_records; i++) {
		size = next_size(&state);
		for (;;) {
			struct record *r = ring_reserve(ring, size);
			size_t k;

			if (!r) {
				ring_wait_room(ring, LONG_NS);
				continue;
			}
			r->header.kind = (uint16_t)(i % 1000);
			r->header.flags = (uint16_t)(i % 7);
			r->number = i;
			for (k = 0; k < (size - sizeof(*r)) / 8; k++)
				r->words[k] = i * 31 + k;
			ring_commit(ring, r);
			break;
		}
	}
	ring_wake_consumer(ring);
	return NULL;
}

/** Take all records, sleeping when there is none. pause_mask: now and then the consumer is slow. */
static void consume_all(uint64_t pause_mask)
{
	const struct timespec pause = {.tv_nsec = 1000};
	const char *problem = NULL;
	uint64_t state = SEED, i = 0;

	while (i < num_records && !problem) {
		uint32_t seen = ring_wake_count(ring);
		const struct ring_record *r;

		while (!problem && (r = ring_peek(ring, UINT64_MAX))) {
			problem = problem_of((const struct record *)r, next_size(&state), i);
			ring_consume(ring, r);
			if (pause_mask && (++i & pause_mask) == 0)
				nanosleep(&pause, NULL);
			else if (!pause_mask)
				i++;
		}
		if (i < num_records && !problem)
			ring_wait_events(ring, seen, LONG_NS);
	}
	ck_assert_msg(!problem, "record %lu: %s", i, problem);
	ck_assert_ptr_null(ring_peek(ring, UINT64_MAX));
	ck_assert_uint_eq(ring->head, ring->tail);
}

static void run_threads(size_t data_size, uint64_t num, uint64_t pause_mask)
{
	pthread_t thread;

	create(data_size);
	num_records = num;
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, NULL), 0);
	consume_all(pause_mask);
	pthread_join(thread, NULL);
	destroy();
}

static void *drain_later(void *ctx)
{
	const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
	const struct ring_record *r;

	(void)ctx;
	while (!__atomic_load_n(&ring->is_producer_waiting, __ATOMIC_SEQ_CST))
		usleep(100);
	nanosleep(&pause, NULL);
	while ((r = ring_peek(ring, UINT64_MAX)))
		ring_consume(ring, r);
	return NULL;
}

static void *wake_later(void *ctx)
{
	(void)ctx;
	usleep(20000);
	ring_wake_consumer(ring);
	return NULL;
}

#suite wire_ring

#tcase one_thread

#test empty
	ck_assert_ptr_null(ring_peek(ring, UINT64_MAX));
	ck_assert_uint_eq(ring_head(ring), 0);

#test not_visible_before_commit
	struct record *r = ring_reserve(ring, 32);

	ck_assert_ptr_nonnull(r);
	ck_assert_ptr_null(ring_peek(ring, UINT64_MAX));
	// Reserved again it is the same place.
	ck_assert_ptr_eq(ring_reserve(ring, 24), r);
	ck_assert(put(32, 5));
	ck_assert_uint_eq(ring_head(ring), 32);
	take(32, 5);
	ck_assert_ptr_null(ring_peek(ring, UINT64_MAX));

#test stays_until_consumed
	const struct ring_record *r;

	ck_assert(put(32, 1));
	ck_assert(put(40, 2));
	r = ring_peek(ring, UINT64_MAX);
	ck_assert_ptr_eq(ring_peek(ring, UINT64_MAX), r);
	take(32, 1);
	take(40, 2);

#test full
	uint64_t n = 0, i;

	while (put(32, n))
		n++;
	// Every byte is used.
	ck_assert_uint_eq(n, SMALL / 32);
	ck_assert(!put(16, 99));
	ck_assert_ptr_null(ring_reserve(ring, SMALL / 4));
	for (i = 0; i < n; i++)
		take(32, i);
	ck_assert(put(SMALL / 4, 3));
	take(SMALL / 4, 3);

#test full_until_there_is_room
	uint64_t n = 0, i;

	while (put(64, n))
		n++;
	for (i = 0; i < 100; i++) {
		take(64, i);
		ck_assert(!put(72, 0));
		ck_assert(put(64, n + i));
		ck_assert(!put(16, 0));
	}

#test contiguous_by_padding
	// 23 words a record: the end of the ring is reached at each of its words.
	uint64_t i, num_pads = 0;

	for (i = 0; i < 1000; i++) {
		uint64_t head = ring_head(ring);
		uint32_t size = 16 + (uint32_t)(i * 8 % 184);

		ck_assert(put(size, i));
		num_pads += ring_head(ring) - head != size;
		take(size, i);
	}
	ck_assert_uint_gt(num_pads, 50);
	ck_assert_uint_eq(ring->tail, ring->head);

#test padding_needs_room_too
	uint64_t i;

	// Head and tail at 768: 256 to the end.
	for (i = 0; i < 4; i++) {
		ck_assert(put(192, i));
		take(192, i);
	}
	ck_assert(put(200, 4));
	// 56 to the end: they are filled, and the next one goes to the begin.
	ck_assert(put(256, 5));
	ck_assert_uint_eq(ring_head(ring), 1024 + 256);
	ck_assert(put(256, 6));
	ck_assert(put(256, 7));
	ck_assert(!put(16, 8));
	take(200, 4);
	// The pad goes with the record behind it.
	ck_assert(put(192, 8));
	ck_assert(!put(16, 9));
	take(256, 5);
	take(256, 6);
	take(256, 7);
	take(192, 8);

#test limit
	uint64_t limit, i;

	for (i = 0; i < 3; i++)
		ck_assert(put(48, i));
	limit = ring_head(ring);
	ck_assert(put(48, 3));
	for (i = 0; i < 3; i++) {
		ck_assert_ptr_nonnull(ring_peek(ring, limit));
		take(48, i);
	}
	ck_assert_ptr_null(ring_peek(ring, limit));
	ck_assert_ptr_null(ring_peek(ring, 0));
	take(48, 3);

#test limit_before_a_pad
	uint64_t limit, i;

	for (i = 0; i < 5; i++) {
		ck_assert(put(200, i));
		take(200, i);
	}
	limit = ring_head(ring);
	ck_assert(put(48, 9));
	ck_assert_uint_eq(ring_head(ring), SMALL + 48);
	ck_assert_ptr_null(ring_peek(ring, limit));
	take(48, 9);

#test positions_beyond_32_bits
	// The place is position modulo size, whatever the position.
	uint64_t i, start = ((1ull << 32) - 1) * SMALL;

	ring->head = ring->tail = start;
	for (i = 0; i < 100; i++) {
		ck_assert(put(56, i));
		take(56, i);
	}
	ck_assert_uint_gt(ring_head(ring), 1ull << 32);

#tcase waking

#test woken_at_the_mark
	uint32_t seen = ring_wake_count(ring);
	unsigned i;

	for (i = 0; i < 7; i++)
		ck_assert(put(32, i));
	ck_assert_uint_eq(ring_wake_count(ring), seen);
	// A quarter.
	ck_assert(put(32, 7));
	ck_assert_uint_eq(ring_wake_count(ring), seen + 1);
	// Not again while it stays beyond.
	ck_assert(put(32, 8));
	ck_assert(put(32, 9));
	ck_assert_uint_eq(ring_wake_count(ring), seen + 1);
	for (i = 0; i < 10; i++)
		take(32, i);
	for (i = 0; i < 10; i++)
		ck_assert(put(32, i));
	ck_assert_uint_eq(ring_wake_count(ring), seen + 2);

#test woken_at_the_mark_by_a_pad
	uint32_t seen;
	uint64_t i;

	for (i = 0; i < 3; i++) {
		ck_assert(put(200, i));
		take(200, i);
	}
	// 424 to the end; 240 of them are used, then the pad alone crosses the mark.
	ck_assert(put(240, 3));
	seen = ring_wake_count(ring);
	ck_assert(put(200, 4));
	ck_assert_uint_eq(ring_wake_count(ring), seen + 1);
	take(240, 3);
	take(200, 4);

#test producer_is_woken_once
	uint32_t before = ring->wake_producer;
	uint64_t n = 0, i;

	while (put(32, n))
		n++;
	ring->is_producer_waiting = 1;
	for (i = 0; i < n; i++) {
		take(32, i);
		// As soon as half of it is free, not before.
		ck_assert_uint_eq(ring->wake_producer, before + (i + 1 >= n / 2));
	}
	ck_assert_uint_eq(ring->is_producer_waiting, 0);

#test time_limits
	uint64_t start = clock_now_ns(), n = 0;

	ring_wait_events(ring, ring_wake_count(ring), 20 * NS_PER_MS);
	ck_assert_uint_ge(clock_now_ns() - start, 20 * NS_PER_MS);
	while (put(32, n))
		n++;
	start = clock_now_ns();
	ring_wait_room(ring, 20 * NS_PER_MS);
	ck_assert_uint_ge(clock_now_ns() - start, 20 * NS_PER_MS);
	ck_assert_uint_eq(ring->is_producer_waiting, 0);

#test no_sleep_without_reason
	uint64_t start = clock_now_ns();
	uint32_t seen = ring_wake_count(ring);

	ring_wake_consumer(ring);
	ring_wait_events(ring, seen, LONG_NS);
	// There is room.
	ring_wait_room(ring, LONG_NS);
	ck_assert_uint_lt(clock_now_ns() - start, 10 * NS_PER_S);

#test consumer_sleeps_until_woken
	uint32_t seen = ring_wake_count(ring);
	uint64_t start = clock_now_ns();
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, wake_later, NULL), 0);
	while (ring_wake_count(ring) == seen)
		ring_wait_events(ring, seen, LONG_NS);
	ck_assert_uint_lt(clock_now_ns() - start, 10 * NS_PER_S);
	pthread_join(thread, NULL);

#test producer_sleeps_until_there_is_room
	uint64_t start = clock_now_ns(), n = 0;
	pthread_t thread;

	while (put(32, n))
		n++;
	ck_assert_int_eq(pthread_create(&thread, NULL, drain_later, NULL), 0);
	// Woken for sure, though the drain may still be going on.
	ring_wait_room(ring, LONG_NS);
	ck_assert(put(256, 1));
	ck_assert_uint_lt(clock_now_ns() - start, 10 * NS_PER_S);
	pthread_join(thread, NULL);

#tcase two_threads

#test millions
	run_threads(64 << 10, 3000000, 0);

#test tiny_ring
	run_threads(256, 300000, 0);

#test slow_consumer
	run_threads(4096, 300000, 0x3f);

#test two_processes
	pid_t child;
	int status;

	create(16 << 10);
	num_records = 500000;
	child = test_fork();
	if (child == 0) {
		produce(NULL);
		_exit(0);
	}
	ck_assert_int_gt(child, 0);
	consume_all(0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	destroy();

#main-pre
	tcase_add_checked_fixture(tc1_1, create_small, destroy);
	tcase_add_checked_fixture(tc1_2, create_small, destroy);
	tcase_set_timeout(tc1_2, 60);
	// Under sanitizers on a busy machine; without a lost wake-up it is a second or two.
	tcase_set_timeout(tc1_3, 90);
