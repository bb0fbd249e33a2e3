// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "trace/engine.h"

#include "base/fault.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

_Static_assert(sizeof(struct area_header) % ARCH_SLOT_SIZE == 0, "slots are aligned");
_Static_assert(sizeof(struct area_header) + AREA_SLOTS * ARCH_SLOT_SIZE <= XOL_AREA_SIZE,
	       "they fit");

/** A trap that stands there now, before we have planted any, is of an earlier tracer that died with its
 *  supervisor. */
static void take_out_orphan(struct engine *e, uint64_t addr, uint8_t original)
{
	const struct breakpoint *b = breakpoint_find(e, addr);
	uint8_t byte;

	if ((b && b->is_planted) || pread(e->mem_fd, &byte, 1, (off_t)addr) != 1 ||
	    byte != e->arch->trap[0] || byte == original)
		return;
	if (!memory_write_code(e, addr, &original, 1))
		log_debug("cannot take out a trap at %#llx", (unsigned long long)addr);
}

void displaced_adopt(struct engine *e, uint64_t start)
{
	static struct area_header header;
	struct area area = area_new(start);
	uint64_t slot, addr;
	size_t i;

	if (pread(e->mem_fd, &header, sizeof(header), (off_t)start) != sizeof(header) ||
	    memcmp(header.magic, XOL_AREA_MAGIC, sizeof(XOL_AREA_MAGIC)) != 0)
		return;
	for (i = 0; i < AREA_SLOTS && header.addrs[i]; i++, area.used += ARCH_SLOT_SIZE) {
		slot = start + area.used;
		if (header.addrs[i] == AREA_NAME_RESCUE && !e->rescue_addr)
			e->rescue_addr = slot;
		if (header.addrs[i] == AREA_NAME_STUB && !e->stubs_addr)
			e->stubs_addr = slot;
		if (header.addrs[i] >= AREA_NAME_STUB)
			continue;
		addr = header.addrs[i] & ((1ull << AREA_NAME_SHIFT) - 1);
		take_out_orphan(e, addr, header.addrs[i] >> AREA_NAME_SHIFT);
		if (!hmap_set(&e->old_slots, addr, slot))
			return;
	}
	if (!vec_push(&e->areas, area)) {
		hmap_deinit(&e->old_slots);
		return;
	}
	area_use(e, &e->areas.items[e->areas.num - 1]);
}

/** An earlier tracer has relocated the same instruction: if its slot is as we would write it, it
 *  is ours. */
static bool reuse_slot(struct engine *e, struct breakpoint *b, const uint8_t *code, size_t size)
{
	const uint64_t *slot = hmap_find(&e->old_slots, b->addr);
	struct arch_relocation *r = &b->relocation;
	uint8_t there[ARCH_SLOT_SIZE];

	return slot && e->arch->relocate(code, size, b->addr, *slot, r) &&
	       r->kind == ARCH_RELOC_SLOT &&
	       pread(e->mem_fd, there, r->size, (off_t)*slot) == (ssize_t)r->size &&
	       memcmp(there, r->code, r->size) == 0;
}

static uint64_t name_addr(const struct area *area, uint64_t slot)
{
	return area->start + offsetof(struct area_header, addrs) +
	       (slot - area->start - sizeof(struct area_header)) / ARCH_SLOT_SIZE * 8;
}

bool displaced_take_slot(struct engine *e, struct area *area, uint64_t name, const void *code,
			 size_t size)
{
	uint64_t at = area->start + area->used;

	if (area->used + ARCH_SLOT_SIZE > area->size || !memory_write_code(e, at, code, size) ||
	    (area->has_header && !memory_write_code(e, name_addr(area, at), &name, sizeof(name))))
		return false;
	FAULT_POINT("slot");
	area->used += ARCH_SLOT_SIZE;
	return true;
}

uint64_t displaced_take_slots(struct engine *e, struct area *area, uint64_t name,
			      const uint8_t *code, size_t size)
{
	uint64_t addr = area->start + area->used;
	size_t i, part;

	if (area->used + size + ARCH_SLOT_SIZE > area->size)
		return 0;
	for (i = 0; i < size; i += part) {
		part = size - i < ARCH_SLOT_SIZE ? size - i : ARCH_SLOT_SIZE;
		if (!displaced_take_slot(e, area, name, code + i, part))
			return 0;
	}
	return addr;
}

/** The slot that an instruction had before it changed must be found by nobody. */
static void retire_slot(struct engine *e, uint64_t addr)
{
	const uint64_t *slot = hmap_find(&e->old_slots, addr), name = AREA_NAME_OLD;
	const struct area *a;
	size_t i;

	for (i = 0; slot && i < e->areas.num; i++) {
		a = &e->areas.items[i];
		if (a->has_header && *slot >= a->start && *slot < a->start + a->size &&
		    !memory_write_code(e, name_addr(a, *slot), &name, sizeof(name)))
			return;
	}
	hmap_remove(&e->old_slots, addr);
}

/** Put code into the next slot, for the instruction at addr. */
static bool new_slot(struct engine *e, struct area *area, const struct breakpoint *b,
		     const uint8_t *code, size_t size)
{
	uint64_t slot = area->start + area->used, addr = b->addr;
	uint64_t name = addr | (uint64_t)b->insn[0] << AREA_NAME_SHIFT;

	retire_slot(e, addr);
	if (!displaced_take_slot(e, area, name, code, size))
		return false;
	// A cave's slots have no names, and go with their module.
	if (!area->has_header)
		return true;
	// A module that is loaded again at the same place finds its slots again; without memory it
	// gets others.
	if (!hmap_set(&e->old_slots, addr, slot))
		return true;
	return true;
}

static bool relocate(struct engine *e, struct breakpoint *b, struct area *area)
{
	uint8_t code[ARCH_MAX_INSN] = {0};
	size_t size = memory_read_code(e, b->addr, code, sizeof(code));
	uint64_t slot = area ? area->start + area->used : b->addr;

	memcpy(b->insn, code, sizeof(b->insn));
	b->has_jump_slot = b->is_in_cave = false;
	if (reuse_slot(e, b, code, size)) {
		b->has_relocation = true;
		return true;
	}
	if (!e->arch->relocate(code, size, b->addr, slot, &b->relocation))
		return false;
	if (b->relocation.kind == ARCH_RELOC_SLOT &&
	    (!area || !new_slot(e, area, b, b->relocation.code, b->relocation.size)))
		return false;
	b->is_in_cave = b->relocation.kind == ARCH_RELOC_SLOT && area->is_cave;
	b->has_relocation = true;
	return true;
}

/** An instruction that is no more than a jump needs no slot but for the rescue handler, which finds
 *  nothing else. */
static void prepare_jump(struct engine *e, struct breakpoint *b)
{
	const uint64_t *old = hmap_find(&e->old_slots, b->addr);
	struct area *area = area_near(e, b->addr, false);
	uint8_t code[ARCH_SLOT_SIZE], there[ARCH_SLOT_SIZE];
	size_t size;

	b->has_jump_slot = true;
	if (old) {
		size = e->arch->jump(*old, b->relocation.resume_pc, code);
		if (pread(e->mem_fd, there, size, (off_t)*old) == (ssize_t)size &&
		    memcmp(there, code, size) == 0)
			return;
	}
	if (!area)
		return;
	size = e->arch->jump(area->start + area->used, b->relocation.resume_pc, code);
	// Without it there is just no rescue here.
	if (!new_slot(e, area, b, code, size))
		return;
}

void displaced_prepare(struct engine *e, struct breakpoint *b)
{
	struct area *area = area_near(e, b->addr, false);

	// A slot in a cave is one that the rescue handler does not find.
	if ((!b->has_relocation || (b->is_in_cave && area)) && (!area || !relocate(e, b, area)))
		return;
	if (b->relocation.kind == ARCH_RELOC_JUMP && !b->has_jump_slot)
		prepare_jump(e, b);
}

void displaced_shelter(struct engine *e, struct breakpoint *b)
{
	struct area *area;

	if (b->has_relocation || area_near(e, b->addr, false))
		return;
	area = area_near(e, b->addr, true);
	// Without one it is parked before the trap.
	if (!area || !relocate(e, b, area))
		return;
}

uint64_t displaced_resume_pc(struct engine *e, struct thread *t, struct breakpoint *b)
{
	struct area *area;

	if (b->has_relocation)
		return b->relocation.resume_pc;
	area = area_near(e, b->addr, false);
	if (relocate(e, b, area))
		return b->relocation.resume_pc;
	if (area)
		return 0;
	area_map_all(e, t);
	area = area_near(e, b->addr, false);
	if (!area)
		area = area_map(e, t, b->addr);
	if (!area)
		area = area_near(e, b->addr, true);
	if (area && relocate(e, b, area))
		return b->relocation.resume_pc;
	return 0;
}

bool displaced_step_over(struct engine *e, struct thread *t, struct breakpoint *b)
{
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	bool has_stop = false;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	breakpoint_unplant(e, b);
	FAULT_POINT("step-over");
	// When other stops came without end it has not moved, and comes here again.
	if (thread_set_pc(e, t, b->addr))
		(void)inject_step(t, PTRACE_SINGLESTEP, &has_stop);
	inject_stop_again(t, has_stop);
	breakpoint_plant(e, b);
	return ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) == 0;
}

uint64_t displaced_place(struct engine *e, const uint8_t *code, size_t size)
{
	uint64_t addr;
	size_t i;
	bool want_cave = false;

	do {
		for (i = 0; i < e->areas.num; i++) {
			if (e->areas.items[i].is_cave != want_cave)
				continue;
			addr = displaced_take_slots(e, &e->areas.items[i], AREA_NAME_OLD, code,
						    size);
			if (addr)
				return addr;
		}
		want_cave = !want_cave;
	} while (want_cave);
	return 0;
}

/** The breakpoint in whose slot pc lies, or NULL. */
static const struct breakpoint *owner_of_slot(const struct engine *e, uint64_t pc)
{
	const struct breakpoint *b;
	size_t i, k;

	for (i = 0; i < e->areas.num; i++)
		if (pc >= e->areas.items[i].start &&
		    pc < e->areas.items[i].start + e->areas.items[i].size)
			break;
	if (i == e->areas.num)
		return NULL;
	// Rare: only a signal that interrupted a slot brings us here.
	hmap_each (&e->breakpoints, k, b) {
		if (b->has_relocation && b->relocation.kind == ARCH_RELOC_SLOT &&
		    pc - b->relocation.resume_pc < ARCH_SLOT_SIZE)
			return b;
	}
	return NULL;
}

uint64_t displaced_original_pc(struct engine *e, uint64_t pc)
{
	const struct breakpoint *b = owner_of_slot(e, pc);

	if (!b)
		return pc;
	return pc == b->relocation.resume_pc ? b->addr : b->addr + b->relocation.insn_size;
}

void displaced_undo(struct engine *e, struct thread *t, bool is_fault)
{
	uint64_t pc = e->arch->pc(&t->regs);
	const struct breakpoint *b = owner_of_slot(e, pc);
	struct undone *undone;

	if (!b)
		return;
	if (b->relocation.done_size && pc == b->relocation.resume_pc + b->relocation.done_size) {
		if (!thread_set_pc(e, t, b->addr + b->relocation.insn_size))
			log_debug("thread %d vanished", (int)t->tid);
		return;
	}
	// Signals that come faster than the thread gets through the trap: the second one in a row finds the
	// slot, or it would never get on.
	if (pc != b->relocation.resume_pc || (b->addr == t->redone_addr && !is_fault))
		return;
	if (!thread_set_pc(e, t, b->addr) || !b->is_planted)
		return;
	undone = &t->undone[t->num_undone++ % (sizeof(t->undone) / sizeof(t->undone[0]))];
	*undone = (struct undone){b->addr, t->regs};
}

bool displaced_is_undone(struct engine *e, struct thread *t, const struct breakpoint *b)
{
	size_t i;

	t->redone_addr = 0;
	for (i = 0; i < sizeof(t->undone) / sizeof(t->undone[0]); i++) {
		if (t->undone[i].addr != b->addr ||
		    !e->arch->is_same_state(&t->undone[i].regs, &t->regs))
			continue;
		t->undone[i].addr = 0;
		t->redone_addr = b->addr;
		return true;
	}
	return false;
}

void displaced_forget(struct engine *e)
{
	vec_deinit(&e->areas);
	hmap_deinit(&e->old_slots);
	e->is_mmap_refused = false;
	e->syscall_insn = e->link_state = 0;
	e->rescue_addr = e->rescue_data = e->stubs_addr = 0;
	e->num_rescue_areas = 0;
	e->num_rescue_tries = 0;
	e->is_rescue_installed = e->is_rescue_refused = false;
}
