// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/jit_table.h"

#include <stdlib.h>

/** So many functions before an address are looked at: a file whose functions all overlap would
 *  cost more for each frame than its names are worth. */
#define MAX_OVERLAPS 4096

void jit_table_deinit(struct jit_table *table)
{
	vec_deinit(&table->codes);
	free(table->max_ends);
	table->max_ends = NULL;
}

static int compare(const void *x, const void *y)
{
	const struct jit_code *a = x, *b = y;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->seq < b->seq ? -1 : 1;
}

bool jit_table_sort(struct jit_table *table)
{
	size_t num = table->codes.num, i;
	uint64_t max_end = 0;

	free(table->max_ends);
	table->max_ends = malloc((num + 1) * sizeof(*table->max_ends));
	if (!table->max_ends)
		return false;
	if (num)
		qsort(table->codes.items, num, sizeof(*table->codes.items), compare);
	for (i = 0; i < num; i++) {
		if (table->codes.items[i].end > max_end)
			max_end = table->codes.items[i].end;
		table->max_ends[i] = max_end;
	}
	return true;
}

/** How many begin at addr or before. */
static size_t num_until(const struct jit_table *table, uint64_t addr)
{
	size_t low = 0, high = table->codes.num;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->codes.items[middle].start <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct jit_code *jit_table_find(const struct jit_table *table, uint64_t addr)
{
	const struct jit_code *found = NULL, *code;
	size_t i, num;

	if (!table->max_ends)
		return NULL;
	i = num_until(table, addr);
	for (num = 0; i > 0 && table->max_ends[i - 1] > addr && num < MAX_OVERLAPS; i--, num++) {
		code = &table->codes.items[i - 1];
		if (addr < code->end && (!found || code->seq > found->seq))
			found = code;
	}
	return found;
}
