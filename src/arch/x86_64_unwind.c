// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "arch/x86_64.h"

/** struct rt_sigframe at the trampoline: sp points at the ucontext; gregs begin at 40, in the order
 *  of the kernel's struct sigcontext: r8 ... r15 di si bp bx dx ax cx sp ip
 *  (arch/x86/include/uapi/asm/sigcontext.h). */
#define GREG(n) (40 + 8 * (n))

const struct arch_unwind arch_unwind_x86_64 = {
	.num_regs = X86_NUM_REGS,
	.num_saved = X86_R10,
	.frame_pointer = X86_BP,
	.link = ARCH_NO_REG,
	.call_size = 8,
	// elf_x86_64_lazy_plt_eh_frame of binutils; lld and gold write the same.
	.plt_size = 16,
	.record_frame_pointer = 0,
	.record_return_addr = 8,
	.record_size = 16,
	// clang-format off
	.signal_regs = {
		[X86_SP] = GREG(15), [X86_BP] = GREG(10), [X86_BX] = GREG(11),
		[X86_R12] = GREG(4), [X86_R13] = GREG(5), [X86_R14] = GREG(6),
		[X86_R15] = GREG(7), [X86_R10] = GREG(2),
	},
	.signal_pc = GREG(16),
	// mov $15 (rt_sigreturn),%rax; syscall
	.trampoline = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05},
	.trampoline_size = 9,
	// psABI, figure 3.36.
	.dwarf_regs = {
		[X86_SP] = 7, [X86_BP] = 6, [X86_BX] = 3,
		[X86_R12] = 12, [X86_R13] = 13, [X86_R14] = 14,
		[X86_R15] = 15, [X86_R10] = 10,
	},
	// clang-format on
	.dwarf_return_addr = 16,
};
