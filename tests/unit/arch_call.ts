// SPDX-License-Identifier: GPL-3.0-or-later
#include "arch/arch.h"
#include "arch_cpu.h"
#include "test_util.h"

#include <string.h>
#include <sys/mman.h>

/** As hostile as the ABI allows: changes every register that need not be kept, all flags, and aborts on an odd stack. */
uint64_t callee_arg __attribute__((used, visibility("hidden")));
uint64_t callee_sp __attribute__((used, visibility("hidden")));
uint64_t callee_second __attribute__((used, visibility("hidden")));
extern const char callee[] __attribute__((visibility("hidden")));

// clang-format off
__asm__(
	".pushsection .text\n"
	".globl callee\n"
	".hidden callee\n"
	"callee:\n"
	"	mov %rdi, callee_arg(%rip)\n"
	"	mov %rsi, callee_second(%rip)\n"
	"	mov %rsp, callee_sp(%rip)\n"
	"	mov $-1, %rax; mov %rax, %rcx; mov %rax, %rdx; mov %rax, %rsi; mov %rax, %rdi\n"
	"	mov %rax, %r8; mov %rax, %r9; mov %rax, %r10; mov %rax, %r11\n"
	"	add $1, %rcx\n" // zero and carry
	"	mov callee_arg(%rip), %rax\n"
	"	lea 7(%rax), %rax\n"
	"	ret\n"
	".popsection\n");
// clang-format on

#define STACK_WORDS 512
#define SP_WORD     400

#suite arch_call

#tcase call

#test nothing_changes_but_the_result
	const struct arch *arch = arch_host();
	static uint64_t stack[STACK_WORDS], before[STACK_WORDS];
	uint8_t code[ARCH_CALL_SIZE];
	size_t size = arch->call((uint64_t)callee, code), i;
	uint8_t *stub = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned misalign;

	ck_assert_uint_le(size, ARCH_CALL_SIZE);
	ck_assert(stub != MAP_FAILED);
	memcpy(stub, code, size);
	for (misalign = 0; misalign < 2; misalign++) {
		uint64_t sp = (uint64_t)&stack[SP_WORD + misalign], frame, words[2] = {0x1234, (uint64_t)run_exit};
		struct arch_regs regs = {{0}};

		for (i = 0; i < STACK_WORDS; i++)
			stack[i] = before[i] = i * 0x0101010101010101ull;
		memset(&run_out, 0, sizeof(run_out));
		for (i = 0; i < NUM_GPRS; i++)
			run_in.gpr[i] = 0x1111111111111111ull * i;
		// Sign, overflow, parity; neither zero nor carry.
		run_in.flags = 0x2 | 0x4 | 0x80 | 0x800;
		__asm__ volatile("fxsave64 %0" : "=m"(run_in.fx));
		// PTRACE_GETREGS: rsp is word 19, rip word 16.
		regs.word[19] = sp;
		frame = arch->enter_call(&regs, (uint64_t)stub);
		ck_assert_uint_eq(regs.word[16], (uint64_t)stub);
		ck_assert_uint_eq(regs.word[19], frame);
		// The red zone is left alone.
		ck_assert_uint_le(frame + 16, sp - 128);
		memcpy((void *)frame, words, sizeof(words));
		run_in.gpr[RSP] = regs.word[19];
		run_in.pc = regs.word[16];
		run_enter();
		ck_assert_uint_eq(callee_arg, 0x1234);
		ck_assert_uint_eq(callee_second, 0);
		ck_assert_uint_eq(callee_sp % 16, 8);
		run_in.gpr[RSP] = sp;
		for (i = 0; i < NUM_GPRS; i++)
			ck_assert_uint_eq(run_out.gpr[i], run_in.gpr[i]);
		ck_assert_uint_eq(run_out.flags & 0xcd5, run_in.flags & 0xcd5);
		ck_assert_uint_eq(arch->call_frame(sp), frame);
		ck_assert_uint_eq(*(uint64_t *)frame, 0x1234 + 7);
		// Nothing at all from the red zone up.
		for (i = SP_WORD + misalign - 16; i < STACK_WORDS; i++)
			ck_assert_uint_eq(stack[i], before[i]);
	}
	munmap(stub, 4096);
