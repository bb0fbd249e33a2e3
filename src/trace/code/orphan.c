// SPDX-License-Identifier: GPL-3.0-or-later
// A trap of ours that is hit when we are dead is nobody's: its SIGTRAP would end the target. So
// there is a handler of SIGTRAP in the target. It finds the slot of the instruction by the names in
// the areas, and goes on there. This file puts its code into the first area and tells it of the
// others; code/orphan_install.c installs it.
#include "config.h"

#include "trace/code/orphan.h"

#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/orphan_internal.h"
#include "trace/code/xol_areas.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct orphan_handler *orphan_create(void)
{
	return calloc(1, sizeof(struct orphan_handler));
}

void orphan_destroy(struct orphan_handler *o)
{
	free(o);
}

void orphan_forget(struct orphan_handler *o)
{
	memset(o, 0, sizeof(*o));
}

bool orphan_is_placed(const struct orphan_handler *o)
{
	return o->addr != 0;
}

bool orphan_is_installed(const struct orphan_handler *o)
{
	return o->is_installed;
}

void orphan_found(struct orphan_handler *o, uint64_t addr)
{
	if (!o->addr)
		o->addr = addr;
}

bool orphan_write_data(struct process *p, size_t offset, uint64_t value)
{
	return memory_write_code(p, p->orphan->data + offset, &value, sizeof(value));
}

/** Put the handler into slots of the area, one behind the other. */
static bool place(struct process *p, struct xol_area *area)
{
	uint8_t code[ARCH_ORPHAN_SIZE];
	uint64_t addr = area->start + area->used;
	size_t data_offset, size = p->arch->orphan_handler(addr, code, &data_offset);

	if (!xol_take_slots(p, area, XOL_NAME_HANDLER, code, size))
		return false;
	p->orphan->addr = addr;
	p->orphan->data = addr + data_offset;
	return orphan_write_data(p, offsetof(struct arch_orphan_data, names_offset),
				 sizeof(struct xol_header)) &&
	       orphan_write_data(p, offsetof(struct arch_orphan_data, slots_offset),
				 xol_slots_offset(p->arch)) &&
	       orphan_write_data(p, offsetof(struct arch_orphan_data, num_slots),
				 xol_num_slots(p->arch)) &&
	       orphan_write_data(p, offsetof(struct arch_orphan_data, area_size), XOL_AREA_SIZE);
}

/** Find the handler of an earlier tracer, if it is the same as ours. Threads may be in it right
 *  now, so the areas that it knows keep their places in its list. */
static bool adopt(struct process *p)
{
	uint8_t code[ARCH_ORPHAN_SIZE], there[ARCH_ORPHAN_SIZE];
	struct arch_orphan_data data;
	size_t data_offset, size = p->arch->orphan_handler(p->orphan->addr, code, &data_offset);

	if (pread(p->mem_fd, there, size, (off_t)p->orphan->addr) != (ssize_t)size ||
	    memcmp(there, code, data_offset) != 0)
		return false;
	memcpy(&data, there + data_offset, sizeof(data));
	while (p->orphan->num_areas < ARCH_ORPHAN_AREAS && data.areas[p->orphan->num_areas]) {
		p->orphan->areas[p->orphan->num_areas] = data.areas[p->orphan->num_areas];
		p->orphan->num_areas++;
	}
	p->orphan->is_installed = data.is_installed;
	p->orphan->stops_to_check = 1;
	p->orphan->data = p->orphan->addr + data_offset;
	return true;
}

static void prepare_breakpoints(struct process *p)
{
	struct breakpoint *b;
	size_t i;

	hmap_each (&p->breakpoints, i, b)
		displaced_prepare(p, b);
}

static bool is_listed(const struct process *p, uint64_t start)
{
	size_t i;

	for (i = 0; i < p->orphan->num_areas; i++)
		if (p->orphan->areas[i] == start)
			return true;
	return false;
}

static bool list_area(struct process *p, uint64_t start)
{
	size_t at = offsetof(struct arch_orphan_data, areas) + p->orphan->num_areas * sizeof(start);

	if (p->orphan->num_areas == ARCH_ORPHAN_AREAS || !orphan_write_data(p, at, start))
		return false;
	p->orphan->areas[p->orphan->num_areas++] = start;
	return true;
}

void orphan_add_area(struct process *p, struct xol_area *area)
{
	if (!p->orphan->data && !(p->orphan->addr && adopt(p)) && !place(p, area)) {
		p->orphan->addr = p->orphan->data = 0;
		return;
	}
	if (!is_listed(p, area->start) && !list_area(p, area->start))
		return;
	prepare_breakpoints(p);
}
