// SPDX-License-Identifier: GPL-3.0-or-later
// The table of x86-64, and what is said in a line or two. The other files of this name have a
// subject each.
#include "config.h"

#include "arch/x86_64.h"

#include <elf.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

_Static_assert(sizeof(struct arch_regs) == sizeof(struct user_regs_struct), "layout");

/** As in <asm/hwcap2.h>, which older headers lack. */
#define HWCAP2_FSGSBASE 2u

static const uint8_t trap[] = {0xcc}, syscall_insn[] = {0x0f, 0x05};

static uint64_t x86_pc(const struct arch_regs *regs)
{
	return regs->word[W_RIP];
}

static void x86_set_pc(struct arch_regs *regs, uint64_t pc)
{
	regs->word[W_RIP] = pc;
}

static uint64_t x86_sp(const struct arch_regs *regs)
{
	return regs->word[W_RSP];
}

static uint64_t x86_arg(const struct arch_regs *regs, unsigned i)
{
	// psABI 3.2.3: INTEGER arguments.
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_RCX, W_R8, W_R9};

	return regs->word[place[i]];
}

static uint64_t x86_result(const struct arch_regs *regs)
{
	return regs->word[W_RAX];
}

static void x86_set_result(struct arch_regs *regs, uint64_t result)
{
	regs->word[W_RAX] = result;
}

static uint64_t x86_thread_pointer(const struct arch_regs *regs)
{
	return regs->word[W_FS_BASE];
}

static void x86_walk_regs(const struct arch_regs *regs, uint64_t ret[WALK_MAX_REGS])
{
	static const uint8_t place[X86_NUM_REGS] = {
		[X86_SP] = W_RSP,  [X86_BP] = W_RBP,  [X86_BX] = W_RBX,  [X86_R12] = W_R12,
		[X86_R13] = W_R13, [X86_R14] = W_R14, [X86_R15] = W_R15, [X86_R10] = W_R10,
	};
	unsigned i;

	for (i = 0; i < X86_NUM_REGS; i++)
		ret[i] = regs->word[place[i]];
}

static bool x86_is_same_state(const struct arch_regs *a, const struct arch_regs *b)
{
	struct arch_regs copy = *b;

	// A resume flag may have been set for the trap (Intel SDM 3, 18.3.1.1).
	copy.word[W_RIP] = a->word[W_RIP];
	copy.word[W_ORIG_RAX] = a->word[W_ORIG_RAX];
	copy.word[W_EFLAGS] = a->word[W_EFLAGS];
	return memcmp(a, &copy, sizeof(copy)) == 0;
}

/** A function may keep data so far below its stack pointer (psABI 3.2.2). Behind it come the two
 *  words of the frame. */
#define RED_ZONE 128

static uint64_t x86_call_frame(uint64_t sp)
{
	return sp - RED_ZONE - 2 * sizeof(uint64_t);
}

static uint64_t x86_enter_call(struct arch_regs *regs, uint64_t stub)
{
	regs->word[W_RSP] = x86_call_frame(regs->word[W_RSP]);
	regs->word[W_RIP] = stub;
	return regs->word[W_RSP];
}

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.title = "64-bit x86",
	.audit_arch = AUDIT_ARCH_X86_64,
	.elf_machine = EM_X86_64,
	// The other half of 48 bits is the kernel's. A process that asks for the 57 bits of 5-level
	// paging gets them for data alone, and only on request.
	.addr_bits = 47,
	.insn_align = 1,
	.trap = trap,
	.trap_size = sizeof(trap),
	.trap_advance = sizeof(trap),
	.pc = x86_pc,
	.set_pc = x86_set_pc,
	.regs_size = sizeof(struct arch_regs),
	.get_regs_request = PTRACE_GETREGS,
	.set_regs_request = PTRACE_SETREGS,
	.set_word_request = PTRACE_POKEUSER,
	.pc_offset = W_RIP * sizeof(uint64_t),
	.sp = x86_sp,
	.arg = x86_arg,
	.result = x86_result,
	.set_result = x86_set_result,
	.thread_pointer = x86_thread_pointer,
	.thread_pointer_hwcap2 = HWCAP2_FSGSBASE,
	.shadow_stack_key = "x86_Thread_features",
	.shadow_stack_word = "shstk",
	.unwind = &arch_unwind_x86_64,
	.walk_regs = x86_walk_regs,
	.syscall_insn = syscall_insn,
	.syscall_insn_size = sizeof(syscall_insn),
	.set_syscall = arch_x86_64_set_syscall,
	.syscall_nr = arch_x86_64_syscall_nr,
	.syscall_arg = arch_x86_64_syscall_arg,
	.syscall_result = arch_x86_64_syscall_result,
	.is_syscall_entry = arch_x86_64_is_syscall_entry,
	.makes_task = arch_x86_64_makes_task,
	.restart_eintr = arch_x86_64_restart_eintr,
	.skip_syscall = arch_x86_64_skip_syscall,
	.insert_syscall = arch_x86_64_insert_syscall,
	.redo_stub = arch_x86_64_redo_stub,
	.redo_stub_size = sizeof(arch_x86_64_redo_stub),
	.finish_syscall = arch_x86_64_finish_syscall,
	.is_same_state = x86_is_same_state,
	.callee = arch_x86_64_callee,
	.stack_switch = arch_x86_64_stack_switch,
	.dispatch = arch_x86_64_dispatch,
	.relocate = arch_x86_64_relocate,
	.jump = arch_x86_64_jump,
	.patching = &arch_patching_x86_64,
	.orphan_handler = arch_x86_64_orphan,
	.call = arch_x86_64_call,
	.enter_call = x86_enter_call,
	.call_frame = x86_call_frame,
	.stub = arch_x86_64_stub,
};
