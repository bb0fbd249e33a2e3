// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions that call the allocator, each a call site of its own, and random work on one table of
 *  slots. */
#ifndef TARGETS_SITES_H
#define TARGETS_SITES_H

#include "ledger.h"

#include <malloc.h>

SITE void *site_malloc(size_t size)
{
	void *p = malloc(size);

	KEEP(p);
	return p;
}

SITE void *site_calloc(size_t num, size_t size)
{
	void *p = calloc(num, size);

	KEEP(p);
	return p;
}

SITE void *site_realloc(void *old, size_t size)
{
	void *p = realloc(old, size);

	KEEP(p);
	return p;
}

SITE void *site_memalign(size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	KEEP(p);
	return p;
}

SITE void site_free(void *p)
{
	free(p);
	__asm__ volatile("" : : : "memory");
}

/** One random operation on one of the slots of a thread's own ledger. */
HELPER void sites_work(struct ledger *ledger, uint64_t *random)
{
	uint64_t r = ledger_random(random);
	struct slot *slot = &ledger->slots[r % ledger->num_slots];
	size_t size = (r >> 16) % 2000;
	bool is_maybe = !ledger_is_traced();

	if (slot->ptr && (r >> 40) % 3 == 0 && size > 0) {
		slot_check(slot, slot->size);
		slot_set(slot, site_realloc(slot->ptr, size), size, "site_realloc", is_maybe);
	} else if (slot->ptr) {
		site_free(slot_take(slot));
	} else if ((r >> 44) % 4 == 0) {
		slot_set(slot, site_calloc(3, size), 3 * size, "site_calloc", is_maybe);
	} else if ((r >> 44) % 4 == 1) {
		slot_set(slot, site_memalign(64, size), size, "site_memalign", is_maybe);
	} else {
		slot_set(slot, site_malloc(size), size, "site_malloc", is_maybe);
	}
}

#endif
