// SPDX-License-Identifier: GPL-3.0-or-later
/** An engine whose target is the test itself: memory is written through /proc/self/mem, nobody is
 *  stopped. */
#ifndef TESTS_UNIT_TRACE_FIXTURE_H
#define TESTS_UNIT_TRACE_FIXTURE_H

#include "test_util.h"
#include "trace/engine.h"

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

static struct engine engine;
static struct engine *e = &engine;
/** Two pages of code of the target. Writable: some kernels let nobody but a tracer write
 *  elsewhere. */
static uint8_t *code;

static void engine_setup(void)
{
	memset(e, 0, sizeof(*e));
	e->arch = arch_host();
	ck_ok(shared_create(&e->shared, NULL));
	e->socket = -1;
	e->pid = getpid();
	e->mem_fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(e->mem_fd, 0);
	e->is_tracing = true;
	e->nframe = 16;
	e->cpu = -1;
	e->pcs = calloc(e->nframe, sizeof(*e->pcs));
	ck_assert_ptr_nonnull(e->pcs);
	code = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(code, MAP_FAILED);
}

static void engine_teardown(void)
{
	breakpoint_forget_all(e);
	displaced_forget(e);
	vec_deinit(&e->modules);
	hmap_deinit(&e->known_stacks);
	close(e->mem_fd);
	free(e->pcs);
	shared_destroy(e->shared);
	munmap(code, CODE_SIZE);
}

static inline uint64_t code_addr(size_t offset)
{
	return (uint64_t)(uintptr_t)code + offset;
}

static inline void put_code(size_t offset, const void *bytes, size_t size)
{
	ck_assert(memory_write_code(e, code_addr(offset), bytes, size));
}

/** The oldest record of the ring, which must be of that kind. */
static inline const void *next_event(enum event_kind kind)
{
	const struct ring_record *r = ring_peek(shared_ring(e->shared), UINT64_MAX);

	ck_assert_msg(r != NULL, "no event");
	ck_assert_int_eq(r->kind, (int)kind);
	return r;
}

static inline void consume_event(const void *record)
{
	ring_consume(shared_ring(e->shared), record);
}

static inline void check_no_event(void)
{
	ck_assert_ptr_null(ring_peek(shared_ring(e->shared), UINT64_MAX));
}

#endif
