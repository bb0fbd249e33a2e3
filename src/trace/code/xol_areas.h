// SPDX-License-Identifier: GPL-3.0-or-later
/** Xol areas: memory in the target for instructions that are executed out of line (displaced), with
 *  a slot for each, and for other code of ours. */
#ifndef TRACE_CODE_XOL_AREAS_H
#define TRACE_CODE_XOL_AREAS_H

#include "arch/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;
struct thread;

/** An executable area. Free slots lie in [start + used, start + size). A code cave is the unused
 *  end of a module's code; it serves targets that may not map memory. */
struct xol_area {
	uint64_t start;
	uint64_t size;
	uint64_t used;
	bool is_cave;
	/** It is a cave, and a stub lies behind its slots. */
	bool has_stub;
	/** It begins with a struct xol_header and a name for each slot. */
	bool has_header;
};

/** The beginning of an area. Then come the names of the slots (uint64_t). A name is the address of
 *  the original instruction, with the first byte that our trap replaced in the highest bits; 0: the
 *  slot is unused. Then come the slots. Where a trap has more than one byte, the bytes that it
 *  replaced behind the first follow, for each slot. */
struct xol_header {
	char magic[32];
};
/** The largest number of slots in an area. */
#define XOL_MAX_SLOTS 1636
/** How many slots an area has, and where they begin in it. */
size_t xol_num_slots(const struct arch *arch);
size_t xol_slots_offset(const struct arch *arch);
/** Names of slots that hold the orphan-trap handler; of slots that are out of date; of slots that
 *  hold the stubs of injected system calls. */
#define XOL_NAME_HANDLER UINT64_MAX
#define XOL_NAME_OLD     (UINT64_MAX - 1)
#define XOL_NAME_STUB    (UINT64_MAX - 2)
#define XOL_NAME_SHIFT   56

/** A slot must reach its instruction, and what that refers to, with 32 bits. So stay well below 2
 *  GiB. */
#define XOL_REACH (1ull << 30)

/** A new, empty area at start. */
struct xol_area xol_area_new(const struct arch *arch, uint64_t start);
/** Tell whether an area at start is near enough for the instruction at addr. */
bool xol_reaches(uint64_t start, uint64_t addr);
/** An area or a code cave with room for a slot that reaches addr. NULL: there is none. */
struct xol_area *xol_area_near(struct process *p, uint64_t addr, bool want_cave);
/** Note what our trap replaces, for the slot that comes next. (Its first byte is in the slot's
 *  name.) False: impossible. */
bool xol_note_original(struct process *p, const struct xol_area *area, const uint8_t *original);
/** Read what was noted for a slot of the area at start. False: unreadable. */
bool xol_read_original(struct process *p, uint64_t start, size_t slot, uint64_t name,
		       uint8_t ret[ARCH_MAX_TRAP]);
/** Take the next slot of an area that has a header, and write its name there. False: impossible. */
bool xol_take_slot(struct process *p, struct xol_area *area, uint64_t name, const void *code,
		   size_t size);
/** The same for as many slots as the code needs, one behind the other. Returns their address; 0:
 *  impossible. */
uint64_t xol_take_slots(struct process *p, struct xol_area *area, uint64_t name,
			const uint8_t *code, size_t size);
/** Change what the name of addr's slot says of its first byte. A tracer that comes later restores
 *  this byte by it, unless it is that of a trap. False: there is no slot with a name, or it cannot
 *  be written. */
bool xol_name_byte(struct process *p, uint64_t addr, uint8_t byte);
/** The instruction at addr has changed: nobody may find the slot that it had. */
void xol_retire_slot(struct process *p, uint64_t addr);
/** Put code into an area, where nobody takes it for a slot. Returns its address; 0: no room. */
uint64_t xol_place(struct process *p, const uint8_t *code, size_t size);
/** A new area was mapped. The stubs of injected system calls go there, unless they have a place
 *  already. */
void xol_add_stubs(struct process *p, struct xol_area *area);
/** As inject_syscall(). While there is no area, the stub is in a code cave. */
bool xol_syscall(struct process *p, struct thread *t, long nr, const uint64_t args[6],
		 int64_t *result_ret);
/** Forget all areas. They went with the process image. */
void xol_forget(struct process *p);

#endif
