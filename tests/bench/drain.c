// SPDX-License-Identifier: GPL-3.0-or-later
/** drain [BLOCKS [REPEAT [NAME]]]: what the supervisor's side costs for each event. Synthetic
 *  producers put records into a ring of the real size, and the real drain (supervisor/drain) takes
 *  them into the tables. One line "NAME NUMBER" for each measurement whose name begins so, REPEAT
 *  (3) times.
 *
 *  With 1,000, 100,000 and BLOCKS (10,000,000) live blocks, and allocations of 1 and of 10,000
 *  stacks: nanoseconds of CPU time of the drain for a pair of an allocation and its free. "near":
 *  the free is the next event, at an address that was used just before. "mixed": 64 such pairs are
 *  open at a time. "far": a random live block is freed, and one is allocated at a new address.
 *  "realloc": a random live block is taken and moved. The ring is filled first, and then emptied,
 *  in one thread.
 *
 *  "together-N": N threads put near pairs while the drain's own thread takes them: nanoseconds of
 *  wall time for a pair, with 1,000 blocks. */
#include "config.h"

#include "base/clock.h"
#include "supervisor/core/run.h"
#include "supervisor/drain/drain.h"
#include "supervisor/drain/event_batch.h"
#include "supervisor/life/assemble.h"
#include "wire/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Pairs of one filling: below the slots of the ring, and with records of a realloc below its
 *  buffer. */
#define FILLING      20000u
#define MAX_THREADS  4
#define NUM_PAIRS    3000000u
#define OPEN_PAIRS   64u
#define NUM_STACKS   10000u
#define STACK_DEPTH  24u
#define FIRST_ADDR   0x100000u
#define NUM_FILLINGS 50

struct bench {
	struct session session;
	struct traced *t;
	struct ring_view view;
	/** Addresses of live blocks, in no order. */
	uint64_t *live;
	size_t num_live;
	/** Stacks that allocations name. */
	uint32_t num_stacks;
	uint64_t next_addr;
	uint64_t num_calls;
	uint64_t random;
};

/** Only measurements whose names begin so. */
static const char *only = "";

static void check_ok(struct err *err)
{
	if (!err)
		return;
	fprintf(stderr, "drain: %s\n", err_text(err));
	exit(1);
}

// xorshift64*
static uint64_t random_below(uint64_t *state, uint64_t limit)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (*state * 0x2545f4914f6cdd1dull >> 33) % limit;
}

static void put_tail(const struct ring_view *view, uint32_t producer, struct ring_record *record,
		     const void *tail, uint32_t tail_size)
{
	enum ring_put_result result;

	while ((result = ring_put(view, producer, record, tail, tail_size)) == RING_PUT_FULL)
		ring_wait_room(view, 5 * NS_PER_MS);
	if (result == RING_PUT_WAKE)
		ring_wake_consumer(view->ring);
}

static void put(const struct ring_view *view, uint32_t producer, struct ring_record *record)
{
	put_tail(view, producer, record, NULL, 0);
}

static uint64_t hash_of(uint32_t stack)
{
	return (stack + 1) * 0x9e3779b97f4a7c15ull;
}

static void put_alloc(const struct ring_view *view, uint32_t producer, uint64_t addr,
		      uint32_t stack)
{
	struct event_alloc event = {
		.header = {sizeof(event), EVENT_ALLOC, 0},
		.tid = 1000 + (int32_t)producer,
		.addr = addr,
		.size = 16 + stack % 64 * 8,
		.stack_hash = hash_of(stack),
	};

	put(view, producer, &event.header);
}

static void put_free(const struct ring_view *view, uint32_t producer, uint64_t addr)
{
	struct event_free event = {
		.header = {sizeof(event), EVENT_FREE, 0},
		.tid = 1000 + (int32_t)producer,
		.addr = addr,
	};

	put(view, producer, &event.header);
}

static void put_stack(const struct bench *b, uint32_t stack)
{
	struct event_stack event = {
		.header = {sizeof(event) + STACK_DEPTH * 8, EVENT_STACK, 0},
		.hash = hash_of(stack),
		.total = STACK_DEPTH,
		.num_pcs = STACK_DEPTH,
	};
	uint64_t pcs[STACK_DEPTH];
	uint32_t i;

	for (i = 0; i < STACK_DEPTH; i++)
		pcs[i] = 0x400000 + ((uint64_t)stack * STACK_DEPTH + i) % 20000 * 16;
	put_tail(&b->view, RING_TRACER, &event.header, pcs, sizeof(pcs));
}

static void put_realloc(struct bench *b, uint64_t from, uint64_t to, uint32_t stack)
{
	struct event_take take = {
		.header = {sizeof(take), EVENT_TAKE, 0},
		.tid = 1000,
		.call = ++b->num_calls,
		.addr = from,
	};
	struct event_realloc moved = {
		.header = {sizeof(moved), EVENT_REALLOC, 0},
		.tid = 1000,
		.call = take.call,
		.addr = to,
		.size = 40,
		.stack_hash = hash_of(stack),
	};

	put(&b->view, RING_TRACER, &take.header);
	put(&b->view, RING_TRACER, &moved.header);
}

static void drain(struct bench *b)
{
	traced_lock(b->t);
	drain_now(b->t);
	traced_unlock(b->t);
}

static uint32_t any_stack(struct bench *b)
{
	return b->num_stacks > 1 ? (uint32_t)random_below(&b->random, b->num_stacks) : 0;
}

static uint64_t new_addr(struct bench *b)
{
	b->next_addr += 16 + random_below(&b->random, 8) * 16;
	return b->next_addr;
}

static void create(struct bench *b, size_t num_live, uint32_t num_stacks)
{
	size_t i;

	*b = (struct bench){.num_stacks = num_stacks, .random = 20240229, .next_addr = FIRST_ADDR};
	check_ok(shared_create(&b->session.shared, NULL));
	check_ok(assemble_traced(&b->session, 0, &b->t));
	check_ok(assemble_tables(b->t));
	b->t->shared = b->session.shared;
	b->view = shared_view(b->session.shared);
	check_ok(drain_open(b->t));
	b->live = calloc(num_live, sizeof(*b->live));
	if (!b->live)
		check_ok(&err_nomem);
	for (i = 0; i < num_stacks; i++) {
		put_stack(b, (uint32_t)i);
		if (i % 1000 == 999)
			drain(b);
	}
	for (; b->num_live < num_live; b->num_live++) {
		b->live[b->num_live] = new_addr(b);
		put_alloc(&b->view, RING_TRACER, b->live[b->num_live], any_stack(b));
		if (b->num_live % FILLING == FILLING - 1)
			drain(b);
	}
	drain(b);
}

static void destroy(struct bench *b)
{
	assemble_destroy(b->t);
	shared_destroy(b->session.shared);
	free(b->live);
}

static void fill_near(struct bench *b, uint32_t num)
{
	uint64_t addr = b->next_addr + 4096;

	for (; num > 0; num--) {
		uint64_t at = addr + num % 16 * 64;

		put_alloc(&b->view, RING_TRACER, at, any_stack(b));
		put_free(&b->view, RING_TRACER, at);
	}
}

static void fill_mixed(struct bench *b, uint32_t num)
{
	uint64_t addr = b->next_addr + 4096;
	bool is_open[OPEN_PAIRS] = {false};
	uint32_t i, k;

	for (i = 0; i < 2 * num; i++) {
		k = (uint32_t)random_below(&b->random, OPEN_PAIRS);
		if (is_open[k])
			put_free(&b->view, RING_TRACER, addr + k * 64);
		else
			put_alloc(&b->view, RING_TRACER, addr + k * 64, any_stack(b));
		is_open[k] = !is_open[k];
	}
	for (k = 0; k < OPEN_PAIRS; k++)
		if (is_open[k])
			put_free(&b->view, RING_TRACER, addr + k * 64);
}

static void fill_far(struct bench *b, uint32_t num)
{
	for (; num > 0; num--) {
		uint64_t *block = &b->live[random_below(&b->random, b->num_live)];

		put_free(&b->view, RING_TRACER, *block);
		*block = new_addr(b);
		put_alloc(&b->view, RING_TRACER, *block, any_stack(b));
	}
}

static void fill_realloc(struct bench *b, uint32_t num)
{
	for (; num > 0; num--) {
		uint64_t *block = &b->live[random_below(&b->random, b->num_live)];
		uint64_t to = new_addr(b);

		put_realloc(b, *block, to, any_stack(b));
		*block = to;
	}
}

/** Of this thread. Other programs disturb it less than the time of the clock on the wall. */
static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void measure(struct bench *b, const char *name, void (*fill)(struct bench *b, uint32_t num))
{
	uint64_t sum = 0, begin;
	unsigned i;

	if (strncmp(name, only, strlen(only)) != 0)
		return;
	for (i = 0; i < NUM_FILLINGS; i++) {
		fill(b, FILLING);
		begin = cpu_ns();
		drain(b);
		// The first warms up.
		sum += i ? cpu_ns() - begin : 0;
	}
	printf("%s-%zu-blocks-%u-stacks %.1f\n", name, b->num_live, b->num_stacks,
	       (double)sum / ((NUM_FILLINGS - 1) * FILLING));
	fflush(stdout);
}

static void measure_alone(size_t num_live, uint32_t num_stacks)
{
	size_t blocks, rest;
	struct bench b;

	create(&b, num_live, num_stacks);
	heap_memory(b.t->heap, &blocks, &rest);
	printf("bytes-a-block-%zu %.1f\n", num_live, (double)blocks / (double)num_live);
	measure(&b, "near", fill_near);
	measure(&b, "mixed", fill_mixed);
	measure(&b, "far", fill_far);
	measure(&b, "realloc", fill_realloc);
	if (heap_totals(b.t->heap).live_blocks != num_live ||
	    heap_totals(b.t->heap).unknown_frees || ring_num_broken(b.t->reader))
		check_ok(err_create(ERR_OTHER, "events are lost"));
	destroy(&b);
}

struct producer {
	pthread_t thread;
	struct bench *bench;
	uint32_t place;
	uint32_t num;
};

static void *produce(void *ctx)
{
	const struct producer *p = ctx;
	uint64_t addr = (1ull << 40) + ((uint64_t)p->place << 20), random = p->place + 1;
	uint32_t i;

	for (i = 0; i < p->num; i++) {
		put_alloc(&p->bench->view, p->place, addr + i % 16 * 64,
			  (uint32_t)random_below(&random, p->bench->num_stacks));
		put_free(&p->bench->view, p->place, addr + i % 16 * 64);
	}
	return NULL;
}

static void measure_together(uint32_t num_threads)
{
	struct producer producers[MAX_THREADS];
	uint64_t begin;
	struct bench b;
	uint32_t i;

	if (strncmp("together", only, strlen(only)) != 0)
		return;
	create(&b, 1000, 100);
	ring_reader_destroy(b.t->reader);
	event_batch_destroy(b.t->batch);
	check_ok(drain_start(b.t));
	begin = clock_now_ns();
	for (i = 0; i < num_threads; i++) {
		producers[i] = (struct producer){.bench = &b, .num = NUM_PAIRS / num_threads};
		producers[i].place = (uint32_t)ring_join(b.view.ring);
		if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]))
			check_ok(&err_nomem);
	}
	for (i = 0; i < num_threads; i++)
		pthread_join(producers[i].thread, NULL);
	drain(&b);
	printf("together-%u %.1f\n", num_threads, (double)(clock_now_ns() - begin) / NUM_PAIRS);
	fflush(stdout);
	destroy(&b);
}

int main(int argc, char **argv)
{
	unsigned long max_live = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000000;
	unsigned long repeat = argc > 2 ? strtoul(argv[2], NULL, 10) : 3;
	const unsigned long live[] = {1000, 100000, max_live};
	size_t i;

	only = argc > 3 ? argv[3] : only;
	for (; repeat > 0; repeat--) {
		for (i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
			measure_alone(live[i], 1);
			measure_alone(live[i], NUM_STACKS);
		}
		for (i = 1; i <= MAX_THREADS; i *= 2)
			measure_together((uint32_t)i);
	}
	return 0;
}
