// SPDX-License-Identifier: GPL-3.0-or-later
/** What the files of the x86-64 table share. */
#ifndef ARCH_X86_64_H
#define ARCH_X86_64_H

#include "arch/arch.h"

/** Words of struct user_regs_struct (Linux, arch/x86/include/asm/user_64.h). */
enum reg_word {
	W_R15,
	W_R14,
	W_R13,
	W_R12,
	W_RBP,
	W_RBX,
	W_R11,
	W_R10,
	W_R9,
	W_R8,
	W_RAX,
	W_RCX,
	W_RDX,
	W_RSI,
	W_RDI,
	W_ORIG_RAX,
	W_RIP,
	W_CS,
	W_EFLAGS,
	W_RSP,
};

/** Registers of a walk: the callee-saved ones of the ABI (psABI, figure 3.4), and r10, from which a
 *  function that realigns its stack computes its CFA until it has saved it. */
enum x86_walk_reg {
	X86_SP = WALK_SP,
	X86_BP,
	X86_BX,
	X86_R12,
	X86_R13,
	X86_R14,
	X86_R15,
	X86_R10,
	X86_NUM_REGS,
};

/* x86_64_rescue.c */
size_t arch_x86_64_rescue(uint64_t addr, uint8_t ret[ARCH_RESCUE_SIZE], size_t *data_ret);

/* x86_64_stub.c */
void arch_x86_64_stub(const struct arch_regs *regs, uint64_t mask, uint64_t serial,
		      uint8_t ret[ARCH_STUB_SIZE]);

#endif
