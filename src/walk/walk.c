// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "walk/walk.h"

/** A frame larger than this is taken for nonsense when only a frame pointer vouches for it. */
#define MAX_FRAME_SIZE (8ull << 20)

/** struct rt_sigframe at the trampoline: sp points at the ucontext; gregs begin at 40, in the order
 *  of the kernel's struct sigcontext: r8 ... r15 di si bp bx dx ax cx sp ip
 *  (arch/x86/include/uapi/asm/sigcontext.h). */
static const int16_t sigcontext_offset[WALK_NUM_REGS] = {
	[WALK_SP] = 40 + 15 * 8, [WALK_BP] = 40 + 10 * 8, [WALK_BX] = 40 + 11 * 8,
	[WALK_R12] = 40 + 4 * 8, [WALK_R13] = 40 + 5 * 8, [WALK_R14] = 40 + 6 * 8,
	[WALK_R15] = 40 + 7 * 8, [WALK_R10] = 40 + 2 * 8,
};
#define SIGCONTEXT_IP (40 + 16 * 8)

/** After the call of a null pointer nothing was executed: the return address is on top. No table
 *  has a row for pc 0. */
static const struct cfi_row called_null = {
	.kind = CFI_ROW_REG,
	.cfa_reg = WALK_SP,
	.cfa_offset = 8,
	.ra_offset = -8,
	.reg_offset = {CFI_ROW_SAME, CFI_ROW_SAME, CFI_ROW_SAME, CFI_ROW_SAME, CFI_ROW_SAME,
		       CFI_ROW_SAME, CFI_ROW_SAME},
};

static bool read_word(const struct walk_ops *ops, uint64_t addr, uint64_t *ret)
{
	// Registers of a broken stack hold anything, and the end of the word must be a number, too.
	return addr <= UINT64_MAX - 8 && ops->read(ops->ctx, addr, ret);
}

static enum walk_result step_signal(struct walk_frame *frame, const struct walk_ops *ops)
{
	uint64_t base = frame->regs[WALK_SP];
	struct walk_frame next = {.is_call_site = false};
	unsigned i;

	for (i = 0; i < WALK_NUM_REGS; i++)
		if (!read_word(ops, base + sigcontext_offset[i], &next.regs[i]))
			return WALK_TRUNCATED;
	if (!read_word(ops, base + SIGCONTEXT_IP, &next.pc))
		return WALK_TRUNCATED;
	*frame = next;
	return WALK_OK;
}

/** Nothing is known of the code here; a frame pointer that leads upwards is believed. */
static enum walk_result step_frame_pointer(struct walk_frame *frame, const struct walk_ops *ops)
{
	uint64_t sp = frame->regs[WALK_SP], bp = frame->regs[WALK_BP], ra, caller_bp;

	// psABI 3.4.1: the outermost frame is marked by a zero frame pointer.
	if (bp == 0)
		return WALK_END;
	if (bp < sp || bp - sp > MAX_FRAME_SIZE || (bp & 7))
		return WALK_TRUNCATED;
	if (!read_word(ops, bp, &caller_bp) || !read_word(ops, bp + 8, &ra))
		return WALK_TRUNCATED;
	if (ra == 0)
		return WALK_END;
	frame->pc = ra;
	frame->is_call_site = true;
	frame->regs[WALK_SP] = bp + 16;
	frame->regs[WALK_BP] = caller_bp;
	return WALK_OK;
}

static bool compute_cfa(const struct walk_frame *frame, const struct cfi_row *row,
			const struct walk_ops *ops, uint64_t *ret)
{
	uint64_t base = frame->regs[row->cfa_reg];

	switch (row->kind) {
	case CFI_ROW_DEREF:
		if (!read_word(ops, base + row->deref_offset, &base))
			return false;
		break;
	case CFI_ROW_PLT:
		// The stub has pushed one word more once it is past its threshold.
		if ((int16_t)(frame->pc & 15) >= row->deref_offset)
			base += 8;
		break;
	default:
		break;
	}
	*ret = base + row->cfa_offset;
	return true;
}

static enum walk_result step_row(struct walk_frame *frame, const struct cfi_row *row,
				 const struct walk_ops *ops)
{
	struct walk_frame next = *frame;
	uint64_t cfa, ra;
	unsigned i;

	if (!compute_cfa(frame, row, ops, &cfa) || cfa <= frame->regs[WALK_SP])
		return WALK_TRUNCATED;
	if (!read_word(ops, cfa + row->ra_offset, &ra))
		return WALK_TRUNCATED;
	if (ra == 0)
		return WALK_END;
	for (i = WALK_BP; i <= WALK_R15; i++)
		if (row->reg_offset[i] != CFI_ROW_SAME &&
		    !read_word(ops, cfi_row_saved_addr(row, i, cfa, frame->regs[WALK_BP]),
			       &next.regs[i]))
			return WALK_TRUNCATED;
	next.pc = ra;
	next.is_call_site = true;
	next.regs[WALK_SP] = cfa;
	*frame = next;
	return WALK_OK;
}

enum walk_result walk_step(struct walk_frame *frame, const struct walk_ops *ops,
			   bool *is_interrupted_ret)
{
	struct cfi_row row;

	*is_interrupted_ret = false;
	if (frame->pc == 0 && !frame->is_call_site)
		return step_row(frame, &called_null, ops);
	if (!ops->row(ops->ctx, frame->pc, frame->is_call_site, &row))
		return WALK_MISS;
	switch (row.kind) {
	case CFI_ROW_END:
		return WALK_END;
	case CFI_ROW_SIGNAL:
		*is_interrupted_ret = true;
		return step_signal(frame, ops);
	case CFI_ROW_NO_CFI:
		return step_frame_pointer(frame, ops);
	case CFI_ROW_REG:
	case CFI_ROW_DEREF:
	case CFI_ROW_PLT:
		return step_row(frame, &row, ops);
	default:
		return WALK_TRUNCATED;
	}
}

void walk_stack(struct walk_frame *frame, const struct walk_ops *ops, struct walk_stack *stack)
{
	bool is_interrupted;
	uint64_t pc;

	stack->num = stack->total = 0;
	do {
		pc = frame->pc;
		if (stack->num < stack->cap)
			stack->pcs[stack->num++] = walk_lookup_pc(frame);
		if (++stack->total >= WALK_MAX_FRAMES) {
			stack->result = WALK_END;
			return;
		}
		stack->result = walk_step(frame, ops, &is_interrupted);
		// A signal trampoline is "returned" to at its first instruction, nothing called
		// from before it.
		if (is_interrupted && stack->num == stack->total)
			stack->pcs[stack->num - 1] = pc;
	} while (stack->result == WALK_OK);
}
