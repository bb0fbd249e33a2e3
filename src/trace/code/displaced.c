// SPDX-License-Identifier: GPL-3.0-or-later
// A trap stays in the text while threads go on: the instruction under it is copied to a slot near
// by, relocated, with a jump back behind it, and the thread continues there. Whoever looks at the
// thread meanwhile (a handler, an unwinder) is shown the original place.
#include "config.h"

#include "trace/code/displaced.h"

#include "base/log.h"
#include "trace/code/breakpoints.h"
#include "trace/code/xol_areas.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <string.h>
#include <unistd.h>

/** An earlier tracer may have relocated the same instruction. If its slot is as we would write it,
 *  it becomes ours. */
static bool reuse_slot(struct process *p, struct breakpoint *b, const uint8_t *code, size_t size)
{
	const uint64_t *slot = hmap_find(&p->xol_slots, b->addr);
	struct arch_relocation *r = &b->relocation;
	uint8_t there[ARCH_XOL_SLOT_SIZE];

	return slot && p->arch->relocate(code, size, b->addr, *slot, r) &&
	       r->kind == ARCH_RELOC_SLOT &&
	       pread(p->mem_fd, there, r->size, (off_t)*slot) == (ssize_t)r->size &&
	       memcmp(there, r->code, r->size) == 0;
}

/** Put code for the instruction at addr into the next slot. */
static bool new_slot(struct process *p, struct xol_area *area, const struct breakpoint *b,
		     const uint8_t *code, size_t size)
{
	uint64_t slot = area->start + area->used, addr = b->addr;
	uint64_t name = addr | (uint64_t)b->insn[0] << XOL_NAME_SHIFT;

	xol_retire_slot(p, addr);
	if (!xol_note_original(p, area, b->insn) || !xol_take_slot(p, area, name, code, size))
		return false;
	// Slots of a cave have no names, and go with their module.
	if (!area->has_header)
		return true;
	// If a module is loaded again at the same place, it finds its slots again. Without memory
	// it gets others.
	if (!hmap_set(&p->xol_slots, addr, slot))
		return true;
	return true;
}

bool displaced_relocate(struct process *p, struct breakpoint *b, struct xol_area *area)
{
	uint8_t code[ARCH_MAX_INSN] = {0};
	size_t size = breakpoint_read_code(p, b->addr, code, sizeof(code));
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

/** A jump needs no slot. It gets one for the orphan-trap handler, which finds nothing else. */
static void prepare_jump(struct process *p, struct breakpoint *b)
{
	const uint64_t *old = hmap_find(&p->xol_slots, b->addr);
	struct xol_area *area = xol_area_near(p, b->addr, false);
	uint8_t code[ARCH_XOL_SLOT_SIZE], there[ARCH_XOL_SLOT_SIZE];
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
	// Without it the handler is just of no use here.
	if (!new_slot(p, area, b, code, size))
		return;
}

void displaced_prepare(struct process *p, struct breakpoint *b)
{
	struct xol_area *area = xol_area_near(p, b->addr, false);

	// The orphan-trap handler does not find a slot in a cave.
	if ((!b->has_relocation || (b->is_in_cave && area)) &&
	    (!area || !displaced_relocate(p, b, area)))
		return;
	if (b->relocation.kind == ARCH_RELOC_JUMP && !b->has_jump_slot)
		prepare_jump(p, b);
}

void displaced_shelter(struct process *p, struct breakpoint *b)
{
	struct xol_area *area;

	if (b->has_relocation || xol_area_near(p, b->addr, false))
		return;
	area = xol_area_near(p, b->addr, true);
	// Without one it is parked before the trap.
	if (!area || !displaced_relocate(p, b, area))
		return;
}

/** The breakpoint in whose slot pc lies, or NULL. */
static const struct breakpoint *owner_of_slot(const struct process *p, uint64_t pc)
{
	const struct breakpoint *b;
	size_t i, k;

	for (i = 0; i < p->xol_areas.num; i++)
		if (pc >= p->xol_areas.items[i].start &&
		    pc < p->xol_areas.items[i].start + p->xol_areas.items[i].size)
			break;
	if (i == p->xol_areas.num)
		return NULL;
	// Rare: only a signal that interrupted a slot brings us here.
	hmap_each (&p->breakpoints, k, b) {
		if (b->has_relocation && b->relocation.kind == ARCH_RELOC_SLOT &&
		    pc - b->relocation.resume_pc < ARCH_XOL_SLOT_SIZE)
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

void displaced_rewind_pc(struct process *p, struct thread *t, bool is_fault)
{
	uint64_t pc = p->arch->pc(&t->regs);
	const struct breakpoint *b = owner_of_slot(p, pc);
	struct rewound *rewound;

	if (!b)
		return;
	if (b->relocation.done_size && pc == b->relocation.resume_pc + b->relocation.done_size) {
		if (!thread_set_pc(p, t, b->addr + b->relocation.insn_size))
			log_debug("thread %d vanished", (int)t->tid);
		return;
	}
	// Signals may come faster than the thread gets through the trap. Then the second one in a
	// row finds the slot; otherwise the thread would never go on.
	if (pc != b->relocation.resume_pc || (b->addr == t->redone_addr && !is_fault))
		return;
	if (!thread_set_pc(p, t, b->addr) || !b->is_planted)
		return;
	rewound = &t->rewound[t->num_rewound++ % (sizeof(t->rewound) / sizeof(t->rewound[0]))];
	*rewound = (struct rewound){b->addr, t->regs};
}

bool displaced_is_rewound(struct process *p, struct thread *t, const struct breakpoint *b)
{
	size_t i;

	t->redone_addr = 0;
	for (i = 0; i < sizeof(t->rewound) / sizeof(t->rewound[0]); i++) {
		if (t->rewound[i].addr != b->addr ||
		    !p->arch->is_same_state(&t->rewound[i].regs, &t->regs))
			continue;
		t->rewound[i].addr = 0;
		t->redone_addr = b->addr;
		return true;
	}
	return false;
}
