// SPDX-License-Identifier: GPL-3.0-or-later
/** A compact unwind row: how to get from a frame to its caller at one pc. obj/cfi compiles it from
 *  call-frame information, and walk/walk uses it. Its registers are those of a walk (struct
 *  arch_unwind). */
#ifndef WALK_CFI_ROW_H
#define WALK_CFI_ROW_H

#include "arch/unwind.h"

#include <stdint.h>

enum cfi_row_kind {
	/** No row: ask for one. */
	CFI_ROW_NONE = 0,
	/** CFA = reg + cfa_offset. */
	CFI_ROW_REG,
	/** CFA = *(reg + deref_offset) + cfa_offset (realigned stacks, DRAP). */
	CFI_ROW_DEREF,
	/** PLT stub: CFA = reg + cfa_offset, and a word more from byte deref_offset of the stub
	 *  on. */
	CFI_ROW_PLT,
	/** Kernel's signal trampoline: every register, pc too, is in the signal frame at sp. The
	 *  frame it leads to was interrupted: its pc is exact, not a return address. */
	CFI_ROW_SIGNAL,
	/** The outermost frame: its return address is undefined by CFI. */
	CFI_ROW_END,
	/** No CFI for this pc: the frame pointer leads to the caller when that is plausible, else
	 *  the walk is truncated. */
	CFI_ROW_NO_CFI,
	/** The function has changed to another stack (struct arch_stack_switch): owner at sp +
	 *  deref_offset, or CFI_ROW_SAME; place at sp + cfa_offset; end at owner + ra_offset. The
	 *  stack pointer before was that at its entry. */
	CFI_ROW_SWITCHED,
	/** There is no code at this pc: nothing returns there. */
	CFI_ROW_NO_CODE,
};

/** Offset that means "the register is unchanged in the caller". */
#define CFI_ROW_SAME INT16_MIN

struct cfi_row {
	/** enum cfi_row_kind. */
	uint8_t kind;
	/** Register that the CFA is computed from. */
	uint8_t cfa_reg;
	/** CFI_ROW_DEREF: offset of the dereferenced word. CFI_ROW_PLT: byte of the stub. */
	int16_t deref_offset;
	int32_t cfa_offset;
	/** Return address at CFA + this. CFI_ROW_SAME: it is in the link register still. */
	int16_t ra_offset;
	/** Where registers are saved: see cfi_row_saved_addr(), or CFI_ROW_SAME. WALK_SP is not
	 *  used (sp = CFA), nor are those that the architecture does not have. */
	int16_t reg_offset[WALK_MAX_SAVED];
};

/** Address of the saved register reg, whose offset is not CFI_ROW_SAME. An even offset counts from
 *  the CFA. An odd one, less 1, counts from this frame's own frame pointer: functions that realign
 *  their stack save there (DW_CFA_expression), at a distance from the CFA that no compiler
 *  knows. */
static inline uint64_t cfi_row_saved_addr(const struct cfi_row *row, unsigned reg, uint64_t cfa,
					  uint64_t frame_pointer)
{
	int offset = row->reg_offset[reg];

	return offset & 1 ? frame_pointer + (uint64_t)(int64_t)(offset - 1)
			  : cfa + (uint64_t)(int64_t)offset;
}

#endif
