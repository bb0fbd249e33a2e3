// SPDX-License-Identifier: GPL-3.0-or-later
/** An architecture that nobody builds, to try what must work with any: instructions and traps of
 *  four bytes, the return address in a link register, an exact pc at a trap, registers, frames and
 *  signal frames of its own. Its code is interpreted here.
 *
 *  An instruction is a little-endian word: the operation in its highest byte, a register in the
 *  next, a signed number in the lower half. Distances count in instructions from this one.
 *  Operations that take a literal have it in the eight bytes behind. */
#ifndef TESTS_UNIT_ARCH_MADEUP_H
#define TESTS_UNIT_ARCH_MADEUP_H

#include "arch/arch.h"

/** Words of struct arch_regs. Arguments are in the first six of the eight general registers, the
 *  result in the first. */
enum madeup_word {
	MU_PC,
	MU_SP,
	MU_FP,
	MU_LR,
	MU_R0,
	MU_S0 = MU_R0 + 8,
	MU_S1,
	MU_T0,
	MU_NUM_WORDS,
};

/** Registers of a walk: the frame pointer is not the second, the link register is one of them. */
enum madeup_walk_reg {
	MU_WALK_SP,
	MU_WALK_LR,
	MU_WALK_S0,
	MU_WALK_S1,
	MU_WALK_FP,
	/** Never restored. */
	MU_WALK_T0,
	MU_NUM_WALK_REGS,
};

enum madeup_op {
	MU_NOP = 1,
	/** pc += 4 * number. */
	MU_JUMP,
	/** The same, and lr = address of the next instruction. */
	MU_CALL,
	/** register += number. */
	MU_ADD,
	/** register = pc + 4 * number. */
	MU_ADDRESS,
	/** pc = lr. */
	MU_RETURN,
	/** If register is 0: pc += 4 * number. */
	MU_JUMP_IF_ZERO,
	/** pc = literal; lr = literal; register = literal. */
	MU_FAR_JUMP,
	MU_SET_LINK,
	MU_SET,
	MU_TRAP = 0x7f,
};

extern const struct arch arch_madeup;
extern const struct arch_unwind arch_madeup_unwind;

/** The bytes of an instruction. */
static inline uint32_t madeup_insn(enum madeup_op op, unsigned reg, int number)
{
	return (uint32_t)op << 24 | reg << 16 | (uint16_t)number;
}

/** Execute one instruction of the memory at code, which stands for [start, start + size). False:
 *  the pc is outside, or the instruction is a trap or none; regs are unchanged. */
bool madeup_execute(struct arch_regs *regs, const uint8_t *code, uint64_t start, size_t size);

#endif
