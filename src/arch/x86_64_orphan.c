// SPDX-License-Identifier: GPL-3.0-or-later
// The handler of SIGTRAP that runs in the target when there is no tracer any more: it looks for the
// trap's address among the names of the slots, and lets the thread go on in the slot.
#include "config.h"

#include "arch/x86_64.h"

#include <string.h>

/* A signal handler of the kind SA_SIGINFO: rdi is the signal, rsi the siginfo_t (si_code at 8), rdx
 * the ucontext_t, whose rip is at 0xa8 and whose eflags are at 0xb0 (Linux,
 * arch/x86/include/uapi/asm/{ucontext,sigcontext}.h). The kernel reports int3 with the code
 * SI_KERNEL (0x80), a single step with TRAP_TRACE (2). All registers but rsp may be changed:
 * sigreturn restores them. */
__asm__("	.pushsection .rodata\n"
	"	.balign 16\n"
	"	.globl arch_x86_64_orphan_code, arch_x86_64_orphan_data, arch_x86_64_orphan_end\n"
	"	.globl arch_x86_64_orphan_restorer\n"
	"	.hidden arch_x86_64_orphan_code, arch_x86_64_orphan_data, arch_x86_64_orphan_end\n"
	"	.hidden arch_x86_64_orphan_restorer\n"
	"arch_x86_64_orphan_code:\n"
	"	mov	8(%rsi), %eax\n"
	"	cmp	$2, %eax\n"
	"	je	5f\n"
	"	cmp	$0x80, %eax\n"
	"	jne	6f\n"
	"	mov	0xa8(%rdx), %rax\n"
	"	dec	%rax\n"
	"	lea	arch_x86_64_orphan_data(%rip), %rdi\n"
	// rsi: offset of the names, r8: of the slots, ecx: their number, r9: an area.
	"	mov	(%rdi), %rsi\n"
	"	mov	8(%rdi), %r8\n"
	"	add	$72, %rdi\n"
	"1:	mov	(%rdi), %r9\n"
	"	test	%r9, %r9\n"
	"	jz	4f\n"
	// The tracer had moved the pc already, and died before it let the thread go on.
	"	mov	%rax, %rcx\n"
	"	sub	%r9, %rcx\n"
	"	cmp	arch_x86_64_orphan_data+24(%rip), %rcx\n"
	"	jb	9f\n"
	"	mov	arch_x86_64_orphan_data+16(%rip), %rcx\n"
	"	lea	(%r9,%rsi), %r10\n"
	"2:	mov	(%r10), %r11\n"
	"	test	%r11, %r11\n"
	"	jz	3f\n"
	"	shl	$8, %r11\n"
	"	shr	$8, %r11\n"
	"	cmp	%rax, %r11\n"
	"	je	8f\n"
	// Moved back to the instruction itself.
	"	dec	%r11\n"
	"	cmp	%rax, %r11\n"
	"	je	9f\n"
	"	add	$8, %r10\n"
	"	dec	%rcx\n"
	"	jnz	2b\n"
	"3:	add	$8, %rdi\n"
	"	jmp	1b\n"
	// Behind no trap: the pc was moved behind a jump. Else it is not ours, as if there were no
	// handler: the instruction traps once more, then by default.
	"4:	cmpb	$0xcc, (%rax)\n"
	"	je	7f\n"
	"	cmpb	$0xcd, -1(%rax)\n"
	"	jne	9f\n"
	"	dec	%rax\n"
	"	jmp	7f\n"
	// The step of a tracer that is dead.
	"5:	andl	$~0x100, 0xb0(%rdx)\n"
	"	ret\n"
	// Sent, or a hardware breakpoint: once more, by default.
	"6:	xor	%eax, %eax\n"
	"	push	%rdx\n"
	"	call	10f\n"
	"	mov	$39, %eax\n" // getpid
	"	syscall\n"
	"	mov	%rax, %r8\n"
	"	mov	$186, %eax\n" // gettid
	"	syscall\n"
	"	mov	%r8, %rdi\n"
	"	mov	%rax, %rsi\n"
	"	mov	$5, %edx\n"   // SIGTRAP: blocked until this handler returns
	"	mov	$234, %eax\n" // tgkill
	"	syscall\n"
	"	pop	%rdx\n"
	"	ret\n"
	"7:	push	%rdx\n"
	"	push	%rax\n"
	"	call	10f\n"
	"	pop	%rax\n"
	"	pop	%rdx\n"
	"	mov	%rax, 0xa8(%rdx)\n"
	"	ret\n"
	// Ours: go on in the slot. A slot is four times as long as its name.
	"8:	sub	%r9, %r10\n"
	"	sub	%rsi, %r10\n"
	"	lea	(%r9,%r10,4), %r10\n"
	"	add	%r8, %r10\n"
	"	mov	%r10, 0xa8(%rdx)\n"
	"	ret\n"
	"9:	ret\n"
	// rt_sigaction(SIGTRAP, SIG_DFL)
	"10:	mov	$5, %edi\n"
	"	lea	11f(%rip), %rsi\n"
	"	xor	%edx, %edx\n"
	"	mov	$8, %r10d\n"
	"	mov	$13, %eax\n"
	"	syscall\n"
	"	ret\n"
	"	.balign 8\n"
	"11:	.quad	0, 0, 0, 0\n"
	"arch_x86_64_orphan_restorer:\n"
	"	mov	$15, %eax\n" // rt_sigreturn
	"	syscall\n"
	"	.balign 16\n"
	"arch_x86_64_orphan_data:\n"
	"	.fill	25, 8, 0\n"
	"arch_x86_64_orphan_end:\n"
	"	.popsection\n");

_Static_assert(ARCH_XOL_SLOT_SIZE == 4 * sizeof(uint64_t), "the handler multiplies by 4");
_Static_assert(sizeof(struct arch_orphan_data) == 25 * 8, "room in the code");
_Static_assert(offsetof(struct arch_orphan_data, num_slots) == 16, "the handler's own offset");
_Static_assert(offsetof(struct arch_orphan_data, area_size) == 24, "likewise");
_Static_assert(offsetof(struct arch_orphan_data, areas) == 72, "likewise");

extern const uint8_t arch_x86_64_orphan_code[], arch_x86_64_orphan_data[],
	arch_x86_64_orphan_restorer[], arch_x86_64_orphan_end[];

/** Flags of sigaction(2). The third is the kernel's own: the fourth member is a restorer. */
#define FLAG_SIGINFO  0x00000004u
#define FLAG_RESTART  0x10000000u
#define FLAG_ONSTACK  0x08000000u
#define FLAG_RESTORER 0x04000000u

size_t arch_x86_64_orphan(uint64_t addr, uint8_t ret[ARCH_ORPHAN_SIZE], size_t *data_ret)
{
	size_t size = (size_t)(arch_x86_64_orphan_end - arch_x86_64_orphan_code);
	struct arch_orphan_data data = {
		.action = {addr, FLAG_SIGINFO | FLAG_RESTART | FLAG_ONSTACK | FLAG_RESTORER,
			   addr + (uint64_t)(arch_x86_64_orphan_restorer -
					     arch_x86_64_orphan_code)},
	};

	*data_ret = (size_t)(arch_x86_64_orphan_data - arch_x86_64_orphan_code);
	memcpy(ret, arch_x86_64_orphan_code, size);
	memcpy(ret + *data_ret, &data, sizeof(data));
	return size;
}
