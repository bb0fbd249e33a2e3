// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/core/row_tables.h"

#include "wire/agent_memory.h"

bool row_tables_find(struct traced *t, uint64_t key, struct cfi_row *ret)
{
	if (!cfi_rows_get(shared_rows(t->shared), key, ret))
		return false;
	if (t->agent_memory)
		cfi_rows_put(agent_memory_rows(t->agent_memory), key, ret);
	return true;
}

void row_tables_put(struct traced *t, uint64_t key, const struct cfi_row *row)
{
	cfi_rows_put(shared_rows(t->shared), key, row);
	if (t->agent_memory)
		cfi_rows_put(agent_memory_rows(t->agent_memory), key, row);
}

static void publish_areas(struct traced *t)
{
	if (t->agent_memory)
		eh_areas_publish(agent_memory_areas(t->agent_memory), &t->eh_areas);
}

void row_tables_tell_area(struct traced *t, uint64_t pc)
{
	struct eh_area area;

	if (modules_eh_area(t->modules, pc, &area) && eh_areas_add(&t->eh_areas, &area))
		publish_areas(t);
}

/** The rows that the agent has made of this code go with the area. */
static void withdraw_areas(struct traced *t, uint64_t start, uint64_t end)
{
	if (!eh_areas_remove(&t->eh_areas, start, end) || !t->agent_memory)
		return;
	publish_areas(t);
	cfi_rows_outdate(agent_memory_rows(t->agent_memory));
}

void row_tables_hand_over(struct traced *t)
{
	cfi_rows_copy(agent_memory_rows(t->agent_memory), shared_rows(t->shared));
	publish_areas(t);
}

void row_tables_withdraw(struct traced *t, uint64_t start, uint64_t end)
{
	struct cfi_rows *rows = shared_rows(t->shared), *copy;
	uint64_t before = cfi_rows_changes(rows);

	withdraw_areas(t, start, end);
	cfi_rows_withdraw(rows, start, end);
	if (!t->agent_memory || cfi_rows_changes(rows) == before)
		return;
	// To find single rows there could take very long, if the target has filled the table.
	copy = agent_memory_rows(t->agent_memory);
	cfi_rows_clear(copy);
	cfi_rows_copy(copy, rows);
}

void row_tables_clear(struct traced *t)
{
	withdraw_areas(t, 0, UINT64_MAX);
	cfi_rows_clear(shared_rows(t->shared));
	if (t->agent_memory)
		cfi_rows_clear(agent_memory_rows(t->agent_memory));
}
