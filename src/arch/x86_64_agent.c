// SPDX-License-Identifier: GPL-3.0-or-later
// The registers of a thread in the agent, from what its code has pushed (agent_frame.h).
#include "config.h"

#include "arch/agent_frame.h"
#include "arch/x86_64.h"

void agent_frame_walk_regs(const struct agent_frame *frame, uint64_t sp,
			   uint64_t ret[WALK_MAX_REGS])
{
	ret[X86_SP] = sp;
	ret[X86_BP] = frame->rbp;
	ret[X86_BX] = frame->rbx;
	ret[X86_R12] = frame->r12;
	ret[X86_R13] = frame->r13;
	ret[X86_R14] = frame->r14;
	ret[X86_R15] = frame->r15;
	ret[X86_R10] = frame->r10;
}

void agent_frame_entry_regs(const struct agent_frame *frame, uint64_t pc, uint64_t sp,
			    struct arch_regs *regs)
{
	uint64_t *word = regs->word;

	word[W_R15] = frame->r15;
	word[W_R14] = frame->r14;
	word[W_R13] = frame->r13;
	word[W_R12] = frame->r12;
	word[W_RBP] = frame->rbp;
	word[W_RBX] = frame->rbx;
	word[W_R11] = frame->r11;
	word[W_R10] = frame->r10;
	word[W_RAX] = frame->rax;
	word[W_R9] = frame->r9;
	word[W_R8] = frame->r8;
	word[W_RCX] = frame->rcx;
	word[W_RDX] = frame->rdx;
	word[W_RSI] = frame->rsi;
	word[W_RDI] = frame->rdi;
	word[W_RIP] = pc;
	word[W_RSP] = sp;
}

void agent_frame_return_regs(const struct agent_return_frame *frame, uint64_t sp,
			     struct arch_regs *regs)
{
	uint64_t *word = regs->word;

	word[W_R11] = frame->r11;
	word[W_R10] = frame->r10;
	word[W_R9] = frame->r9;
	word[W_R8] = frame->r8;
	word[W_RDI] = frame->rdi;
	word[W_RSI] = frame->rsi;
	word[W_RDX] = frame->rdx;
	word[W_RCX] = frame->rcx;
	word[W_RAX] = frame->rax;
	word[W_RIP] = frame->target;
	word[W_RSP] = sp;
}
