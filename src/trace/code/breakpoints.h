// SPDX-License-Identifier: GPL-3.0-or-later
/** The breakpoints in the text of the target, and what each of them is for. Internal to trace/. */
#ifndef TRACE_CODE_BREAKPOINTS_H
#define TRACE_CODE_BREAKPOINTS_H

#include "arch/arch.h"
#include "wire/plant_why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct patch;
struct process;
struct thread;

/** Roles that only the tracer knows: return breakpoint; upcalls of the agent. The other roles are
 *  in enum plant_role. */
#define ROLE_RETURN 0x100u
#define ROLE_UPCALL 0x200u
/** The trap is a part of a jump (code/patch.h): it is written and taken out with that alone. */
#define ROLE_INSIDE 0x800u

struct breakpoint {
	uint64_t addr;
	/** PLANT_* and ROLE_RETURN. 0: nobody needs it any more. */
	uint32_t roles;
	/** Index for probe_at() (PLANT_PROBE), id of the call probe (PLANT_CALL). */
	uint32_t probe;
	uint32_t call_id;
	uint32_t measure_id;
	/** Place in shared->stats.hits[] (PLANT_PROBE). */
	uint32_t hit_slot;
	/** Bytes of the function, 0: not known (PLANT_PROBE). */
	uint64_t code_size;
	/** The jump that stands here, or stood; NULL: none yet. Why there is none, as
	 *  patch_function() said last. */
	struct patch *patch;
	enum plant_why patch_why;
	/** Index in process.allocators (PLANT_PROBE). */
	uint32_t allocator;
	/** Place in shared->planted[]. */
	uint32_t planted_index;
	bool is_planted;
	/** How a thread gets past it. Valid if has_relocation. */
	bool has_relocation;
	struct arch_relocation relocation;
	/** The instruction that was relocated, relocation.insn_size bytes. */
	uint8_t insn[ARCH_MAX_INSN];
	/** Its instruction needs no slot, but has one for the orphan-trap handler. */
	bool has_jump_slot;
	/** Its slot is in a code cave, until there is an area. */
	bool is_in_cave;
	/** Return breakpoint: pending calls that will return here. */
	uint32_t num_pending;
	/** Return breakpoint: returns of pending calls, and hits for other reasons. */
	uint32_t num_matched;
	uint32_t num_other;
	/** Entry of an allocator function: it was tried to patch it. */
	bool is_patch_tried;
	/** Return breakpoint: it is taken out when no call is pending, because its code was made at
	 *  run time, or because it is hit mostly for other reasons. */
	bool is_one_shot;
};

/** The breakpoint at addr, or NULL. */
struct breakpoint *breakpoint_find(struct process *p, uint64_t addr);
/** The breakpoint at addr, made if there is none. Nothing is planted. NULL: no memory, or the table
 *  is full. */
struct breakpoint *breakpoint_get(struct process *p, uint64_t addr);
/** The breakpoint behind whose trap thread t stands, registers fetched. NULL: it stands behind none
 *  of ours. */
struct breakpoint *breakpoint_of_trap(struct process *p, const struct thread *t);
/** Take the trap out, if it is still there; the program may have replaced its text. The record
 *  stays, so that a thread that has already trapped is recognised. */
void breakpoint_unplant(struct process *p, struct breakpoint *b);
void breakpoint_unplant_all(struct process *p);
/** Forget everything in [start, end), where a module was unmapped. What is there now is written to
 *  only where it holds our traps. */
void breakpoint_drop_range(struct process *p, uint64_t start, uint64_t end);
/** Take all traps out of the memory of a forked child. */
void breakpoint_clean_child(struct process *p, pid_t child);
/** Forget everything (a new process image). */
void breakpoint_forget_all(struct process *p);
/** Read code as it would be without our breakpoints. Returns the number of bytes. */
size_t breakpoint_read_code(struct process *p, uint64_t addr, uint8_t *buf, size_t size);

#endif
