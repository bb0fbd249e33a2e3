// SPDX-License-Identifier: GPL-3.0-or-later
/** The test process plays the traced process. Its memory is written through /proc/self/mem, and
 *  nobody is stopped. */
#ifndef TESTS_UNIT_TRACE_FIXTURE_H
#define TESTS_UNIT_TRACE_FIXTURE_H

#include "test_util.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/plant.h"
#include "trace/life/create.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"
#include "trace/os/wait.h"
#include "wire/ring_take.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/** Words of struct user_regs_struct. */
enum {
	WORD_RBP = 4,
	WORD_RIP = 16,
	WORD_RSP = 19
};

#define CODE_SIZE 8192u

static struct tracer tracer_state;
static struct tracer *tracer = &tracer_state;
static struct process *p;
/** Of the ring of p. */
static struct ring_reader *reader;
/** Two pages of code of the target. Writable: some kernels let nobody but a tracer write
 *  elsewhere. */
static uint8_t *code;

static inline struct ring_reader *reader_of(struct shared *shared)
{
	struct ring_view view = shared_view(shared);
	struct ring_reader *ret;

	ck_ok(ring_reader_create(&view, &ret));
	return ret;
}

static void process_setup(void)
{
	struct shared *shared;

	memset(tracer, 0, sizeof(*tracer));
	tracer->arch = arch_host();
	tracer->socket = -1;
	tracer->waiter = waiter_create();
	ck_assert_ptr_nonnull(tracer->waiter);
	ck_ok(shared_create(&shared, NULL));
	reader = reader_of(shared);
	p = process_create(tracer, 0, shared, 16);
	ck_assert_ptr_nonnull(p);
	ck_assert(vec_push(&tracer->processes, p));
	p->pid = getpid();
	p->mem_fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(p->mem_fd, 0);
	p->is_tracing = true;
	code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(code, MAP_FAILED);
}

static void process_teardown(void)
{
	struct shared *shared = p->shared;

	process_destroy(p);
	vec_deinit(&tracer->processes);
	hmap_deinit(&tracer->owners);
	waiter_destroy(tracer->waiter);
	ring_reader_destroy(reader);
	shared_destroy(shared);
	munmap(code, CODE_SIZE);
}

static inline uint64_t code_addr(size_t offset)
{
	return (uint64_t)(uintptr_t)code + offset;
}

static inline void put_code(size_t offset, const void *bytes, size_t size)
{
	ck_assert(memory_write_code(p, code_addr(offset), bytes, size));
}

/** The oldest record of the ring, which must be of that kind; valid until consume_event(). */
static inline const void *next_event(enum event_kind kind)
{
	const struct ring_record *r = ring_peek(reader, UINT64_MAX);

	ck_assert_msg(r != NULL, "no event");
	ck_assert_int_eq(r->kind, (int)kind);
	return r;
}

static inline void consume_event(const void *record)
{
	(void)record;
	ring_consume(reader);
}

static inline void check_no_event(void)
{
	ck_assert_ptr_null(ring_peek(reader, UINT64_MAX));
}

#endif
