// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/** A slot must reach its instruction, and what that refers to, with 32 bits: keep well below 2
 *  GiB. */
#define REACH (1ull << 30)
/** The lowest address that a process may map by default (vm.mmap_min_addr). */
#define LOWEST (1ull << 16)
/** A place that was free a moment ago may be another thread's by now. */
#define MAP_TRIES 4
/** Older headers lack it; older kernels take it for a hint, and the result is checked. */
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

_Static_assert(sizeof(struct area_header) % ARCH_SLOT_SIZE == 0, "slots are aligned");
_Static_assert(sizeof(struct area_header) + AREA_SLOTS * ARCH_SLOT_SIZE <= XOL_AREA_SIZE,
	       "they fit");

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

struct area *area_near(struct process *p, uint64_t addr, bool want_cave)
{
	size_t i;

	for (i = 0; i < p->areas.num; i++) {
		struct area *a = &p->areas.items[i];

		if (a->is_cave == want_cave && a->used + ARCH_SLOT_SIZE <= a->size &&
		    distance(a->start, addr) < REACH)
			return a;
	}
	return NULL;
}

struct area area_new(uint64_t start)
{
	return (struct area){
		.start = start,
		.size = sizeof(struct area_header) + AREA_SLOTS * ARCH_SLOT_SIZE,
		.used = sizeof(struct area_header),
		.has_header = true,
	};
}

void area_use(struct process *p, struct area *area)
{
	inject_add_area(p, area);
	rescue_add_area(p, area);
}

static bool map_at(struct process *p, struct thread *t, uint64_t hint, uint64_t *ret)
{
	const uint64_t args[6] = {hint,
				  XOL_AREA_SIZE,
				  PROT_READ | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS | (hint ? MAP_FIXED_NOREPLACE : 0),
				  (uint64_t)-1,
				  0};
	int64_t result;

	if (!inject_syscall(p, t, SYS_mmap, args, &result))
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

static void unmap(struct process *p, struct thread *t, uint64_t start)
{
	const uint64_t args[6] = {start, XOL_AREA_SIZE};
	int64_t result;

	// A thread that vanished needs nothing unmapped.
	if (!inject_syscall(p, t, SYS_munmap, args, &result))
		return;
}

/** The upper end of the free memory [start, end), if an area fits there within reach of addr. */
static uint64_t fit(uint64_t start, uint64_t end, uint64_t addr)
{
	uint64_t at = (end - XOL_AREA_SIZE) & ~(uint64_t)(XOL_AREA_SIZE - 1);

	if (end < start + 2ull * XOL_AREA_SIZE || at < start || distance(at, addr) >= REACH)
		return 0;
	return at;
}

/** A free place near addr, whose module begins at base: below it, or else above, as above an executable its heap
 *  grows. 0: none is known. One look for all of it: each try is a system call of the target. */
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

struct area *area_map(struct process *p, struct thread *t, uint64_t addr)
{
	const struct code_range *module = module_of(p, addr);
	uint64_t hint = 1, start;
	struct area area;
	unsigned i;

	if (!p->syscall_insn)
		return NULL;
	// In the end wherever the kernel likes.
	for (i = 0; i < MAP_TRIES && hint && !p->is_mmap_refused; i++) {
		hint = free_place(p, module ? module->start : addr, addr);
		if (!map_at(p, t, hint, &start))
			continue;
		area = area_new(start);
		if (distance(start, addr) < REACH &&
		    memory_write_code(p, start, XOL_AREA_MAGIC, sizeof(XOL_AREA_MAGIC)) &&
		    vec_push(&p->areas, area)) {
			area_use(p, &p->areas.items[p->areas.num - 1]);
			return &p->areas.items[p->areas.num - 1];
		}
		unmap(p, t, start);
	}
	return NULL;
}

void area_map_all(struct process *p, struct thread *t)
{
	size_t i;

	for (i = 0; i < p->modules.num; i++)
		if (!area_near(p, p->modules.items[i].start, false) &&
		    !area_map(p, t, p->modules.items[i].start))
			break;
}
