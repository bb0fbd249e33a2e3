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
static void take_out_orphan(struct process *p, uint64_t addr, uint8_t original)
{
	const struct breakpoint *b = breakpoint_find(p, addr);
	uint8_t byte;

	if ((b && b->is_planted) || pread(p->mem_fd, &byte, 1, (off_t)addr) != 1 ||
	    byte != p->arch->trap[0] || byte == original)
		return;
	if (!memory_write_code(p, addr, &original, 1))
		log_debug("cannot take out a trap at %#llx", (unsigned long long)addr);
}

void displaced_adopt(struct process *p, uint64_t start)
{
	static struct area_header header;
	struct area area = area_new(start);
	uint64_t slot, addr;
	size_t i;

	if (pread(p->mem_fd, &header, sizeof(header), (off_t)start) != sizeof(header) ||
	    memcmp(header.magic, XOL_AREA_MAGIC, sizeof(XOL_AREA_MAGIC)) != 0)
		return;
	for (i = 0; i < AREA_SLOTS && header.addrs[i]; i++, area.used += ARCH_SLOT_SIZE) {
		slot = start + area.used;
		if (header.addrs[i] == AREA_NAME_RESCUE && !p->rescue_addr)
			p->rescue_addr = slot;
		if (header.addrs[i] == AREA_NAME_STUB && !p->stubs_addr)
			p->stubs_addr = slot;
		if (header.addrs[i] >= AREA_NAME_STUB)
			continue;
		addr = header.addrs[i] & ((1ull << AREA_NAME_SHIFT) - 1);
		take_out_orphan(p, addr, header.addrs[i] >> AREA_NAME_SHIFT);
		if (!hmap_set(&p->old_slots, addr, slot))
			return;
	}
	if (!vec_push(&p->areas, area)) {
		hmap_deinit(&p->old_slots);
		return;
	}
	area_use(p, &p->areas.items[p->areas.num - 1]);
}

/** An earlier tracer has relocated the same instruction: if its slot is as we would write it, it
 *  is ours. */
static bool reuse_slot(struct process *p, struct breakpoint *b, const uint8_t *code, size_t size)
{
	const uint64_t *slot = hmap_find(&p->old_slots, b->addr);
	struct arch_relocation *r = &b->relocation;
	uint8_t there[ARCH_SLOT_SIZE];

	return slot && p->arch->relocate(code, size, b->addr, *slot, r) &&
	       r->kind == ARCH_RELOC_SLOT &&
	       pread(p->mem_fd, there, r->size, (off_t)*slot) == (ssize_t)r->size &&
	       memcmp(there, r->code, r->size) == 0;
}

static uint64_t name_addr(const struct area *area, uint64_t slot)
{
	return area->start + offsetof(struct area_header, addrs) +
	       (slot - area->start - sizeof(struct area_header)) / ARCH_SLOT_SIZE * 8;
}

bool displaced_take_slot(struct process *p, struct area *area, uint64_t name, const void *code,
			 size_t size)
{
	uint64_t at = area->start + area->used;

	if (area->used + ARCH_SLOT_SIZE > area->size || !memory_write_code(p, at, code, size) ||
	    (area->has_header && !memory_write_code(p, name_addr(area, at), &name, sizeof(name))))
		return false;
	FAULT_POINT("slot");
	area->used += ARCH_SLOT_SIZE;
	return true;
}

uint64_t displaced_take_slots(struct process *p, struct area *area, uint64_t name,
			      const uint8_t *code, size_t size)
{
	uint64_t addr = area->start + area->used;
	size_t i, part;

	if (area->used + size + ARCH_SLOT_SIZE > area->size)
		return 0;
	for (i = 0; i < size; i += part) {
		part = size - i < ARCH_SLOT_SIZE ? size - i : ARCH_SLOT_SIZE;
		if (!displaced_take_slot(p, area, name, code + i, part))
			return 0;
	}
	return addr;
}

/** The slot that an instruction had before it changed must be found by nobody. */
static void retire_slot(struct process *p, uint64_t addr)
{
	const uint64_t *slot = hmap_find(&p->old_slots, addr), name = AREA_NAME_OLD;
	const struct area *a;
	size_t i;

	for (i = 0; slot && i < p->areas.num; i++) {
		a = &p->areas.items[i];
		if (a->has_header && *slot >= a->start && *slot < a->start + a->size &&
		    !memory_write_code(p, name_addr(a, *slot), &name, sizeof(name)))
			return;
	}
	hmap_remove(&p->old_slots, addr);
}

/** Put code into the next slot, for the instruction at addr. */
static bool new_slot(struct process *p, struct area *area, const struct breakpoint *b,
		     const uint8_t *code, size_t size)
{
	uint64_t slot = area->start + area->used, addr = b->addr;
	uint64_t name = addr | (uint64_t)b->insn[0] << AREA_NAME_SHIFT;

	retire_slot(p, addr);
	if (!displaced_take_slot(p, area, name, code, size))
		return false;
	// A cave's slots have no names, and go with their module.
	if (!area->has_header)
		return true;
	// A module that is loaded again at the same place finds its slots again; without memory it
	// gets others.
	if (!hmap_set(&p->old_slots, addr, slot))
		return true;
	return true;
}

static bool relocate(struct process *p, struct breakpoint *b, struct area *area)
{
	uint8_t code[ARCH_MAX_INSN] = {0};
	size_t size = memory_read_code(p, b->addr, code, sizeof(code));
	uint64_t slot = area ? area->start + area->used : b->addr;

	memcpy(b->insn, code, sizeof(b->insn));
	b->has_jump_slot = b->is_in_cave = false;
	if (reuse_slot(p, b, code, size)) {
		b->has_relocation = true;
		return true;
	}
	if (!p->arch->relocate(code, size, b->addr, slot, &b->relocation))
		return false;
	if (b->relocation.kind == ARCH_RELOC_SLOT &&
	    (!area || !new_slot(p, area, b, b->relocation.code, b->relocation.size)))
		return false;
	b->is_in_cave = b->relocation.kind == ARCH_RELOC_SLOT && area->is_cave;
	b->has_relocation = true;
	return true;
}

/** An instruction that is no more than a jump needs no slot but for the rescue handler, which finds
 *  nothing else. */
static void prepare_jump(struct process *p, struct breakpoint *b)
{
	const uint64_t *old = hmap_find(&p->old_slots, b->addr);
	struct area *area = area_near(p, b->addr, false);
	uint8_t code[ARCH_SLOT_SIZE], there[ARCH_SLOT_SIZE];
	size_t size;

	b->has_jump_slot = true;
	if (old) {
		size = p->arch->jump(*old, b->relocation.resume_pc, code);
		if (pread(p->mem_fd, there, size, (off_t)*old) == (ssize_t)size &&
		    memcmp(there, code, size) == 0)
			return;
	}
	if (!area)
		return;
	size = p->arch->jump(area->start + area->used, b->relocation.resume_pc, code);
	// Without it there is just no rescue here.
	if (!new_slot(p, area, b, code, size))
		return;
}

void displaced_prepare(struct process *p, struct breakpoint *b)
{
	struct area *area = area_near(p, b->addr, false);

	// A slot in a cave is one that the rescue handler does not find.
	if ((!b->has_relocation || (b->is_in_cave && area)) && (!area || !relocate(p, b, area)))
		return;
	if (b->relocation.kind == ARCH_RELOC_JUMP && !b->has_jump_slot)
		prepare_jump(p, b);
}

void displaced_shelter(struct process *p, struct breakpoint *b)
{
	struct area *area;

	if (b->has_relocation || area_near(p, b->addr, false))
		return;
	area = area_near(p, b->addr, true);
	// Without one it is parked before the trap.
	if (!area || !relocate(p, b, area))
		return;
}

uint64_t displaced_resume_pc(struct process *p, struct thread *t, struct breakpoint *b)
{
	struct area *area;

	if (b->has_relocation)
		return b->relocation.resume_pc;
	area = area_near(p, b->addr, false);
	if (relocate(p, b, area))
		return b->relocation.resume_pc;
	if (area)
		return 0;
	area_map_all(p, t);
	area = area_near(p, b->addr, false);
	if (!area)
		area = area_map(p, t, b->addr);
	if (!area)
		area = area_near(p, b->addr, true);
	if (area && relocate(p, b, area))
		return b->relocation.resume_pc;
	return 0;
}

bool displaced_step_over(struct process *p, struct thread *t, struct breakpoint *b)
{
	uint64_t mask, all = ~(1ull << (SIGTRAP - 1));
	bool has_stop = false;

	if (ptrace(PTRACE_GETSIGMASK, t->tid, sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(all), &all) < 0)
		return false;
	breakpoint_unplant(p, b);
	FAULT_POINT("step-over");
	// When other stops came without end it has not moved, and comes here again.
	if (thread_set_pc(p, t, b->addr))
		(void)inject_step(t, PTRACE_SINGLESTEP, &has_stop);
	inject_stop_again(t, has_stop);
	breakpoint_plant(p, b);
	return ptrace(PTRACE_SETSIGMASK, t->tid, sizeof(mask), &mask) == 0;
}

uint64_t displaced_place(struct process *p, const uint8_t *code, size_t size)
{
	uint64_t addr;
	size_t i;
	bool want_cave = false;

	do {
		for (i = 0; i < p->areas.num; i++) {
			if (p->areas.items[i].is_cave != want_cave)
				continue;
			addr = displaced_take_slots(p, &p->areas.items[i], AREA_NAME_OLD, code,
						    size);
			if (addr)
				return addr;
		}
		want_cave = !want_cave;
	} while (want_cave);
	return 0;
}

/** The breakpoint in whose slot pc lies, or NULL. */
static const struct breakpoint *owner_of_slot(const struct process *p, uint64_t pc)
{
	const struct breakpoint *b;
	size_t i, k;

	for (i = 0; i < p->areas.num; i++)
		if (pc >= p->areas.items[i].start &&
		    pc < p->areas.items[i].start + p->areas.items[i].size)
			break;
	if (i == p->areas.num)
		return NULL;
	// Rare: only a signal that interrupted a slot brings us here.
	hmap_each (&p->breakpoints, k, b) {
		if (b->has_relocation && b->relocation.kind == ARCH_RELOC_SLOT &&
		    pc - b->relocation.resume_pc < ARCH_SLOT_SIZE)
			return b;
	}
	return NULL;
}

uint64_t displaced_original_pc(struct process *p, uint64_t pc)
{
	const struct breakpoint *b = owner_of_slot(p, pc);

	if (!b)
		return pc;
	return pc == b->relocation.resume_pc ? b->addr : b->addr + b->relocation.insn_size;
}

void displaced_undo(struct process *p, struct thread *t, bool is_fault)
{
	uint64_t pc = p->arch->pc(&t->regs);
	const struct breakpoint *b = owner_of_slot(p, pc);
	struct undone *undone;

	if (!b)
		return;
	if (b->relocation.done_size && pc == b->relocation.resume_pc + b->relocation.done_size) {
		if (!thread_set_pc(p, t, b->addr + b->relocation.insn_size))
			log_debug("thread %d vanished", (int)t->tid);
		return;
	}
	// Signals that come faster than the thread gets through the trap: the second one in a row finds the
	// slot, or it would never get on.
	if (pc != b->relocation.resume_pc || (b->addr == t->redone_addr && !is_fault))
		return;
	if (!thread_set_pc(p, t, b->addr) || !b->is_planted)
		return;
	undone = &t->undone[t->num_undone++ % (sizeof(t->undone) / sizeof(t->undone[0]))];
	*undone = (struct undone){b->addr, t->regs};
}

bool displaced_is_undone(struct process *p, struct thread *t, const struct breakpoint *b)
{
	size_t i;

	t->redone_addr = 0;
	for (i = 0; i < sizeof(t->undone) / sizeof(t->undone[0]); i++) {
		if (t->undone[i].addr != b->addr ||
		    !p->arch->is_same_state(&t->undone[i].regs, &t->regs))
			continue;
		t->undone[i].addr = 0;
		t->redone_addr = b->addr;
		return true;
	}
	return false;
}

void displaced_forget(struct process *p)
{
	vec_deinit(&p->areas);
	hmap_deinit(&p->old_slots);
	p->is_mmap_refused = false;
	p->syscall_insn = p->link_state = 0;
	p->rescue_addr = p->rescue_data = p->stubs_addr = 0;
	p->num_rescue_areas = 0;
	p->num_rescue_tries = 0;
	p->is_rescue_installed = p->is_rescue_refused = false;
}
