// SPDX-License-Identifier: GPL-3.0-or-later
// A system call that the tracer makes a thread make: behind it the stub puts back the signal mask
// and all registers that the call has changed, so the thread goes on even when the tracer has died.
#include "config.h"

#include "arch/x86_64.h"

#include <string.h>

/* A system call changes rax, rcx and r11 (and here those of its arguments and of the second call);
 * the flags it leaves as they are, and so do mov, lea and jmp. Neither the stack nor a vector
 * register is touched. */
__asm__("	.pushsection .rodata\n"
	"	.balign 16\n"
	"	.globl arch_x86_64_stub_code, arch_x86_64_stub_data, arch_x86_64_stub_end\n"
	"	.hidden arch_x86_64_stub_code, arch_x86_64_stub_data, arch_x86_64_stub_end\n"
	"arch_x86_64_stub_code:\n"
	"	syscall\n"
	"	mov	$14, %eax\n" // rt_sigprocmask
	"	mov	$2, %edi\n"  // SIG_SETMASK
	"	lea	1f(%rip), %rsi\n"
	"	mov	$0, %edx\n"
	"	mov	$8, %r10d\n"
	"	syscall\n"
	"	mov	1f+8(%rip), %rdi\n"
	"	mov	1f+16(%rip), %rsi\n"
	"	mov	1f+24(%rip), %rdx\n"
	"	mov	1f+32(%rip), %r10\n"
	"	mov	1f+40(%rip), %r8\n"
	"	mov	1f+48(%rip), %r9\n"
	"	mov	1f+56(%rip), %rcx\n"
	"	mov	1f+64(%rip), %r11\n"
	"	mov	1f+72(%rip), %rax\n"
	"	jmp	*1f+80(%rip)\n"
	"	.balign 8\n"
	"arch_x86_64_stub_data:\n"
	"1:	.fill	11, 8, 0\n"
	"arch_x86_64_stub_end:\n"
	"	.popsection\n");

extern const uint8_t arch_x86_64_stub_code[], arch_x86_64_stub_data[], arch_x86_64_stub_end[];

_Static_assert(ARCH_STUB_SIZE % ARCH_XOL_SLOT_SIZE == 0, "it takes whole slots");

void arch_x86_64_stub(const struct arch_regs *regs, uint64_t mask, uint64_t serial,
		      uint8_t ret[ARCH_STUB_SIZE])
{
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_R10, W_R8,
					W_R9,  W_RCX, W_R11, W_RAX, W_RIP};
	size_t data = (size_t)(arch_x86_64_stub_data - arch_x86_64_stub_code), i;
	uint64_t words[11] = {mask};

	for (i = 0; i < sizeof(place); i++)
		words[i + 1] = regs->word[place[i]];
	memset(ret, 0, ARCH_STUB_SIZE);
	memcpy(ret, arch_x86_64_stub_code, data);
	memcpy(ret + data, words, sizeof(words));
	memcpy(ret + ARCH_STUB_SERIAL, &serial, sizeof(serial));
}
