/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The agent's doors: what pads call, where functions return to, the breakpoint of upcalls, and reads
 * that may fault. arch/agent_frame.h is the layout of what is pushed, agent/image.h that of the
 * image. Everything that a function may change is kept but the flags; vector registers are not
 * touched at all. */

	.section .image, "a"
	.ascii	"malloscope agent 1"
	.balign	8
	.quad	agent_image_size
	.quad	agent_text_size
	.quad	agent_private
	.quad	agent_private_size
	.quad	agent_state
	.quad	agent_state_size
	.quad	agent_enter
	.quad	agent_enter_end
	.quad	agent_trampoline
	.quad	agent_trampoline_end
	.quad	agent_upcall_place
	.quad	agent_load
	.quad	agent_load_end
	.quad	agent_load_failed

	.section .text.doors, "ax"
	.globl	agent_trampoline, agent_upcall, agent_load, memo_verify, agent_call
	.hidden	agent_trampoline, agent_upcall, agent_load, memo_verify, agent_call

/* struct agent_frame: pushed from its end. The state page begins with the mode, then is_sampling. */
	.balign	64
agent_enter:
	cmpl	$0, agent_state(%rip)
	je	3f
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	%r8
	push	%r9
	push	%rax
	push	%r10
	push	%r11
	cmpl	$0, agent_state+4(%rip)
	je	1f
	lea	-48(%rsp), %rdi
	rdfsbase %rsi
	call	agent_quick
	test	%al, %al
	jnz	2f
1:	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, %rdi
	rdfsbase %rsi
	call	agent_on_entry
agent_enter_end:
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
2:	pop	%r11
	pop	%r10
	pop	%rax
	pop	%r9
	pop	%r8
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
3:	ret

/* struct agent_return_frame. A push and a return would confuse the CPU's prediction of returns. The
 * word below the stack pointer is safe: the kernel puts signal frames beyond the red zone. */
	.balign	64
agent_trampoline:
	push	$0
	push	%rax
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	mov	%rsp, %rdi
	rdfsbase %rsi
	call	agent_on_return
agent_trampoline_end:
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rax
	lea	8(%rsp), %rsp
	jmp	*-8(%rsp)

/* AGENT_ORPHANED is 0. */
	.balign	16
agent_upcall:
	xor	%eax, %eax
agent_upcall_place:
	nop
	ret

/* bool agent_load(uint64_t addr, uint64_t *ret); whoever faults between agent_load and
 * agent_load_end is put to agent_load_failed: nothing is on the stack there but the return
 * address. */
	.balign	16
agent_load:
	mov	(%rdi), %rdx
	mov	$1, %eax
	mov	%rdx, (%rsi)
	ret

/* bool memo_verify(uint64_t base, const uint32_t *offsets, const uint64_t *words, size_t num):
 * capture/memo.h. Four a turn. */
	.balign	16
memo_verify:
	lea	(%rsi,%rcx,4), %r10
1:	mov	(%rsi), %eax
	mov	4(%rsi), %r8d
	mov	8(%rsi), %r9d
	mov	12(%rsi), %r11d
	mov	(%rdi,%rax), %rax
	mov	(%rdi,%r8), %r8
	mov	(%rdi,%r9), %r9
	mov	(%rdi,%r11), %r11
	xor	(%rdx), %rax
	xor	8(%rdx), %r8
	xor	16(%rdx), %r9
	xor	24(%rdx), %r11
	or	%r8, %rax
	or	%r11, %r9
	or	%r9, %rax
	jnz	agent_load_failed
	add	$16, %rsi
	add	$32, %rdx
	cmp	%r10, %rsi
	jne	1b
	mov	$1, %eax
	ret
agent_load_end:
agent_load_failed:
	xor	%eax, %eax
	ret

/* uint64_t agent_call(uint64_t function, uint64_t a, uint64_t b): one of the target's own. */
	.balign	16
agent_call:
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rdx, %rsi
	call	*%rax
	leave
	ret

	.section .note.GNU-stack, "", @progbits
