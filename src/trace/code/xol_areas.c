// SPDX-License-Identifier: GPL-3.0-or-later
// Xol areas. The header of an area has a name for each slot, so that the orphan-trap handler, and a
// tracer that comes after us, know which instruction it is for.
#include "config.h"

#include "trace/code/xol_areas.h"

#include "base/fault.h"
#include "trace/os/inject.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <stddef.h>
#include <unistd.h>

_Static_assert(sizeof(struct xol_header) % ARCH_XOL_SLOT_SIZE == 0, "slots are aligned");

/** What a trap replaces behind its first byte. */
static size_t rest_size(const struct arch *arch)
{
	return arch->trap_size - 1;
}

size_t xol_num_slots(const struct arch *arch)
{
	size_t size = sizeof(uint64_t) + ARCH_XOL_SLOT_SIZE + rest_size(arch);
	size_t num = (XOL_AREA_SIZE - sizeof(struct xol_header)) / size;

	// The names take whole slots.
	return num - num % (ARCH_XOL_SLOT_SIZE / sizeof(uint64_t));
}

size_t xol_slots_offset(const struct arch *arch)
{
	return sizeof(struct xol_header) + xol_num_slots(arch) * sizeof(uint64_t);
}

static uint64_t rest_addr(const struct arch *arch, uint64_t start, size_t slot)
{
	return start + xol_slots_offset(arch) + xol_num_slots(arch) * ARCH_XOL_SLOT_SIZE +
	       slot * rest_size(arch);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

bool xol_reaches(uint64_t start, uint64_t addr)
{
	return distance(start, addr) < XOL_REACH;
}

struct xol_area *xol_area_near(struct process *p, uint64_t addr, bool want_cave)
{
	size_t i;

	for (i = 0; i < p->xol_areas.num; i++) {
		struct xol_area *a = &p->xol_areas.items[i];

		if (a->is_cave == want_cave && a->used + ARCH_XOL_SLOT_SIZE <= a->size &&
		    xol_reaches(a->start, addr))
			return a;
	}
	return NULL;
}

struct xol_area xol_area_new(const struct arch *arch, uint64_t start)
{
	return (struct xol_area){
		.start = start,
		.size = xol_slots_offset(arch) + xol_num_slots(arch) * ARCH_XOL_SLOT_SIZE,
		.used = xol_slots_offset(arch),
		.has_header = true,
	};
}

/** Number of the slot at a distance from the start of its area. */
static size_t slot_index(const struct arch *arch, uint64_t offset)
{
	return (offset - xol_slots_offset(arch)) / ARCH_XOL_SLOT_SIZE;
}

static uint64_t name_addr(const struct arch *arch, const struct xol_area *area, uint64_t slot)
{
	return area->start + sizeof(struct xol_header) +
	       slot_index(arch, slot - area->start) * sizeof(uint64_t);
}

bool xol_note_original(struct process *p, const struct xol_area *area, const uint8_t *original)
{
	size_t slot = slot_index(p->arch, area->used);

	if (!area->has_header || !rest_size(p->arch))
		return true;
	return memory_write_code(p, rest_addr(p->arch, area->start, slot), original + 1,
				 rest_size(p->arch));
}

bool xol_read_original(struct process *p, uint64_t start, size_t slot, uint64_t name,
		       uint8_t ret[ARCH_MAX_TRAP])
{
	ret[0] = (uint8_t)(name >> XOL_NAME_SHIFT);
	return pread(p->mem_fd, ret + 1, rest_size(p->arch),
		     (off_t)rest_addr(p->arch, start, slot)) == (ssize_t)rest_size(p->arch);
}

bool xol_take_slot(struct process *p, struct xol_area *area, uint64_t name, const void *code,
		   size_t size)
{
	uint64_t at = area->start + area->used;

	if (area->used + ARCH_XOL_SLOT_SIZE > area->size || !memory_write_code(p, at, code, size) ||
	    (area->has_header &&
	     !memory_write_code(p, name_addr(p->arch, area, at), &name, sizeof(name))))
		return false;
	FAULT_POINT("slot");
	area->used += ARCH_XOL_SLOT_SIZE;
	return true;
}

uint64_t xol_take_slots(struct process *p, struct xol_area *area, uint64_t name,
			const uint8_t *code, size_t size)
{
	uint64_t addr = area->start + area->used;
	size_t i, part;

	if (area->used + size + ARCH_XOL_SLOT_SIZE > area->size)
		return 0;
	for (i = 0; i < size; i += part) {
		part = size - i < ARCH_XOL_SLOT_SIZE ? size - i : ARCH_XOL_SLOT_SIZE;
		if (!xol_take_slot(p, area, name, code + i, part))
			return 0;
	}
	return addr;
}

/** Give addr's slot another name. False: it cannot be written. */
static bool rename_slot(struct process *p, uint64_t addr, uint64_t name)
{
	const uint64_t *slot = hmap_find(&p->xol_slots, addr);
	const struct xol_area *a;
	size_t i;

	for (i = 0; slot && i < p->xol_areas.num; i++) {
		a = &p->xol_areas.items[i];
		if (a->has_header && *slot >= a->start && *slot < a->start + a->size)
			return memory_write_code(p, name_addr(p->arch, a, *slot), &name,
						 sizeof(name));
	}
	return true;
}

bool xol_name_byte(struct process *p, uint64_t addr, uint8_t byte)
{
	return hmap_find(&p->xol_slots, addr) &&
	       rename_slot(p, addr, addr | (uint64_t)byte << XOL_NAME_SHIFT);
}

void xol_retire_slot(struct process *p, uint64_t addr)
{
	if (rename_slot(p, addr, XOL_NAME_OLD))
		hmap_remove(&p->xol_slots, addr);
}

uint64_t xol_place(struct process *p, const uint8_t *code, size_t size)
{
	uint64_t addr;
	size_t i;
	bool want_cave = false;

	do {
		for (i = 0; i < p->xol_areas.num; i++) {
			if (p->xol_areas.items[i].is_cave != want_cave)
				continue;
			addr = xol_take_slots(p, &p->xol_areas.items[i], XOL_NAME_OLD, code, size);
			if (addr)
				return addr;
		}
		want_cave = !want_cave;
	} while (want_cave);
	return 0;
}

/** A place for a stub at the end of a code cave, 0: none. */
static uint64_t find_cave_stub(struct process *p)
{
	struct xol_area *a;
	size_t i;

	for (i = 0; i < p->xol_areas.num; i++) {
		a = &p->xol_areas.items[i];
		if (!a->is_cave)
			continue;
		if (!a->has_stub && a->size - a->used >= ARCH_STUB_SIZE) {
			a->size = (a->size - ARCH_STUB_SIZE) & ~15ull;
			a->has_stub = true;
		}
		if (a->has_stub)
			return a->start + a->size;
	}
	return 0;
}

bool xol_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		 int64_t *result_ret)
{
	// Caves go with their modules.
	p->cave_stub = p->stubs_addr ? 0 : find_cave_stub(p);
	return inject_syscall(p, t, nr, args, result_ret);
}

void xol_add_stubs(struct process *p, struct xol_area *area)
{
	static const uint8_t empty[INJECT_STUBS_SIZE];
	uint64_t addr = p->stubs_addr;

	if (!addr)
		addr = xol_take_slots(p, area, XOL_NAME_STUB, empty, sizeof(empty));
	if (addr)
		inject_use_stubs(p, addr);
}

void xol_forget(struct process *p)
{
	vec_deinit(&p->xol_areas);
	hmap_deinit(&p->xol_slots);
	p->is_mmap_refused = false;
	p->stubs_addr = p->cave_stub = 0;
}
