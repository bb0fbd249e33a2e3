// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "heap/truncated.h"

#include "base/hmap.h"
#include "base/vec.h"

#include <stdlib.h>

struct rows {
	VEC(struct truncated) items;
	/** Flags of a stack to the place in items. */
	struct hmap by_flags;
};

/** Flags of a site's stack; 0: it is whole, or nothing counts there. */
static uint32_t flags_of(const struct heap *heap, const struct alloc_site *site)
{
	uint32_t flags = stacks_get(heap_stacks(heap), site->stack).flags;

	flags &= ~(STACK_SURE_MAX << STACK_SURE_SHIFT);
	return flags & STACK_TRUNCATED && site->total_blocks ? flags : 0;
}

static bool add(struct rows *rows, uint32_t flags, uint64_t count)
{
	struct truncated row = {stack_end(flags), stack_end_module(flags), 0};
	const uint64_t *found = hmap_find(&rows->by_flags, flags);
	size_t i = found ? *found : rows->items.num;

	if (!found && (!vec_push(&rows->items, row) || !hmap_set(&rows->by_flags, flags, i)))
		return false;
	rows->items.items[i].count += count;
	return true;
}

static int compare(const void *x, const void *y)
{
	const struct truncated *a = x, *b = y;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	if (a->end != b->end)
		return a->end > b->end ? 1 : -1;
	return a->module > b->module ? 1 : -1;
}

struct err *heap_truncated(const struct heap *heap, struct truncated **ret, size_t *num_ret)
{
	struct rows rows = {0};
	bool is_ok = true;
	uint32_t flags, i;

	for (i = 0; i < heap_num_alloc_sites(heap) && is_ok; i++) {
		flags = flags_of(heap, heap_alloc_site(heap, i));
		if (flags)
			is_ok = add(&rows, flags, heap_alloc_site(heap, i)->total_blocks);
	}
	hmap_deinit(&rows.by_flags);
	if (!is_ok) {
		vec_deinit(&rows.items);
		return &err_nomem;
	}
	if (rows.items.num)
		qsort(rows.items.items, rows.items.num, sizeof(*rows.items.items), compare);
	*ret = rows.items.items;
	*num_ret = rows.items.num;
	return NULL;
}
