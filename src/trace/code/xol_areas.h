// SPDX-License-Identifier: GPL-3.0-or-later
/** Areas in the target for instructions that are executed out of line (displaced), a slot for each,
 *  and for other code of ours. */
#ifndef TRACE_CODE_XOL_AREAS_H
#define TRACE_CODE_XOL_AREAS_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct thread;

/** Executable area: slots lie in [start + used, start + size). A code cave is the unused end of a
 *  module's code, for targets that may not map memory. */
struct xol_area {
	uint64_t start;
	uint64_t size;
	uint64_t used;
	bool is_cave;
	/** Behind the end of a cave's slots lies a stub. */
	bool has_stub;
	/** It begins with a struct xol_header, in which each slot is named. */
	bool has_header;
};

/** What an area begins with. The names of the slots follow (uint64_t): the address of the original
 *  instruction with the first byte that our trap replaced in the uppermost bits; 0: unused. Then
 *  come the slots and, where a trap has more than one byte, what it replaced behind the first, for
 *  each slot. */
struct xol_header {
	char magic[32];
};
/** No area has more slots. */
#define XOL_MAX_SLOTS 1636
/** Slots of an area, and where they begin in it. */
size_t xol_num_slots(const struct arch *arch);
size_t xol_slots_offset(const struct arch *arch);
/** Names of slots that hold the orphan-trap handler, of those that are out of date, and of those
 *  that hold the stubs of injected system calls. */
#define XOL_NAME_HANDLER UINT64_MAX
#define XOL_NAME_OLD     (UINT64_MAX - 1)
#define XOL_NAME_STUB    (UINT64_MAX - 2)
#define XOL_NAME_SHIFT   56

/** A slot must reach its instruction, and what that refers to, with 32 bits: keep well below 2
 *  GiB. */
#define XOL_REACH (1ull << 30)

/** What an area at start is before anything is in it. */
struct xol_area xol_area_new(const struct arch *arch, uint64_t start);
/** Is an area at start near enough for the instruction at addr? */
bool xol_reaches(uint64_t start, uint64_t addr);
/** An area, or a code cave, with room for a slot that reaches addr. NULL: none. */
struct xol_area *xol_area_near(struct process *p, uint64_t addr, bool want_cave);
/** Note what our trap replaces, for the slot that comes next: its first byte is in the slot's name.
 *  False: not possible. */
bool xol_note_original(struct process *p, const struct xol_area *area, const uint8_t *original);
/** What was noted for a slot of the area at start. False: unreadable. */
bool xol_read_original(struct process *p, uint64_t start, size_t slot, uint64_t name,
		       uint8_t ret[ARCH_MAX_TRAP]);
/** Note in an area with a header whose slot comes next, and take it. False: not possible. */
bool xol_take_slot(struct process *p, struct xol_area *area, uint64_t name, const void *code,
		   size_t size);
/** The same for as many slots as the code needs, one behind the other. Returns their address, 0:
 *  not possible. */
uint64_t xol_take_slots(struct process *p, struct xol_area *area, uint64_t name,
			const uint8_t *code, size_t size);
/** The slot that the instruction at addr had before it changed must be found by nobody. */
void xol_retire_slot(struct process *p, uint64_t addr);
/** Put code into an area, where nobody takes it for a slot. 0: no room. */
uint64_t xol_place(struct process *p, const uint8_t *code, size_t size);
/** An area has come: stubs for injected system calls go into it, unless they have a place
 *  already. */
void xol_add_stubs(struct process *p, struct xol_area *area);
/** inject_syscall(), with a stub in a code cave as long as there is no area. */
bool xol_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		 int64_t *result_ret);
/** Forget all areas: they are gone with the process image. */
void xol_forget(struct process *p);

#endif
