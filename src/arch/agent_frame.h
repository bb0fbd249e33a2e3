// SPDX-License-Identifier: GPL-3.0-or-later
/** What the code that a patched function jumps to leaves on the stack of its thread (arch/ has that
 *  code for each architecture, agent/ the rest): registers at an entry and at a return, in the
 *  order in which they were pushed. The tracer reads the same from outside. Needs no C library. */
#ifndef ARCH_AGENT_FRAME_H
#define ARCH_AGENT_FRAME_H

#include "arch/unwind.h"
#include "arch/x86_64_callee.h"

#include <stdint.h>

struct arch_regs;

/** Bytes of the call with which a pad begins (struct arch_patching). */
#define AGENT_PAD_CALL_SIZE 6

/** Registers of a thread at the entry of a patched function. The stack pointer that the function
 *  was entered with is just behind this. What is changed here, the thread goes on with. */
struct agent_frame {
	uint64_t r15;
	uint64_t r14;
	uint64_t r13;
	uint64_t r12;
	uint64_t rbp;
	uint64_t rbx;
	uint64_t r11;
	uint64_t r10;
	uint64_t rax;
	uint64_t r9;
	uint64_t r8;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rsi;
	uint64_t rdi;
	/** Behind the pad's call. */
	uint64_t pad_return;
};

/** Registers of a thread where a function with an exchanged return address has returned to. The
 *  stack pointer after the return is just behind this. The registers that a function keeps are
 *  still in the CPU. */
struct agent_return_frame {
	uint64_t r11;
	uint64_t r10;
	uint64_t r9;
	uint64_t r8;
	uint64_t rdi;
	uint64_t rsi;
	uint64_t rdx;
	uint64_t rcx;
	uint64_t rax;
	/** Where the thread goes on: the original return address, 0 while it is not known. It lies
	 *  in the slot of the return address. */
	uint64_t target;
};

/** Integer argument i (0 to 5) of the function. */
static inline uint64_t agent_frame_arg(const struct agent_frame *frame, unsigned i)
{
	switch (i) {
	case 0:
		return frame->rdi;
	case 1:
		return frame->rsi;
	case 2:
		return frame->rdx;
	case 3:
		return frame->rcx;
	case 4:
		return frame->r8;
	default:
		return frame->r9;
	}
}

/** The function's result. */
static inline uint64_t agent_frame_result(const struct agent_return_frame *frame)
{
	return frame->rax;
}

/** The architecture that the agent runs on: its walks, and struct arch's callee. */
static inline const struct arch_unwind *agent_unwind(void)
{
	return &arch_unwind_x86_64;
}

static inline void agent_callee(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size),
				void *ctx, uint64_t return_addr, uint64_t targets_ret[2])
{
	arch_x86_64_callee(read, ctx, return_addr, targets_ret);
}

/** Registers of a walk at the entry; sp is the stack pointer there. */
void agent_frame_walk_regs(const struct agent_frame *frame, uint64_t sp,
			   uint64_t ret[WALK_MAX_REGS]);
/** Make *regs (those of the thread, which stands in the agent) the registers at the entry: of the
 *  function at pc, where the stack pointer was sp. */
void agent_frame_entry_regs(const struct agent_frame *frame, uint64_t pc, uint64_t sp,
			    struct arch_regs *regs);
/** The same for a thread that has returned: its pc is frame->target. */
void agent_frame_return_regs(const struct agent_return_frame *frame, uint64_t sp,
			     struct arch_regs *regs);

#endif
