// SPDX-License-Identifier: GPL-3.0-or-later
// An area of pads: a header as that of a xol area, a record of each patch, the pads. Its place is
// chosen by the free places of the address space and the addresses that a jump can lead to. The
// first one is put where the most demanding jump near there can lead, so that others share it.
#include "config.h"

#include "trace/code/pads.h"

#include "base/io.h"
#include "base/log.h"
#include "trace/code/xol_areas.h"
#include "trace/code/xol_map.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/** The lowest address that a process may map by default (vm.mmap_min_addr). */
#define LOWEST (1ull << 16)
/** Free memory that is left to the heap behind its end, to the stack below its; to the stack less
 *  if it may grow by less, but never less than a compiler allows itself (64 MiB). */
#define ROOM_TO_GROW  (256ull << 20)
#define ROOM_OF_STACK (64ull << 20)
/** How often a place is tried that another thread may have mapped meanwhile. */
#define MAP_TRIES 4

#define HEAD sizeof(struct arch_pad_head)

/** How far the functions of one allocator are apart, and so the pads of their most demanding
 *  jumps. */
#define NEIGHBOURS (16ull << 10)

/** The mark of an area of pads behind the magic of all areas. */
#define KIND_OFFSET 24
static const char kind[8] = "pads";
_Static_assert(sizeof(XOL_AREA_MAGIC) <= KIND_OFFSET && sizeof(struct xol_header) == 32, "room");

/** What a later tracer must know of a patch. */
struct record {
	/** Of it, is_patched does not count: it is looked whether it stands. addr 0: no record. */
	struct patched patched;
	uint64_t pad_addr;
	uint64_t pad_size;
};

/** The records, the empty target, the pads; from the beginning of an area. Twice the size of a xol
 *  area, so that each address modulo that size lies among the pads. */
#define MAX_RECORDS    ((size_t)128)
#define RECORDS_OFFSET sizeof(struct xol_header)
#define EMPTY_OFFSET   (8192u - 16)
#define PADS_OFFSET    8192u
#define AREA_SIZE      (2ull * XOL_AREA_SIZE)
_Static_assert(RECORDS_OFFSET + MAX_RECORDS * sizeof(struct record) <= EMPTY_OFFSET, "room");

static bool is_free(const struct process *p, uint64_t start, uint64_t end)
{
	size_t i;

	for (i = 0; i < p->pads.num; i++)
		if (start < p->pads.items[i].end && end > p->pads.items[i].start)
			return false;
	return true;
}

static uint64_t next_pad(const struct process *p, const struct arch_patch *patch, uint64_t from)
{
	uint64_t pad = p->arch->patching->next_pad(patch, from);

	return pad && xol_reaches(pad, patch->addr) ? pad : 0;
}

static uint64_t place_in(const struct process *p, uint64_t area, const struct arch_patch *patch)
{
	uint64_t pad, start, from = area + PADS_OFFSET + HEAD;

	while ((pad = next_pad(p, patch, from))) {
		start = pad - HEAD;
		if (start + ARCH_PAD_SIZE > area + AREA_SIZE)
			return 0;
		if (is_free(p, start, start + ARCH_PAD_SIZE))
			return pad;
		from = pad + 1;
	}
	return 0;
}

/** The start of an area in the free memory [start, end) in which patch can have a pad that is not
 *  below from. 0: there is none. */
static uint64_t fit(const struct process *p, const struct arch_patch *patch, uint64_t start,
		    uint64_t end, uint64_t from)
{
	uint64_t pad, area, at = from > start ? from : start;

	for (;;) {
		pad = next_pad(p, patch, at);
		if (!pad || pad >= end)
			return 0;
		area = (pad - HEAD - PADS_OFFSET) & ~(uint64_t)(XOL_AREA_SIZE - 1);
		// Something must be left on both sides for what grows there.
		if (area >= start + 4096 && area + AREA_SIZE + 4096 <= end)
			return area;
		if (area + AREA_SIZE + 4096 > end)
			return 0;
		at = (area + XOL_AREA_SIZE + PADS_OFFSET + HEAD) > pad
			     ? area + XOL_AREA_SIZE + PADS_OFFSET + HEAD
			     : pad + 1;
	}
}

/** What must be left below the stack. The kernel keeps 128 MiB free there, and that may be all that
 *  is free near the libraries. */
static uint64_t room_of_stack(const struct process *p)
{
	struct rlimit limit;

	if (prlimit(p->pid, RLIMIT_STACK, NULL, &limit) < 0 || limit.rlim_cur > ROOM_TO_GROW / 2)
		return ROOM_TO_GROW;
	return limit.rlim_cur > ROOM_OF_STACK / 2 ? 2 * limit.rlim_cur : ROOM_OF_STACK;
}

/** Likewise in what is free in the process. */
static uint64_t find_gap(const struct process *p, const struct arch_patch *patch, uint64_t from)
{
	uint64_t start, end, last = LOWEST, area = 0, room = room_of_stack(p);
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	char path[32];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)io_live_task(p->pid));
	file = fopen(path, "re");
	while (file && !area && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		if (strstr(line, "[stack]") && start > room)
			start -= room;
		if (start > last)
			area = fit(p, patch, last, start, from);
		last = end + (strstr(line, "[heap]") ? ROOM_TO_GROW : 0);
	}
	if (file)
		fclose(file);
	return area;
}

static bool use_area(struct process *p, uint64_t start)
{
	char header[sizeof(struct xol_header)] = XOL_AREA_MAGIC;

	memcpy(header + KIND_OFFSET, kind, sizeof(kind));
	return memory_write_code(p, start + EMPTY_OFFSET, p->arch->patching->empty,
				 p->arch->patching->empty_size) &&
	       memory_write_code(p, start, header, sizeof(header)) &&
	       vec_push(&p->pad_areas, start);
}

/** Where a jump near patch's could lead if each of its bytes were a trap. */
static uint64_t most_demanding(const struct process *p, const struct arch_patch *patch)
{
	struct arch_patch all = *patch;

	all.is_given = 0xff;
	memset(all.given, p->arch->trap[0], sizeof(all.given));
	return next_pad(p, &all, 0);
}

/** Map an area where patch can have a pad. Returns that; 0: impossible. */
static uint64_t place_new(struct process *p, struct thread *t, const struct arch_patch *patch)
{
	uint64_t from = most_demanding(p, patch), area, start = 0;
	unsigned i;

	// The area that has that pad among its pads, with room on both sides of it. If it lay under
	// the records of an area, the neighbours with such jumps could not be patched.
	from = from > 2 * XOL_AREA_SIZE
		       ? ((from - HEAD - PADS_OFFSET - NEIGHBOURS) & ~(XOL_AREA_SIZE - 1ull)) +
				 PADS_OFFSET + HEAD
		       : 0;
	for (i = 0; i < MAP_TRIES && !p->is_mmap_refused; i++) {
		area = find_gap(p, patch, from);
		if (!area && from)
			area = find_gap(p, patch, 0);
		if (!area)
			return 0;
		if (!xol_mmap(p, t, area, AREA_SIZE, &start))
			continue;
		if (start == area && use_area(p, start))
			return place_in(p, start, patch);
		xol_munmap(p, t, start, AREA_SIZE);
	}
	return 0;
}

uint64_t pads_place(struct process *p, struct thread *t, const struct arch_patch *patch)
{
	uint64_t pad = 0;
	size_t i;

	for (i = 0; i < p->pad_areas.num && !pad; i++)
		pad = place_in(p, p->pad_areas.items[i], patch);
	return pad ? pad : place_new(p, t, patch);
}

bool pads_write(struct process *p, struct patch *patch, const struct arch_pad *pad)
{
	uint64_t start = patch->pad_addr - HEAD;
	struct code_range range = {start, start + pad->size};

	patch->pad_size = pad->size;
	memcpy(patch->copies, pad->copies, sizeof(patch->copies));
	patch->copies_end = pad->copies_end;
	patch->call_begun = pad->call_begun;
	return (!is_free(p, range.start, range.end) || vec_push(&p->pads, range)) &&
	       memory_write_code(p, start, pad->code, pad->size);
}

/** The area around addr; 0: none. */
static uint64_t area_of(const struct process *p, uint64_t addr)
{
	size_t i;

	for (i = 0; i < p->pad_areas.num; i++)
		if (addr - p->pad_areas.items[i] < AREA_SIZE)
			return p->pad_areas.items[i];
	return 0;
}

static uint64_t record_addr(uint64_t area, size_t i)
{
	return area + RECORDS_OFFSET + i * sizeof(struct record);
}

static uint64_t free_record(const struct process *p, uint64_t area)
{
	struct record record;
	size_t i;

	for (i = 0; area && i < MAX_RECORDS; i++)
		if (pread(p->mem_fd, &record, sizeof(record), (off_t)record_addr(area, i)) ==
			    sizeof(record) &&
		    !record.patched.addr)
			return record_addr(area, i);
	return 0;
}

bool pads_note(struct process *p, struct patch *patch)
{
	struct record record = {
		.patched = {.addr = patch->arch.addr,
			    .size = patch->arch.jump_size,
			    .starts = patch->arch.starts},
		.pad_addr = patch->pad_addr,
		.pad_size = patch->pad_size,
	};

	if (!patch->record_addr)
		patch->record_addr = free_record(p, area_of(p, patch->pad_addr));
	if (!patch->record_addr)
		return false;
	memcpy(record.patched.original, patch->arch.original, patch->arch.jump_size);
	p->arch->patching->jump(&patch->arch, patch->pad_addr, record.patched.jump);
	return memory_write_code(p, patch->record_addr, &record, sizeof(record));
}

/** What was a function that an earlier tracer had patched. False: no memory. */
static bool adopt_patch(struct process *p, uint64_t addr, const struct record *record)
{
	struct patch *patch = calloc(1, sizeof(*patch));

	if (!patch)
		return false;
	patch->record_addr = addr;
	patch->pad_addr = record->pad_addr;
	patch->pad_size = record->pad_size;
	patch->arch.addr = record->patched.addr;
	if (jump_find(p, patch->arch.addr) ||
	    !hmap_set(&p->patches, patch->arch.addr, (uint64_t)patch)) {
		free(patch);
		return false;
	}
	return true;
}

/** Restore what an earlier tracer has left: all bytes, since nobody has a breakpoint there. */
static void take_out(struct process *p, struct patched *list, size_t num)
{
	struct memory_code code = {p, p->mem_fd, 0};
	const struct code_ops ops = memory_code_ops(&code);
	const struct code_sync sync = {patched_sync_all_cpus, NULL};
	uint8_t now[ARCH_MAX_JUMP];
	struct planted first;
	size_t i;

	if (patched_take_out(list, num, p->arch, &ops, &sync))
		log_debug("jumps of an earlier tracer cannot be taken out");
	for (i = 0; i < num; i++) {
		// The code may be another one by now.
		if (!ops.read(ops.ctx, list[i].addr, now, list[i].size) ||
		    memcmp(now + 1, list[i].original + 1, list[i].size - 1u) != 0)
			continue;
		first = (struct planted){.addr = list[i].addr, .has_original = 1};
		first.original[0] = list[i].original[0];
		if (!planted_restore(&first, p->arch, &ops))
			log_debug("a trap of an earlier tracer cannot be taken out");
	}
}

bool pads_adopt(struct process *p, uint64_t start)
{
	static struct record records[MAX_RECORDS];
	static struct patched list[MAX_RECORDS];
	char header[sizeof(struct xol_header)];
	struct code_range range;
	size_t i, num = 0;

	if (!p->arch->patching ||
	    pread(p->mem_fd, header, sizeof(header), (off_t)start) != sizeof(header) ||
	    memcmp(header, XOL_AREA_MAGIC, sizeof(XOL_AREA_MAGIC)) != 0 ||
	    memcmp(header + KIND_OFFSET, kind, sizeof(kind)) != 0)
		return false;
	if (pread(p->mem_fd, records, sizeof(records), (off_t)(start + RECORDS_OFFSET)) !=
		    sizeof(records) ||
	    !vec_push(&p->pad_areas, start))
		return true;
	for (i = 0; i < MAX_RECORDS && records[i].patched.addr; i++) {
		range = (struct code_range){records[i].pad_addr - HEAD,
					    records[i].pad_addr - HEAD + records[i].pad_size};
		if (!records[i].patched.size || records[i].patched.size > ARCH_MAX_JUMP ||
		    !vec_push(&p->pads, range) ||
		    !adopt_patch(p, record_addr(start, i), &records[i]))
			continue;
		list[num] = records[i].patched;
		list[num++].is_patched = 1;
	}
	take_out(p, list, num);
	return true;
}

uint64_t pads_empty_target(const struct process *p, uint64_t addr)
{
	uint64_t area = area_of(p, addr);

	return area ? area + EMPTY_OFFSET : 0;
}

void pads_forget(struct process *p)
{
	vec_deinit(&p->pad_areas);
	vec_deinit(&p->pads);
}
