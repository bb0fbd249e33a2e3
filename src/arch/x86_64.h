// SPDX-License-Identifier: GPL-3.0-or-later
/** What the files of the x86-64 table share. */
#ifndef ARCH_X86_64_H
#define ARCH_X86_64_H

#include "arch/arch.h"
#include "arch/x86_64_callee.h"

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
	W_SS,
	W_FS_BASE,
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

/* x86_64_syscall.c: members of struct arch. */
#define ARCH_X86_64_REDO_SIZE 7
extern const uint8_t arch_x86_64_redo_stub[ARCH_X86_64_REDO_SIZE];
void arch_x86_64_set_syscall(struct arch_regs *regs, uint64_t insn_addr, long nr,
			     const uint64_t args[6]);
long arch_x86_64_syscall_nr(const struct arch_regs *regs);
uint64_t arch_x86_64_syscall_arg(const struct arch_regs *regs, unsigned i);
int64_t arch_x86_64_syscall_result(const struct arch_regs *regs);
bool arch_x86_64_is_syscall_entry(const struct arch_regs *regs);
bool arch_x86_64_makes_task(long nr);
void arch_x86_64_skip_syscall(struct arch_regs *regs, int64_t result);
void arch_x86_64_insert_syscall(struct arch_regs *regs, long nr, uint64_t arg, uint64_t stub,
				uint64_t stack_ret[ARCH_REDO_WORDS]);
bool arch_x86_64_restart_eintr(struct arch_regs *regs);
bool arch_x86_64_finish_syscall(struct arch_regs *regs, bool *is_restarted_ret);

/* x86_64_relocate.c: likewise. */
bool arch_x86_64_relocate(const uint8_t *code, size_t size, uint64_t pc, uint64_t slot_addr,
			  struct arch_relocation *ret);
size_t arch_x86_64_jump(uint64_t slot_addr, uint64_t target, uint8_t ret[ARCH_XOL_SLOT_SIZE]);

/* Copy the instruction to copy_addr, with what comes behind it next to it there; no call, no loop.
 * Of a jump the target stays the same. False: impossible. */
bool arch_x86_64_copy(const uint8_t *code, size_t size, uint64_t pc, uint64_t copy_addr,
		      uint8_t ret[ARCH_XOL_SLOT_SIZE], size_t *size_ret);

/* x86_64_pad.c. */
extern const struct arch_patching arch_patching_x86_64;

/* x86_64_dispatch.c, x86_64_switch.c: members of struct arch. */
bool arch_x86_64_stack_switch(const uint8_t *code, size_t size, struct arch_stack_switch *ret);
bool arch_x86_64_dispatch(const uint8_t *code, size_t size, uint64_t pc, struct arch_dispatch *ret);

/* x86_64_call.c: likewise. */
size_t arch_x86_64_call(uint64_t function, uint8_t ret[ARCH_CALL_SIZE]);

/* x86_64_orphan.c: likewise. */
size_t arch_x86_64_orphan(uint64_t addr, uint8_t ret[ARCH_ORPHAN_SIZE], size_t *data_ret);

/* x86_64_stub.c: likewise. */
void arch_x86_64_stub(const struct arch_regs *regs, uint64_t mask, uint64_t serial,
		      uint8_t ret[ARCH_STUB_SIZE]);

#endif
