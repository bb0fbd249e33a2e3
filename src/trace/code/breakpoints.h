// SPDX-License-Identifier: GPL-3.0-or-later
/** Breakpoints in the text of the target, and what each of them is for. Internal to trace/. */
#ifndef TRACE_CODE_BREAKPOINTS_H
#define TRACE_CODE_BREAKPOINTS_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process;
struct thread;

/** Roles of a breakpoint that only the tracer knows, a return breakpoint; the others are enum
 *  plant_role. */
#define ROLE_RETURN 0x100u

struct breakpoint {
	uint64_t addr;
	/** PLANT_* and ROLE_RETURN. 0: nobody wants it any more. */
	uint32_t roles;
	/** Index for probe_at() (PLANT_PROBE), id of the call probe (PLANT_CALL). */
	uint32_t probe;
	uint32_t call_id;
	uint32_t measure_id;
	/** Place in shared->stats.hits[] (PLANT_PROBE). */
	uint32_t hit_slot;
	/** Index in process.allocators (PLANT_PROBE). */
	uint32_t allocator;
	/** Place in shared->planted[]. */
	uint32_t planted_index;
	bool is_planted;
	/** How to get past it; valid when has_relocation. */
	bool has_relocation;
	struct arch_relocation relocation;
	/** The instruction that was relocated, relocation.insn_size bytes. */
	uint8_t insn[ARCH_MAX_INSN];
	/** It needs no slot, but has one for the orphan-trap handler. */
	bool has_jump_slot;
	/** Its slot is in a code cave, for as long as there is no area. */
	bool is_in_cave;
	/** Return breakpoint: pending calls that will return here. */
	uint32_t num_pending;
	/** Return breakpoint: returns of pending calls, and hits for other reasons. */
	uint32_t num_matched;
	uint32_t num_other;
	/** Return breakpoint: taken out when no call is pending (code made at run time, or mostly
	 *  hit for other reasons). */
	bool is_one_shot;
};

/** The one at addr, or NULL. */
struct breakpoint *breakpoint_find(struct process *p, uint64_t addr);
/** The one at addr, made if there is none; nothing is planted. NULL: no memory, table full. */
struct breakpoint *breakpoint_get(struct process *p, uint64_t addr);
/** Thread t, registers fetched, stands behind a trap of ours? Its breakpoint, or NULL. */
struct breakpoint *breakpoint_of_trap(struct process *p, const struct thread *t);
/** Restore the byte (if the trap is still there: the program may have replaced its text). The
 *  record stays, so that a thread that has trapped already is recognised. */
void breakpoint_unplant(struct process *p, struct breakpoint *b);
void breakpoint_unplant_all(struct process *p);
/** Forget everything in [start, end), a module that is not mapped any more. What is there now is
 *  written to only where it holds our traps. */
void breakpoint_drop_range(struct process *p, uint64_t start, uint64_t end);
/** Restore all bytes in the memory of a forked child. */
void breakpoint_clean_child(struct process *p, pid_t child);
/** Forget everything (a new process image). */
void breakpoint_forget_all(struct process *p);
/** Read code as it is without our breakpoints. Returns the number of bytes. */
size_t breakpoint_read_code(struct process *p, uint64_t addr, uint8_t *buf, size_t size);

#endif
