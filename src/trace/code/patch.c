// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that the jump may lead to is there before its first byte is written: the pad, slots by
// which the orphan-trap handler finds the copies in the pad, and a record for a later tracer.
#include "config.h"

#include "trace/code/patch.h"

#include "base/log.h"
#include "trace/code/breakpoints.h"
#include "trace/code/displaced.h"
#include "trace/code/jumps.h"
#include "trace/code/orphan.h"
#include "trace/code/pads.h"
#include "trace/code/plant.h"
#include "trace/code/xol_areas.h"
#include "trace/os/memory.h"
#include "trace/os/process.h"
#include "trace/os/threads.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A function of this size is not looked through. */
#define MAX_FUNCTION (1u << 20)

#define HEAD sizeof(struct arch_pad_head)

static const enum plant_why reasons[] = {
	[ARCH_PATCHABLE] = WHY_NONE,
	[ARCH_PATCH_TOO_SHORT] = WHY_SHORT,
	[ARCH_PATCH_NOT_MOVABLE] = WHY_FIXED_CODE,
	[ARCH_PATCH_HAS_CALL] = WHY_FIXED_CODE,
	[ARCH_PATCH_HAS_SYSCALL] = WHY_FIXED_CODE,
	[ARCH_PATCH_IS_TARGET] = WHY_ENTERED,
	[ARCH_PATCH_IS_INDIRECT] = WHY_ENTERED,
	[ARCH_PATCH_NOT_BY_HALVES] = WHY_HALVES,
};

static enum plant_why examine(struct process *p, const struct breakpoint *b, struct arch_patch *ret)
{
	size_t size = b->code_size ? b->code_size : ARCH_MAX_COVERED + ARCH_MAX_INSN;
	_cleanup_free_ uint8_t *code = NULL;

	if (!p->arch->patching || size > MAX_FUNCTION)
		return WHY_FIXED_CODE;
	code = malloc(size);
	if (!code || breakpoint_read_code(p, b->addr, code, size) != size)
		return WHY_REFUSED;
	return reasons[p->arch->patching->examine(code, b->code_size, b->addr, ret)];
}

static enum plant_why may_patch(struct process *p, const struct breakpoint *b,
				struct arch_patch *ret)
{
	if (b->roles & ~(uint32_t)PLANT_PROBE)
		return WHY_MEASURED;
	if (!b->is_planted)
		return WHY_REFUSED;
	if (!orphan_is_installed(p->orphan))
		return WHY_NO_HANDLER;
	return examine(p, b, ret);
}

struct breakpoint *patch_entry(struct process *p, struct breakpoint *b)
{
	struct breakpoint *entry = b->patch ? breakpoint_find(p, b->patch->arch.addr) : NULL;

	return entry ? entry : b;
}

/** Let the breakpoint behind the mark take the roles of b. A thread may come by both traps: the
 *  second is to the capture core as the jump of one allocator to another. */
static struct breakpoint *move_behind_mark(struct process *p, struct breakpoint *b, uint64_t addr)
{
	struct breakpoint *entry;

	if (b->addr == addr)
		return b;
	entry = breakpoint_get(p, addr);
	if (!entry || entry->roles)
		return NULL;
	entry->probe = b->probe;
	entry->hit_slot = b->hit_slot;
	entry->allocator = b->allocator;
	entry->code_size = b->code_size ? b->code_size - (addr - b->addr) : 0;
	if (!breakpoint_add(p, addr, b->roles)) {
		entry->roles = 0;
		return NULL;
	}
	b->roles = 0;
	breakpoint_unplant(p, b);
	return entry;
}

/** Does the pad of patch stand where it was, but for what may differ? Then only that is written. */
static bool reuse_pad(struct process *p, struct patch *patch, const struct arch_pad_head *head,
		      uint64_t target)
{
	uint8_t there[ARCH_PAD_SIZE];
	struct arch_pad pad;
	size_t word;

	if (!patch->pad_addr ||
	    p->arch->patching->next_pad(&patch->arch, patch->pad_addr) != patch->pad_addr ||
	    !p->arch->patching->pad(&patch->arch, head, patch->pad_addr, target, &pad) ||
	    pad.size != patch->pad_size ||
	    pread(p->mem_fd, there, pad.size, (off_t)(patch->pad_addr - HEAD)) != (ssize_t)pad.size)
		return false;
	word = pad.size - sizeof(target);
	if (memcmp(there + HEAD, pad.code + HEAD, word - HEAD) != 0)
		return false;
	memcpy(patch->copies, pad.copies, sizeof(patch->copies));
	patch->copies_end = pad.copies_end;
	patch->call_begun = pad.call_begun;
	return memory_write_code(p, patch->pad_addr - HEAD, head, HEAD) &&
	       memory_write_code(p, patch->pad_addr - HEAD + word, &target, sizeof(target));
}

static enum plant_why make_pad(struct process *p, struct thread *t, struct patch *patch,
			       uint64_t function, uint64_t target, uint32_t probe_index)
{
	const struct arch_pad_head head = {function, probe_index, 0};
	struct arch_pad pad;

	if (reuse_pad(p, patch, &head, target ? target : pads_empty_target(p, patch->pad_addr)))
		return WHY_NONE;
	patch->pad_addr = pads_place(p, t, &patch->arch);
	if (!patch->pad_addr)
		return p->is_mmap_refused ? WHY_REFUSED : WHY_NO_ROOM;
	if (!target)
		target = pads_empty_target(p, patch->pad_addr);
	if (!p->arch->patching->pad(&patch->arch, &head, patch->pad_addr, target, &pad))
		return WHY_NO_ROOM;
	return pads_write(p, patch, &pad) ? WHY_NONE : WHY_REFUSED;
}

/** Byte i of the jump is to be a trap: make it a breakpoint by which one goes on in the pad. */
static enum plant_why make_trap(struct process *p, const struct patch *patch, unsigned i)
{
	uint64_t copy = patch->pad_addr + patch->copies[i == patch->arch.halves_trap ? 0 : i];
	struct breakpoint *b = breakpoint_get(p, patch->arch.addr + i);

	if (!b)
		return WHY_REFUSED;
	if (b->roles & ~ROLE_INSIDE)
		return WHY_OCCUPIED;
	b->roles = ROLE_INSIDE;
	b->is_planted = true;
	if (!b->has_relocation || b->relocation.resume_pc != copy)
		b->has_jump_slot = false;
	// A pc that moves, not an instruction: the copy is not one of its own slot.
	b->relocation = (struct arch_relocation){.kind = ARCH_RELOC_JUMP, .resume_pc = copy};
	b->has_relocation = true;
	memcpy(b->insn, p->arch->trap, p->arch->trap_size);
	displaced_prepare(p, b);
	return WHY_NONE;
}

static enum plant_why make_traps(struct process *p, const struct patch *patch)
{
	enum plant_why why = WHY_NONE;
	unsigned i;

	for (i = 1; i < patch->arch.jump_size && why == WHY_NONE; i++)
		if (patch->arch.traps & 1u << i)
			why = make_trap(p, patch, i);
	return why;
}

/** The patch of the jump at arch->addr, as an earlier one has left it if it is the same. */
static struct patch *get_patch(struct process *p, const struct arch_patch *arch)
{
	struct patch *patch = jump_find(p, arch->addr);

	if (!patch) {
		patch = calloc(1, sizeof(*patch));
		if (!patch || !hmap_set(&p->patches, arch->addr, (uint64_t)patch)) {
			free(patch);
			return NULL;
		}
	}
	patch->arch = *arch;
	return patch;
}

/** function: its address. */
static enum plant_why prepare(struct process *p, struct thread *t, struct breakpoint *b,
			      const struct arch_patch *arch, uint64_t function, uint64_t target,
			      uint32_t probe_index)
{
	struct patch *patch = get_patch(p, arch);
	enum plant_why why;

	if (!patch)
		return WHY_REFUSED;
	if (!jumps_prepare(p, t))
		return WHY_NO_BARRIER;
	why = make_pad(p, t, patch, function, target, probe_index);
	if (why == WHY_NONE)
		why = make_traps(p, patch);
	if (why == WHY_NONE && !pads_note(p, patch))
		why = WHY_NO_ROOM;
	if (why == WHY_NONE)
		b->patch = patch;
	return why;
}

/** Put another target into the pad of a jump that stands. */
static enum plant_why change_target(struct process *p, const struct breakpoint *b, uint64_t target,
				    uint32_t probe_index)
{
	const struct arch_pad_head head = {b->addr, probe_index, 0};

	if (!target)
		target = pads_empty_target(p, b->patch->pad_addr);
	return reuse_pad(p, b->patch, &head, target) ? WHY_NONE : WHY_REFUSED;
}

static enum plant_why patch_first(struct process *p, struct thread *t, struct breakpoint *b,
				  uint64_t target, uint32_t probe_index)
{
	struct breakpoint *entry = patch_entry(p, b);
	struct arch_patch arch;
	enum plant_why why = may_patch(p, entry, &arch);

	if (why == WHY_NONE)
		why = prepare(p, t, entry, &arch, b->addr, target, probe_index);
	if (why != WHY_NONE)
		return why;
	b->patch = entry->patch;
	entry = move_behind_mark(p, entry, arch.addr);
	if (!entry)
		return WHY_OCCUPIED;
	entry->patch = b->patch;
	// A later tracer must not restore its first byte alone: it goes by the record.
	if (!xol_name_byte(p, arch.addr, p->arch->trap[0]))
		return WHY_NO_HANDLER;
	return jump_put(p, t, entry->patch);
}

static enum plant_why try_patch(struct process *p, struct thread *t, struct breakpoint *b,
				uint64_t target, uint32_t probe_index)
{
	if (b->patch && jump_is_whole(p, b->patch))
		return change_target(p, b, target, probe_index);
	// The half that an earlier try has left goes first.
	if (!patch_undo(p, t, b))
		return WHY_NO_BARRIER;
	return patch_first(p, t, b, target, probe_index);
}

enum plant_why patch_function(struct process *p, struct thread *t, struct breakpoint *b,
			      uint64_t target, uint32_t probe_index)
{
	b->patch_why = try_patch(p, t, b, target, probe_index);
	log_debug("function at %#llx: %s", (unsigned long long)b->addr,
		  b->patch_why == WHY_NONE ? "patched" : plant_why_text(b->patch_why));
	return b->patch_why;
}

bool patch_stands(const struct process *p, const struct breakpoint *b)
{
	return b->patch && jump_is_put(p, b->patch);
}

bool patch_undo(struct process *p, struct thread *t, struct breakpoint *b)
{
	return !b->patch || jump_take_out(p, t, b->patch, false);
}

bool patch_undo_stopped(struct process *p, struct breakpoint *b)
{
	return !b->patch || jump_take_out(p, NULL, b->patch, true);
}

bool patch_is_pad(const struct process *p, uint64_t pc)
{
	size_t i;

	for (i = 0; i < p->pads.num; i++)
		if (pc >= p->pads.items[i].start && pc < p->pads.items[i].end)
			return true;
	return p->arch->patching && pc && pads_empty_target(p, pc) == pc;
}

uint64_t patch_original_pc(const struct process *p, uint64_t pc)
{
	const struct patch *patch;
	unsigned at, last = 0;
	size_t i;

	hmap_each (&p->patches, i, patch) {
		if (!patch->copies_end || pc - patch->pad_addr >= patch->pad_size - HEAD)
			continue;
		if (pc - patch->pad_addr >= patch->copies_end)
			return patch->arch.addr + patch->arch.covered_size;
		if (pc - patch->pad_addr >= patch->call_begun)
			return pc;
		for (at = 1; at < patch->arch.jump_size; at++)
			if (patch->arch.starts & 1u << at &&
			    patch->copies[at] <= pc - patch->pad_addr)
				last = at;
		return patch->arch.addr + last;
	}
	return pc;
}

void patch_rewind_pc(struct process *p, struct thread *t)
{
	uint64_t pc = p->arch->pc(&t->regs), original = patch_original_pc(p, pc);

	if (original != pc && !thread_set_pc(p, t, original))
		log_debug("thread %d vanished", (int)t->tid);
}
