// SPDX-License-Identifier: GPL-3.0-or-later
/** What a stack walk must know of an architecture, as data. It is handed to src/walk and to the
 *  compiler of rows (obj/cfi): both run on stacks and files of any architecture, on any host, and
 *  this header needs no C library. */
#ifndef ARCH_UNWIND_H
#define ARCH_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Registers of a walk are numbered: 0 is the stack pointer, the others are as the architecture
 *  likes. They are those that the address of a frame (CFA) can depend on. */
enum {
	WALK_SP,
	/** Room for those that a row can restore. */
	WALK_MAX_SAVED = 7,
	/** Room for all. */
	WALK_MAX_REGS,
};

/** Longest code of a signal trampoline. */
#define ARCH_MAX_TRAMPOLINE 16
/** No such register. */
#define ARCH_NO_REG 0xff

struct arch_unwind {
	/** Registers of a walk. The first num_saved of them can be restored by a row; a function
	 *  never hands the others on to its caller. */
	uint8_t num_regs;
	uint8_t num_saved;
	/** The frame pointer, one of the first num_saved. */
	uint8_t frame_pointer;
	/** Holds the return address at the entry of a function, one of the first num_saved.
	 *  ARCH_NO_REG: the return address is on the stack, where the stack pointer points. */
	uint8_t link;
	/** Bytes that a call pushes: the stack pointer after the return is so much above that at
	 *  the entry. 0 with a link register. */
	uint8_t call_size;
	/** Stubs of the procedure linkage table are aligned to so many bytes, and push one word on
	 *  the way (CFI_ROW_PLT). 0: they do not. */
	uint8_t plt_size;

	/** Frames of code without call-frame information, from the address in the frame pointer:
	 *  where the caller's frame pointer and the return address are, and what the caller's stack
	 *  pointer is. */
	int8_t record_frame_pointer;
	int8_t record_return_addr;
	int8_t record_size;

	/** The kernel's signal frame: where the registers and the pc of the interrupted code are,
	 *  from the stack pointer at the trampoline. */
	int16_t signal_regs[WALK_MAX_REGS];
	int16_t signal_pc;
	/** Code of the trampoline, for a C library without call-frame information for it. It is in
	 *  place: this struct has no pointer. Size 0: there is none to be told by its code. */
	uint8_t trampoline[ARCH_MAX_TRAMPOLINE];
	size_t trampoline_size;

	/** DWARF numbers of the registers of a walk, and of the return address. */
	uint8_t dwarf_regs[WALK_MAX_REGS];
	uint8_t dwarf_return_addr;
};

/** Of a call in progress, whose stack pointer after the return will be sp: where its return address
 *  lies in memory until then. False: at no fixed place. */
static inline bool arch_return_place(const struct arch_unwind *arch, uint64_t sp,
				     uint64_t *addr_ret)
{
	*addr_ret = sp - arch->call_size;
	return arch->link == ARCH_NO_REG;
}

/** How a function that has changed to another stack finds back, while it calls another one. */
struct arch_stack_switch {
	/** The distance of the old stack pointer from the end of its stack, from the stack pointer;
	 *  without owner: the old stack pointer itself. */
	int16_t place;
	/** The owner of the old stack, from the stack pointer, and the end of that stack, from the
	 *  address that is there. */
	bool has_owner;
	int16_t owner;
	int16_t end;
};

extern const struct arch_unwind arch_unwind_x86_64;

#endif
