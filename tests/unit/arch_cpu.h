// SPDX-License-Identifier: GPL-3.0-or-later
/** Runs a piece of x86-64 code with given registers and flags, and tells how the code left them. */
#ifndef TESTS_UNIT_ARCH_CPU_H
#define TESTS_UNIT_ARCH_CPU_H

#include <stddef.h>
#include <stdint.h>

/** Registers in the order of their encoding. */
enum {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R12 = 12,
	R14 = 14,
	NUM_GPRS = 16,
};

/** State of the CPU before and after a run. The assembler code below knows the offsets. */
struct cpu {
	uint64_t gpr[NUM_GPRS];
	uint64_t flags;
	uint64_t pc;
	/** As fxsave64 writes it: x87 and XMM. */
	_Alignas(16) uint8_t fx[512];
};
_Static_assert(offsetof(struct cpu, flags) == 128 && offsetof(struct cpu, pc) == 136 &&
		       offsetof(struct cpu, fx) == 144,
	       "offsets in the assembler code");

struct cpu run_in __attribute__((used, visibility("hidden")));
struct cpu run_out __attribute__((used, visibility("hidden")));

/** Load run_in and go on at its pc. The pads jump to run_exit, which fills run_out and returns to
 *  the caller. */
void run_enter(void) __attribute__((visibility("hidden")));
extern const char run_exit[] __attribute__((visibility("hidden")));

// clang-format off
__asm__(
	".pushsection .bss\n"
	".balign 8\n"
	"run_host_sp: .zero 8\n"
	".popsection\n"
	".pushsection .text\n"
	".globl run_enter, run_exit\n"
	".hidden run_enter, run_exit\n"
	"run_enter:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; pushfq\n"
	"	mov %rsp, run_host_sp(%rip)\n"
	"	fxrstor64 run_in+144(%rip)\n"
	"	pushq run_in+128(%rip)\n"
	"	popfq\n"
	"	mov run_in+0(%rip), %rax;	mov run_in+8(%rip), %rcx\n"
	"	mov run_in+16(%rip), %rdx;	mov run_in+24(%rip), %rbx\n"
	"	mov run_in+32(%rip), %rsp;	mov run_in+40(%rip), %rbp\n"
	"	mov run_in+48(%rip), %rsi;	mov run_in+56(%rip), %rdi\n"
	"	mov run_in+64(%rip), %r8;	mov run_in+72(%rip), %r9\n"
	"	mov run_in+80(%rip), %r10;	mov run_in+88(%rip), %r11\n"
	"	mov run_in+96(%rip), %r12;	mov run_in+104(%rip), %r13\n"
	"	mov run_in+112(%rip), %r14;	mov run_in+120(%rip), %r15\n"
	"	jmp *run_in+136(%rip)\n"
	"run_exit:\n"
	"	mov %rax, run_out+0(%rip);	mov %rcx, run_out+8(%rip)\n"
	"	mov %rdx, run_out+16(%rip);	mov %rbx, run_out+24(%rip)\n"
	"	mov %rsp, run_out+32(%rip);	mov %rbp, run_out+40(%rip)\n"
	"	mov %rsi, run_out+48(%rip);	mov %rdi, run_out+56(%rip)\n"
	"	mov %r8, run_out+64(%rip);	mov %r9, run_out+72(%rip)\n"
	"	mov %r10, run_out+80(%rip);	mov %r11, run_out+88(%rip)\n"
	"	mov %r12, run_out+96(%rip);	mov %r13, run_out+104(%rip)\n"
	"	mov %r14, run_out+112(%rip);	mov %r15, run_out+120(%rip)\n"
	"	mov run_host_sp(%rip), %rsp\n"
	"	pushfq\n"
	"	popq run_out+128(%rip)\n"
	"	fxsave64 run_out+144(%rip)\n"
	"	fninit\n"
	"	popfq; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	".popsection\n");
// clang-format on

#endif
