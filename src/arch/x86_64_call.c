// SPDX-License-Identifier: GPL-3.0-or-later
// A function of the target is called by a thread of the target, without a trap: the thread runs
// through a stub that calls it, puts every register back, and goes on where its stack says. The
// tracer does no more than to set registers once, so it may die at any moment of it.
#include "config.h"

#include "arch/x86_64.h"

#include <string.h>

/* rsp points to the argument, where the result goes, and that to the pc to go on at; behind them
 * lies the red zone. The vector and x87 registers that a function may change hold nothing at the
 * entry and behind the return of one without floating-point arguments and results (psABI 3.2.3). */
__asm__("	.pushsection .rodata\n"
	"	.balign 16\n"
	"	.globl arch_x86_64_call_code, arch_x86_64_call_function, arch_x86_64_call_end\n"
	"	.hidden arch_x86_64_call_code, arch_x86_64_call_function, arch_x86_64_call_end\n"
	"arch_x86_64_call_code:\n"
	"	pushfq\n"
	"	push	%rax\n"
	"	push	%rcx\n"
	"	push	%rdx\n"
	"	push	%rsi\n"
	"	push	%rdi\n"
	"	push	%r8\n"
	"	push	%r9\n"
	"	push	%r10\n"
	"	push	%r11\n"
	"	push	%rbp\n"
	"	mov	%rsp, %rbp\n"
	"	mov	88(%rbp), %rdi\n"
	"	xor	%esi, %esi\n"
	"	and	$-16, %rsp\n"
	"	cld\n"
	"	call	*arch_x86_64_call_function(%rip)\n"
	"	mov	%rax, 88(%rbp)\n"
	"	mov	%rbp, %rsp\n"
	"	pop	%rbp\n"
	"	pop	%r11\n"
	"	pop	%r10\n"
	"	pop	%r9\n"
	"	pop	%r8\n"
	"	pop	%rdi\n"
	"	pop	%rsi\n"
	"	pop	%rdx\n"
	"	pop	%rcx\n"
	"	pop	%rax\n"
	"	popfq\n"
	"	lea	8(%rsp), %rsp\n"
	"	ret	$128\n"
	"	.balign 8\n"
	"arch_x86_64_call_function:\n"
	"	.quad	0\n"
	"arch_x86_64_call_end:\n"
	"	.popsection\n");

extern const uint8_t arch_x86_64_call_code[], arch_x86_64_call_function[], arch_x86_64_call_end[];

size_t arch_x86_64_call(uint64_t function, uint8_t ret[ARCH_CALL_SIZE])
{
	size_t size = (size_t)(arch_x86_64_call_end - arch_x86_64_call_code);

	memcpy(ret, arch_x86_64_call_code, size);
	memcpy(ret + (arch_x86_64_call_function - arch_x86_64_call_code), &function,
	       sizeof(function));
	return size;
}
