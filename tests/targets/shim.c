// SPDX-License-Identifier: GPL-3.0-or-later
// build: -rdynamic -s -fno-ipa-icf -fno-builtin -fcf-protection=none -falign-functions=16
// shim: an allocator of the program's own, as chromium's. malloc, free and operator new hand their
// calls on through a table; so do functions that have no symbol: the program is stripped.
#include "ledger.h"

#define CELL      1024
#define NUM_CELLS 4096
#define ENTRY     __attribute__((noinline, noclone, used))
#define HIDDEN    static __attribute__((noinline, noclone, used))
#define NUM_KEPT  20

struct table {
	void *(*alloc)(size_t size, void *context);
	void *(*alloc_unchecked)(size_t size, void *context);
	void *(*alloc_zeroed)(size_t num, size_t size, void *context);
	void *(*alloc_zeroed_unchecked)(size_t num, size_t size, void *context);
	void *(*realloc)(void *old, size_t size, void *context);
	void *(*realloc_unchecked)(void *old, size_t size, void *context);
	void (*free)(void *p, void *context);
};

union cell {
	union cell *next;
	char bytes[CELL];
};

static union cell cells[NUM_CELLS];
static union cell *first_free;
static size_t num_used;

static void *take_cell(size_t size, void *context)
{
	union cell *cell = first_free;

	(void)context;
	REQUIRE(size <= CELL);
	if (cell) {
		first_free = cell->next;
		return cell;
	}
	REQUIRE(num_used < NUM_CELLS);
	return &cells[num_used++];
}

static void *take_zeroed(size_t num, size_t size, void *context)
{
	return memset(take_cell(num * size, context), 0, num * size);
}

static void give_back(void *p, void *context)
{
	union cell *cell = p;

	(void)context;
	if (!p)
		return;
	cell->next = first_free;
	first_free = cell;
}

static void *move(void *old, size_t size, void *context)
{
	void *p = take_cell(size, context);

	if (old)
		memcpy(p, old, size);
	give_back(old, context);
	return p;
}

static struct table cell_table = {take_cell, take_cell, take_zeroed, take_zeroed,
				  move,      move,      give_back};
static struct table *volatile table = &cell_table;

/** operator new(size_t, const std::nothrow_t &), and UncheckedAlloc() by another name. */
ENTRY void *unchecked_alloc(size_t size) __asm__("_ZnwmRKSt9nothrow_t");
ENTRY void *unchecked_alloc(size_t size)
{
	return table->alloc_unchecked(size, NULL);
}

HIDDEN void *unchecked_calloc(size_t num, size_t size)
{
	return table->alloc_zeroed_unchecked(num, size, NULL);
}

HIDDEN void *unchecked_realloc(void *old, size_t size)
{
	return table->realloc_unchecked(old, size, NULL);
}

HIDDEN void unchecked_free(void *p)
{
	table->free(p, NULL);
}

ENTRY void free(void *p)
{
	table->free(p, NULL);
}

ENTRY void *malloc(size_t size)
{
	void *p = table->alloc(size, NULL);

	KEEP(p);
	return p;
}

ENTRY void *calloc(size_t num, size_t size)
{
	void *p = table->alloc_zeroed(num, size, NULL);

	KEEP(p);
	return p;
}

ENTRY void *realloc(void *old, size_t size)
{
	void *p = table->realloc(old, size, NULL);

	KEEP(p);
	return p;
}

static void *kept[NUM_KEPT];

int main(void)
{
	void *a, *b, *c;

	ledger_init();
	for (int i = 0; i < 200; i++) {
		a = unchecked_alloc(100);
		KEEP(a);
		// Moves: what a was goes to b.
		a = unchecked_realloc(a, 300);
		KEEP(a);
		b = malloc(50);
		KEEP(b);
		c = unchecked_calloc(4, 50);
		KEEP(c);
		b = realloc(b, 60);
		KEEP(b);
		free(a);
		unchecked_free(b);
		if (i < NUM_KEPT)
			kept[i] = c;
		else
			free(c);
	}
	ledger_checkpoint();
	return ledger_finish();
}
