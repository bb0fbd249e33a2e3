// SPDX-License-Identifier: GPL-3.0-or-later
/** Table-driven stack walk: registers, a way to read memory, a way to find rows and the layout of
 *  an architecture; knows no process and no ELF, so it runs on recorded stacks on any host. It
 *  needs no C library.
 *
 *  The walk is lazy. What a frame has saved of its caller's registers is not read but remembered by
 *  its address, and read when a CFA depends on it (or walk_reg() asks): most walks read one word a
 *  frame, the return address. A register that cannot be read truncates a walk that needs it, no
 *  other. */
#ifndef WALK_WALK_H
#define WALK_WALK_H

#include "walk/cfi_row.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest walk: total_nframe saturates here (tracemalloc's limit, T9). */
#define WALK_MAX_FRAMES 65535

/** One frame: where the thread is, or will return to. It may be handed to who reads the same memory
 *  as it was when the frame was reached. */
struct walk_frame {
	uint64_t pc;
	/** pc is a return address: the instruction to be looked up is the one before it. */
	bool is_call_site;
	/** Bit i: regs[i] is the address where the value of register i is saved. Never set for
	 *  WALK_SP. */
	uint8_t in_memory;
	/** Bit i: regs[i] belongs to a caller of the frame that the walk began with; the value of
	 *  that first frame was used. So the walk depends on the values that it began with in
	 *  `used`, the stack pointer, and what it has read. */
	uint8_t restored;
	uint8_t used;
	/** After WALK_TRUNCATED: enum walk_stop. */
	uint8_t stop;
	/** A frame pointer alone has led here, or to a frame on the way. */
	uint8_t is_guess;
	/** Registers of a walk (struct arch_unwind). */
	uint64_t regs[WALK_MAX_REGS];
};

/** Why a walk could not go on. */
enum walk_stop {
	/** Nothing is known of the code, and its frame pointer leads to no other code. */
	WALK_STOP_NO_CFI = 1,
	/** A word of the stack, or one that a row names, is unreadable. */
	WALK_STOP_UNREADABLE,
	/** The caller would not be above the frame, or the row makes no sense. */
	WALK_STOP_BROKEN,
};

struct walk_ops {
	/** Copy the row for a pc. False: unknown, the walk ends as WALK_MISS. */
	bool (*row)(void *ctx, uint64_t pc, bool is_call_site, struct cfi_row *ret);
	/** Read an aligned or unaligned word; addr + 8 does not overflow. False: unreadable. */
	bool (*read)(void *ctx, uint64_t addr, uint64_t *ret);
	void *ctx;
	const struct arch_unwind *arch;
};

enum walk_result {
	/** There is a caller. */
	WALK_OK,
	/** The outermost frame was reached. */
	WALK_END,
	/** No or broken CFI, unreadable stack, a stack that does not grow. */
	WALK_TRUNCATED,
	/** A row is missing: frame->pc and is_call_site tell which. */
	WALK_MISS,
};

/** The value of a register. It is read at most once: the frame remembers it. False: unreadable. */
bool walk_reg(struct walk_frame *frame, unsigned reg, const struct walk_ops *ops, uint64_t *ret);

/** frame stands at the first instruction of a function, whatever its pc is: go to the caller,
 *  without a row. False: the stack is unreadable, the frame is unchanged. */
bool walk_leave_entry(struct walk_frame *frame, const struct walk_ops *ops);

/** Go to the caller. On anything but WALK_OK the frame is the same as before, though it may have
 *  read registers. *is_interrupted_ret: the step went through a signal frame. Caller and frame
 *  addresses grow strictly except through a signal frame or to another stack (and but once above a
 *  signal frame, where the return address is in the link register). */
enum walk_result walk_step(struct walk_frame *frame, const struct walk_ops *ops,
			   bool *is_interrupted_ret);

struct walk_stack {
	/** Look-up addresses (pc - 1 for call sites), most recent first. At most cap are stored. */
	uint64_t *pcs;
	size_t cap;
	size_t num;
	/** Depth in all, up to WALK_MAX_FRAMES. */
	size_t total;
	/** WALK_END, WALK_TRUNCATED, WALK_MISS. */
	enum walk_result result;
	/** enum walk_stop with WALK_TRUNCATED, else 0. */
	uint32_t stop;
	/** How many frames, from the first on, call-frame information vouches for. */
	size_t num_sure;
	/** Look-up address of the oldest frame. It is not in pcs if cap is less than total. */
	uint64_t last_pc;
};

/** Walk from frame to the end. The frame itself is the first of the stack. On WALK_MISS frame
 *  stands at the pc in question. */
void walk_stack(struct walk_frame *frame, const struct walk_ops *ops, struct walk_stack *stack);

/** The look-up address of a frame. The only place where 1 is subtracted. */
static inline uint64_t walk_lookup_pc(const struct walk_frame *frame)
{
	return frame->pc - frame->is_call_site;
}

#endif
