// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions whose first instructions are replaced by a jump to a pad: code of ours that calls the
 *  agent, executes copies of these instructions, and jumps behind them.
 *
 *  The jump is punned: each byte of it at which an instruction began is a trap. So whatever still
 *  leads there (a thread in the middle, a signal frame, a saved context) traps, and goes on at the
 *  copy of that instruction. The bytes of a jump say how far it goes. So it is by the choice of the
 *  pad's address that they are traps.
 *
 *  All functions work on buffers, as those of arch/arch.h do. */
#ifndef ARCH_PATCH_H
#define ARCH_PATCH_H

#include "arch/arch.h"

/** Longest jump. Most bytes of whole instructions that it can cover. */
#define ARCH_MAX_JUMP    8
#define ARCH_MAX_COVERED (ARCH_MAX_JUMP - 1 + ARCH_MAX_INSN)

/** May a function be patched, and if not, why? */
enum arch_patchable {
	ARCH_PATCHABLE,
	/** It ends, or goes elsewhere, before the jump would end. */
	ARCH_PATCH_TOO_SHORT,
	/** An instruction cannot be decoded, or not be copied elsewhere. */
	ARCH_PATCH_NOT_MOVABLE,
	/** The jump would cover a call and what follows it, to which somebody may still return; or
	 *  a system call, which the kernel may begin again. */
	ARCH_PATCH_HAS_CALL,
	ARCH_PATCH_HAS_SYSCALL,
	/** The function jumps to where the jump would be, or it cannot be told where it jumps. */
	ARCH_PATCH_IS_TARGET,
	ARCH_PATCH_IS_INDIRECT,
	/** The kernel puts the first byte of the original back when somebody's uprobe there is
	 *  removed. That, with the rest of the jump, would be an instruction that does harm. */
	ARCH_PATCH_NOT_BY_HALVES,
};

/** Where the jump of a function goes, and what it covers. */
struct arch_patch {
	/** Address of the jump: the function's entry, or behind the mark of branch targets with
	 *  which it begins, and which stays (x86-64: endbr64). */
	uint64_t addr;
	/** Bytes of the jump, which may begin with a byte of the original that stays (x86-64: a
	 *  prefix); of the whole instructions that it covers. */
	uint8_t jump_size;
	uint8_t covered_size;
	/** Bit i: byte i of the jump must be a trap, since an instruction begins there (but not for
	 *  bit 0: the jump itself begins there). */
	uint8_t starts;
	/** Bit i: byte i of the jump is a trap. More than starts, see halves_trap. */
	uint8_t traps;
	/** Bit i: byte i of the jump cannot be chosen, it is given[i]. The traps, and what makes
	 *  the first byte of the original, if that is back but not the others, an instruction that
	 *  does no harm. */
	uint8_t is_given;
	uint8_t given[ARCH_MAX_JUMP];
	/** The byte of the jump at which a thread traps then, to go on at the copy of the first
	 *  instruction. 0: it traps nowhere, or at the second instruction as all do. */
	uint8_t halves_trap;
	/** What the covered instructions are, covered_size bytes. */
	uint8_t original[ARCH_MAX_COVERED];
};

/** In front of a pad: what the agent must know of it. */
struct arch_pad_head {
	/** The function's entry. */
	uint64_t function;
	/** Whatever the agent wants to have with it. */
	uint32_t probe_index;
	uint32_t reserved;
};

/** Room for a pad and its head. */
#define ARCH_PAD_SIZE 128

/** A pad, as it must stand with its head from pad_addr - sizeof(struct arch_pad_head) on. */
struct arch_pad {
	uint8_t code[ARCH_PAD_SIZE];
	/** Of the code with the head. */
	size_t size;
	/** Of copy i of the instruction at arch_patch.addr + i, for each bit i of starts: how far
	 *  it is behind the pad's address. */
	uint8_t copies[ARCH_MAX_JUMP];
	/** Where all copies end, and the jump back begins, from the pad's address on. */
	uint8_t copies_end;
	/** The last copy may be a call, which is several instructions there. From here to
	 *  copies_end it has begun, but is not made yet: the function has no such place. */
	uint8_t call_begun;
};

/** What struct arch has of it. */
struct arch_patching {
	/** Look at the function that is code[0, size), at addr. size is that of the whole function,
	 *  0: not known, in which case only its beginning is looked at, for which code must hold
	 *  ARCH_MAX_COVERED + ARCH_MAX_INSN bytes. *ret is written only for ARCH_PATCHABLE. */
	enum arch_patchable (*examine)(const uint8_t *code, size_t size, uint64_t addr,
				       struct arch_patch *ret);
	/** The lowest address not below from at which patch's pad may be. 0: there is none. */
	uint64_t (*next_pad)(const struct arch_patch *patch, uint64_t from);
	/** The jump to a pad at an address that next_pad() has named. */
	void (*jump)(const struct arch_patch *patch, uint64_t pad_addr, uint8_t ret[ARCH_MAX_JUMP]);
	/** A pad that calls target. The callee finds the pad's head by its own return address,
	 *  call_size bytes behind the pad's address. False: an operand is out of reach from
	 *  there. */
	bool (*pad)(const struct arch_patch *patch, const struct arch_pad_head *head,
		    uint64_t pad_addr, uint64_t target, struct arch_pad *ret);
	/** Of the call with which a pad begins. */
	size_t call_size;
	/** A target that returns at once, empty_size bytes for any place. */
	const uint8_t *empty;
	size_t empty_size;
};

#endif
