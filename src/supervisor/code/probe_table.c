// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/code/probe_table.h"

#include "base/vec.h"
#include "heap/frame.h"

struct probe_table {
	VEC(struct planted_probe) probes;
	uint32_t num_hit_slots;
	VEC(struct new_range) new_ranges;
};

struct err *probe_table_create(struct probe_table **ret)
{
	struct probe_table *table = calloc(1, sizeof(*table));

	if (!table)
		return &err_nomem;
	*ret = table;
	return NULL;
}

void probe_table_destroy(struct probe_table *table)
{
	if (!table)
		return;
	vec_deinit(&table->probes);
	vec_deinit(&table->new_ranges);
	free(table);
}

static struct planted_probe *find(struct probe_table *table, uint32_t module, uint64_t addr)
{
	size_t i;

	for (i = 0; i < table->probes.num; i++)
		if (table->probes.items[i].module == module && table->probes.items[i].addr == addr)
			return &table->probes.items[i];
	return NULL;
}

bool probe_table_add(struct probe_table *table, const struct planted_probe *probe,
		     uint32_t *slot_ret)
{
	struct planted_probe *old = find(table, probe->module, probe->addr), added = *probe;

	if (old) {
		old->is_live = true;
		old->how = HOW_BREAKPOINT;
		old->why = WHY_NONE;
		*slot_ret = old->hit_slot;
		return true;
	}
	added.hit_slot = *slot_ret = table->num_hit_slots++;
	return vec_push(&table->probes, added);
}

void probe_table_tell(struct probe_table *table, uint64_t addr, enum plant_how how,
		      enum plant_why why)
{
	size_t i;

	for (i = 0; i < table->probes.num; i++) {
		if (!table->probes.items[i].is_live || table->probes.items[i].addr != addr)
			continue;
		table->probes.items[i].how = how;
		table->probes.items[i].why = why;
	}
}

bool probe_table_add_new(struct probe_table *table, const struct new_range *range)
{
	return vec_push(&table->new_ranges, *range);
}

static bool are_merged(const struct new_range *a, const struct new_range *b)
{
	return a->module == b->module && a->start == b->start && a->domain != b->domain;
}

bool probe_table_has_merged_new(const struct probe_table *table)
{
	size_t i, k;

	for (i = 0; i < table->new_ranges.num; i++)
		for (k = 0; k < i; k++)
			if (are_merged(&table->new_ranges.items[i], &table->new_ranges.items[k]))
				return true;
	return false;
}

void probe_table_withdraw(struct probe_table *table, uint32_t module)
{
	size_t i;

	for (i = 0; i < table->probes.num; i++)
		if (table->probes.items[i].module == module)
			table->probes.items[i].is_live = false;
	for (i = 0; i < table->new_ranges.num; i++)
		if (table->new_ranges.items[i].module == module)
			table->new_ranges.items[i--] =
				table->new_ranges.items[--table->new_ranges.num];
}

void probe_table_withdraw_all(struct probe_table *table)
{
	size_t i;

	for (i = 0; i < table->probes.num; i++)
		table->probes.items[i].is_live = false;
	table->new_ranges.num = 0;
}

size_t probe_table_num(const struct probe_table *table)
{
	return table->probes.num;
}

const struct planted_probe *probe_table_get(const struct probe_table *table, size_t i)
{
	return &table->probes.items[i];
}

unsigned probe_table_num_live(const struct probe_table *table)
{
	unsigned num = 0;
	size_t i;

	for (i = 0; i < table->probes.num; i++)
		num += table->probes.items[i].is_live;
	return num;
}

bool probe_table_has(const struct probe_table *table, uint32_t probe)
{
	size_t i;

	for (i = 0; i < table->probes.num; i++)
		if (table->probes.items[i].is_live && table->probes.items[i].probe == probe)
			return true;
	return false;
}

const struct new_range *probe_table_find_new(const struct probe_table *table, uint64_t frame)
{
	const struct new_range *range;
	size_t i;

	for (i = 0; i < table->new_ranges.num; i++) {
		range = &table->new_ranges.items[i];
		if (frame_module(frame) == range->module && frame_addr(frame) >= range->start &&
		    frame_addr(frame) < range->end)
			return range;
	}
	return NULL;
}
