// SPDX-License-Identifier: GPL-3.0-or-later
/** A malloc family of the program's own, exported by the executable in the place of the C
 *  library's. It may be left at any point, by a signal handler that jumps away or calls it again:
 *  one atomic addition is all its state. It dawdles before that addition, so that most signals come
 *  while a call is in progress and no block exists yet. */
#ifndef TARGETS_BUMP_H
#define TARGETS_BUMP_H

#include "ledger.h"

#include <stdatomic.h>

// Calls from the same file shall be calls, too.
#define BUMP_ENTRY __attribute__((noinline, used))

#define BUMP_SIZE (256ul << 20)

struct bump_head {
	size_t size;
	size_t pad;
};

static atomic_size_t bump_used;
static _Atomic(char *) bump_base;
/** Address of the newest block: a call that was left behind may have come so far. */
static void *volatile bump_newest;
static volatile size_t bump_newest_size;
/** Rounds of idle work in each call. */
static volatile unsigned bump_dawdle;

HELPER char *bump_memory(void)
{
	char *base = atomic_load(&bump_base);
	void *map;

	if (base)
		return base;
	map = mmap(NULL, BUMP_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		ledger_fail("mmap");
	if (!atomic_compare_exchange_strong(&bump_base, &base, map))
		return base;
	return map;
}

HELPER void *bump_alloc(size_t size)
{
	size_t need = sizeof(struct bump_head) + (size + 15) / 16 * 16 + 16;
	struct bump_head *head;
	size_t at;

	for (unsigned i = bump_dawdle; i > 0; i--)
		__asm__ volatile("" : : : "memory");
	if (size > BUMP_SIZE)
		return NULL;
	at = atomic_fetch_add(&bump_used, need);
	if (at + need > BUMP_SIZE)
		ledger_fail("the bump allocator is at its end");
	head = (struct bump_head *)(bump_memory() + at);
	head->size = size;
	bump_newest_size = size;
	bump_newest = head + 1;
	return head + 1;
}

BUMP_ENTRY void *malloc(size_t size)
{
	return bump_alloc(size);
}

BUMP_ENTRY void *calloc(size_t num, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(num, size, &bytes))
		return NULL;
	return bump_alloc(bytes);
}

BUMP_ENTRY void *realloc(void *old, size_t size)
{
	void *p = bump_alloc(size);

	if (p && old) {
		size_t old_size = ((struct bump_head *)old - 1)->size;

		memcpy(p, old, old_size < size ? old_size : size);
	}
	return p;
}

BUMP_ENTRY void free(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
