// SPDX-License-Identifier: GPL-3.0-or-later
// Xol areas are mapped by a system call of the target, or were left behind by an earlier tracer.
#include "config.h"

#include "trace/code/xol_map.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"
#include "trace/code/breakpoints.h"
#include "trace/code/orphan.h"
#include "trace/code/xol_areas.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/** The lowest address that a process may map by default (vm.mmap_min_addr). */
#define LOWEST (1ull << 16)
/** How often it is tried: a place that was free a moment ago may be another thread's by now. */
#define MAP_TRIES 4
/** Older headers lack it. Older kernels take it for a hint, so the result is checked. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/** area has become one of p->xol_areas: stubs and handler go into the first one. */
static void use_area(struct process *p, struct xol_area *area)
{
	xol_add_stubs(p, area);
	orphan_add_area(p, area);
}

bool xol_mmap(struct process *p, struct thread *t, uint64_t hint, size_t size, uint64_t *ret)
{
	const uint64_t args[6] = {hint,
				  size,
				  PROT_READ | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS | (hint ? MAP_FIXED_NOREPLACE : 0),
				  (uint64_t)-1,
				  0};
	int64_t result;

	if (!xol_syscall(p, t, SYS_mmap, args, &result))
		return false;
	log_debug("area for displaced instructions at hint %#llx: %#llx", (unsigned long long)hint,
		  (unsigned long long)result);
	if (result == -ENOSYS || result == -EPERM || result == -EACCES)
		p->is_mmap_refused = true;
	if (result < 0 && result > -4096)
		return false;
	*ret = result;
	return true;
}

static const struct code_range *module_of(const struct process *p, uint64_t addr)
{
	size_t i;

	for (i = 0; i < p->modules.num; i++)
		if (addr >= p->modules.items[i].start && addr < p->modules.items[i].end)
			return &p->modules.items[i];
	return NULL;
}

void xol_munmap(struct process *p, struct thread *t, uint64_t start, size_t size)
{
	const uint64_t args[6] = {start, size};
	int64_t result;

	// A thread that vanished needs nothing unmapped.
	if (!xol_syscall(p, t, SYS_munmap, args, &result))
		return;
}

/** The place at the upper end of the free memory [start, end), if an area fits there within reach
 *  of addr. */
static uint64_t fit(uint64_t start, uint64_t end, uint64_t addr)
{
	uint64_t at = (end - XOL_AREA_SIZE) & ~(uint64_t)(XOL_AREA_SIZE - 1);

	if (end < start + 2ull * XOL_AREA_SIZE || at < start || !xol_reaches(at, addr))
		return 0;
	return at;
}

/** Find a free place near addr, whose module begins at base. Below the module is best; above it is
 *  second, because the heap of an executable grows there. 0: none is known. One look must be enough
 *  for all areas, because each try is a system call of the target. */
static uint64_t free_place(struct process *p, uint64_t base, uint64_t addr)
{
	uint64_t start, end, last = LOWEST, at, below = 0, above = 0;
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)io_live_task(p->pid));
	file = fopen(path, "re");
	while (file && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		// The stack grows down into what is free below it.
		at = start > last && !strstr(line, "[stack]") ? fit(last, start, addr) : 0;
		if (at && start <= base)
			below = at;
		else if (at && !above)
			above = at;
		last = end;
	}
	if (file)
		fclose(file);
	return below ? below : above;
}

struct xol_area *xol_map(struct process *p, struct thread *t, uint64_t addr)
{
	const struct code_range *module = module_of(p, addr);
	uint64_t hint = 1, start;
	struct xol_area area;
	unsigned i;

	if (!p->syscall_insn)
		return NULL;
	// In the end, take what the kernel chooses.
	for (i = 0; i < MAP_TRIES && hint && !p->is_mmap_refused; i++) {
		hint = free_place(p, module ? module->start : addr, addr);
		if (!xol_mmap(p, t, hint, XOL_AREA_SIZE, &start))
			continue;
		area = xol_area_new(p->arch, start);
		if (xol_reaches(start, addr) &&
		    memory_write_code(p, start, XOL_AREA_MAGIC, sizeof(XOL_AREA_MAGIC)) &&
		    vec_push(&p->xol_areas, area)) {
			use_area(p, &p->xol_areas.items[p->xol_areas.num - 1]);
			return &p->xol_areas.items[p->xol_areas.num - 1];
		}
		xol_munmap(p, t, start, XOL_AREA_SIZE);
	}
	return NULL;
}

void xol_map_all(struct process *p, struct thread *t)
{
	size_t i;

	for (i = 0; i < p->modules.num; i++)
		if (!xol_area_near(p, p->modules.items[i].start, false) &&
		    !xol_map(p, t, p->modules.items[i].start))
			break;
}

/** A trap that is there now, before we have planted any, is of an earlier tracer that died with its
 *  supervisor. */
static void take_out_trap(struct process *p, uint64_t addr, const uint8_t original[ARCH_MAX_TRAP])
{
	const struct breakpoint *b = breakpoint_find(p, addr);
	struct planted orphan = {.addr = addr, .has_original = 1};
	struct memory_code code = {p, p->mem_fd, 0};
	struct code_ops ops = memory_code_ops(&code);

	if ((b && b->is_planted) || arch_is_trap(p->arch, original))
		return;
	memcpy(orphan.original, original, p->arch->trap_size);
	if (!planted_restore(&orphan, p->arch, &ops))
		log_debug("cannot take out a trap at %#llx", (unsigned long long)addr);
}

/** What was a slot of an earlier tracer in the area at start. False: no memory. */
static bool adopt_slot(struct process *p, uint64_t start, size_t slot, uint64_t name)
{
	uint64_t at = start + xol_slots_offset(p->arch) + slot * ARCH_XOL_SLOT_SIZE;
	uint64_t addr = name & ((1ull << XOL_NAME_SHIFT) - 1);
	uint8_t original[ARCH_MAX_TRAP];

	if (name == XOL_NAME_HANDLER)
		orphan_found(p->orphan, at);
	if (name == XOL_NAME_STUB && !p->stubs_addr)
		p->stubs_addr = at;
	if (name >= XOL_NAME_STUB)
		return true;
	if (xol_read_original(p, start, slot, name, original))
		take_out_trap(p, addr, original);
	return hmap_set(&p->xol_slots, addr, at);
}

void xol_adopt(struct process *p, uint64_t start)
{
	static struct {
		struct xol_header header;
		uint64_t names[XOL_MAX_SLOTS];
	} head;
	struct xol_area area = xol_area_new(p->arch, start);
	size_t i, num = xol_num_slots(p->arch), size = xol_slots_offset(p->arch);

	if (pread(p->mem_fd, &head, size, (off_t)start) != (ssize_t)size ||
	    memcmp(head.header.magic, XOL_AREA_MAGIC, sizeof(XOL_AREA_MAGIC)) != 0)
		return;
	for (i = 0; i < num && head.names[i]; i++, area.used += ARCH_XOL_SLOT_SIZE)
		if (!adopt_slot(p, start, i, head.names[i]))
			return;
	if (!vec_push(&p->xol_areas, area)) {
		hmap_deinit(&p->xol_slots);
		return;
	}
	use_area(p, &p->xol_areas.items[p->xol_areas.num - 1]);
}
