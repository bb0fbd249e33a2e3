// SPDX-License-Identifier: GPL-3.0-or-later
// build: -g -fno-ipa-icf
// One thread, every allocator function, with zero sizes and failures; what is live at the
// checkpoint is the ledger.
#include "sites.h"

#include <stdint.h>

// In C23; not yet in every C library.
extern void free_sized(void *ptr, size_t size) __attribute__((weak));
extern void free_aligned_sized(void *ptr, size_t alignment, size_t size) __attribute__((weak));

static struct ledger ledger;
static size_t num_used;
// Not constants, or the compiler sees through what follows.
static volatile size_t too_much = SIZE_MAX / 2 + 4096;
static volatile size_t zero;

SITE void *site_reallocarray(void *old, size_t num, size_t size)
{
	void *p = reallocarray(old, num, size);

	KEEP(p);
	return p;
}

SITE void *site_aligned_alloc(size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	KEEP(p);
	return p;
}

SITE int site_posix_memalign(void **ret, size_t alignment, size_t size)
{
	int rc = posix_memalign(ret, alignment, size);

	KEEP(rc);
	return rc;
}

SITE void *site_valloc(size_t size)
{
	void *p = valloc(size);

	KEEP(p);
	return p;
}

SITE void *site_pvalloc(size_t size)
{
	void *p = pvalloc(size);

	KEEP(p);
	return p;
}

static struct slot *keep(void *ptr, size_t size, const char *function)
{
	struct slot *slot = &ledger.slots[num_used++];

	REQUIRE(ptr);
	REQUIRE(num_used < ledger.num_slots);
	slot_set(slot, ptr, size, function, false);
	return slot;
}

static void keep_one_of_each(void)
{
	void *p = NULL;

	keep(site_malloc(100), 100, "site_malloc");
	keep(site_malloc(zero), 0, "site_malloc");
	keep(site_malloc(1000000), 1000000, "site_malloc");
	keep(site_calloc(7, 11), 77, "site_calloc");
	keep(site_calloc(zero, 11), 0, "site_calloc");
	keep(site_memalign(256, 33), 33, "site_memalign");
	keep(site_aligned_alloc(64, 128), 128, "site_aligned_alloc");
	REQUIRE(site_posix_memalign(&p, 128, 45) == 0);
	keep(p, 45, "site_posix_memalign");
	keep(site_valloc(5), 5, "site_valloc");
	keep(site_pvalloc(6), 6, "site_pvalloc");
}

static void use_realloc(void)
{
	struct slot *slot;
	void *p;

	// realloc(NULL) is malloc.
	keep(site_realloc(NULL, 10), 10, "site_realloc");
	// Grows, and moves because something lies behind it.
	p = site_malloc(24);
	keep(site_malloc(24), 24, "site_malloc");
	keep(site_realloc(p, 5000), 5000, "site_realloc");
	// Shrinks where it is: the size and the function are those of the realloc.
	p = site_malloc(3000);
	keep(site_realloc(p, 20), 20, "site_realloc");
	// Same size.
	p = site_malloc(64);
	keep(site_realloc(p, 64), 64, "site_realloc");
	// Frees.
	p = site_realloc(site_malloc(40), zero);
	REQUIRE(!p);
	// Fails: the block stays as it was.
	slot = keep(site_malloc(50), 50, "site_malloc");
	REQUIRE(!site_realloc(slot->ptr, too_much));
	slot_check(slot, 50);
	// The same through reallocarray, which calls realloc in this C library.
	keep(site_reallocarray(NULL, 3, 7), 21, "site_reallocarray");
	p = site_malloc(30);
	keep(site_reallocarray(p, 100, 30), 3000, "site_reallocarray");
	slot = keep(site_malloc(60), 60, "site_malloc");
	REQUIRE(!site_reallocarray(slot->ptr, too_much, 16));
	slot_check(slot, 60);
	// Large: mremap moves it.
	p = site_malloc(400000);
	keep(site_realloc(p, 4000000), 4000000, "site_realloc");
}

static void fail(void)
{
	void *p = &ledger;

	REQUIRE(!site_malloc(too_much));
	REQUIRE(!site_calloc(too_much, 16));
	REQUIRE(!site_calloc(too_much, 1));
	REQUIRE(!site_realloc(NULL, too_much));
	REQUIRE(!site_memalign(64, too_much));
	REQUIRE(!site_aligned_alloc(64, too_much));
	REQUIRE(!site_valloc(too_much));
	REQUIRE(!site_pvalloc(too_much));
	REQUIRE(site_posix_memalign(&p, 3, 10) == EINVAL);
	REQUIRE(site_posix_memalign(&p, 24, 10) == EINVAL);
	REQUIRE(site_posix_memalign(&p, 64, too_much) == ENOMEM);
	REQUIRE(p == &ledger);
}

static void free_in_all_ways(void)
{
	void (*cfree_function)(void *) = NULL;

#ifndef LEDGER_STATIC
	*(void **)&cfree_function = dlvsym(RTLD_DEFAULT, "cfree", "GLIBC_2.2.5");
#endif
	site_free(NULL);
	site_free(site_malloc(70));
	site_free(site_memalign(64, 71));
	if (cfree_function)
		cfree_function(site_malloc(72));
	if (free_sized)
		free_sized(site_malloc(73), 73);
	if (free_aligned_sized)
		free_aligned_sized(site_aligned_alloc(64, 64), 64, 64);
	// The address comes again: the newer block counts.
	for (int i = 0; i < 100; i++)
		site_free(site_malloc(74));
	keep(site_malloc(74), 74, "site_malloc");
}

int main(void)
{
	ledger_init();
	ledger_add_slots(&ledger, 64);
	ledger_wait_traced();
	keep_one_of_each();
	use_realloc();
	fail();
	free_in_all_ways();
	ledger_checkpoint();
	return ledger_finish();
}
