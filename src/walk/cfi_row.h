// SPDX-License-Identifier: GPL-3.0-or-later
/** Compact unwind row: how to get from one frame to its caller at one pc. Compiled from CFI by
 *  obj/cfi, used by walk/walk. The registers are the callee-saved ones of the ABI (x86-64 psABI,
 *  figure 3.4) that a CFA can depend on. */
#ifndef WALK_CFI_ROW_H
#define WALK_CFI_ROW_H

#include <stdint.h>

/** Registers a walk carries, by index. The order is arbitrary but fixed. */
enum walk_reg {
	WALK_SP,
	WALK_BP,
	WALK_BX,
	WALK_R12,
	WALK_R13,
	WALK_R14,
	WALK_R15,
	/** Only for CFA = r10 + N (realigned stacks before they save it); never restored. */
	WALK_R10,
	WALK_NUM_REGS,
};

enum cfi_row_kind {
	/** No row: ask for one. */
	CFI_ROW_NONE = 0,
	/** CFA = reg + cfa_offset. */
	CFI_ROW_REG,
	/** CFA = *(reg + deref_offset) + cfa_offset (realigned stacks, DRAP). */
	CFI_ROW_DEREF,
	/** PLT stub: CFA = sp + 8 + ((pc & 15) >= 11 ? 8 : 0); thresholds in deref_offset. */
	CFI_ROW_PLT,
	/** Kernel's signal trampoline: every register, pc too, is in the ucontext at sp. The frame
	 *  it leads to was interrupted: its pc is exact, not a return address. */
	CFI_ROW_SIGNAL,
	/** The outermost frame: its return address is undefined by CFI. */
	CFI_ROW_END,
	/** No CFI for this pc: caller by frame pointer (CFA = bp + 16) when that is plausible, else
	 *  the walk is truncated. */
	CFI_ROW_NO_CFI,
};

/** Offset that means "the register is unchanged in the caller". */
#define CFI_ROW_SAME INT16_MIN

struct cfi_row {
	/** enum cfi_row_kind. */
	uint8_t kind;
	/** enum walk_reg that the CFA is computed from. */
	uint8_t cfa_reg;
	/** CFI_ROW_DEREF: offset of the dereferenced word. CFI_ROW_PLT: threshold of (pc & 15). */
	int16_t deref_offset;
	int32_t cfa_offset;
	/** Return address at CFA + this. -8 on x86-64. */
	int16_t ra_offset;
	/** Where registers are saved, by enum walk_reg: see cfi_row_saved_addr(), or CFI_ROW_SAME. WALK_SP
	 *  is not used (sp = CFA). */
	int16_t reg_offset[WALK_R15 + 1];
};

/** Address of the saved register reg, whose offset is not CFI_ROW_SAME. An even offset counts from the
 *  CFA. An odd one, less 1, counts from this frame's own bp: functions that realign their stack
 *  save there (DW_CFA_expression breg6), at a distance from the CFA that no compiler knows. */
static inline uint64_t cfi_row_saved_addr(const struct cfi_row *row, unsigned reg, uint64_t cfa,
					  uint64_t bp)
{
	int offset = row->reg_offset[reg];

	return offset & 1 ? bp + (uint64_t)(int64_t)(offset - 1) : cfa + (uint64_t)(int64_t)offset;
}

#endif
