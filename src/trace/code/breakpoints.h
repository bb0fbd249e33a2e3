// SPDX-License-Identifier: GPL-3.0-or-later
/** Breakpoints in the text of the target, and what each of them is for. Internal to trace/. */
#ifndef TRACE_CODE_BREAKPOINTS_H
#define TRACE_CODE_BREAKPOINTS_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process;

/** Roles of a breakpoint that only the tracer knows; the others are enum plant_role. */
#define ROLE_SITE 0x100u

struct breakpoint {
	uint64_t addr;
	/** PLANT_* and ROLE_SITE. 0: nobody wants it any more. */
	uint32_t roles;
	/** Index for probe_at() (PLANT_PROBE), id of the call probe (PLANT_CALL). */
	uint32_t probe;
	uint32_t call_id;
	uint32_t measure_id;
	/** Place in shared->stats.hits[] (PLANT_PROBE). */
	uint32_t hit_slot;
	/** Index in engine.allocators (PLANT_PROBE). */
	uint32_t allocator;
	/** Place in shared->planted[]. */
	uint32_t planted_index;
	bool is_planted;
	/** How to get past it; valid when has_relocation. */
	bool has_relocation;
	struct arch_relocation relocation;
	/** The instruction that was relocated, relocation.insn_size bytes. */
	uint8_t insn[ARCH_MAX_INSN];
	/** It needs no slot, but has one for the rescue handler. */
	bool has_jump_slot;
	/** Its slot is in a cave, for as long as there is no area. */
	bool is_in_cave;
	/** Site: pending calls that will return here. */
	uint32_t num_pending;
	/** Site: returns of pending calls, and hits for other reasons. */
	uint32_t num_matched;
	uint32_t num_other;
	/** Site: taken out when no call is pending (code made at run time, or mostly hit for
	 *  other reasons). */
	bool is_one_shot;
};

struct breakpoint *breakpoint_find(struct process *p, uint64_t addr);
/** Find or make one and add the roles; plants it when tracing is on. NULL: not plantable
 *  (unmapped, no memory, table full). */
struct breakpoint *breakpoint_add(struct process *p, uint64_t addr, uint32_t roles);
bool breakpoint_plant(struct process *p, struct breakpoint *b);
/** Restore the byte (if the trap is still there: the program may have replaced its text). The
 *  record stays, so that a thread that has trapped already is recognised. */
void breakpoint_unplant(struct process *p, struct breakpoint *b);
void breakpoint_plant_all(struct process *p);
void breakpoint_unplant_all(struct process *p);
/** Forget everything in [start, end), a module that is not mapped any more. What is there now is
 *  written to only where it holds our traps. */
void breakpoint_drop_range(struct process *p, uint64_t start, uint64_t end);
/** Restore all bytes in the memory of a forked child. */
void breakpoint_clean_child(struct process *p, pid_t child);
/** Forget everything (a new image). */
void breakpoint_forget_all(struct process *p);

#endif
