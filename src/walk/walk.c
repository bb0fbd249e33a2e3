// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "walk/walk.h"

/** A frame larger than this is taken for nonsense when only a frame pointer vouches for it. */
#define MAX_FRAME_SIZE (8ull << 20)

_Static_assert(WALK_MAX_REGS <= 8, "a bit of in_memory for each");

static inline bool read_word(const struct walk_ops *ops, uint64_t addr, uint64_t *ret)
{
	// Registers of a broken stack hold anything, and the end of the word must be a number, too.
	return addr <= UINT64_MAX - 8 && ops->read(ops->ctx, addr, ret);
}

static enum walk_result truncate(struct walk_frame *frame, enum walk_stop why)
{
	frame->stop = why;
	return WALK_TRUNCATED;
}

static inline void set_saved(struct walk_frame *frame, unsigned reg, uint64_t addr)
{
	frame->regs[reg] = addr;
	frame->in_memory |= (uint8_t)(1u << reg);
	frame->restored |= (uint8_t)(1u << reg);
}

/** walk_reg(), which is on the way of each frame. */
static inline bool get_reg(struct walk_frame *frame, unsigned reg, const struct walk_ops *ops,
			   uint64_t *ret)
{
	uint64_t value = frame->regs[reg];

	if (frame->in_memory & 1u << reg) {
		if (!read_word(ops, value, &value))
			return false;
		frame->regs[reg] = value;
		frame->in_memory &= (uint8_t) ~(1u << reg);
	}
	frame->used |= (uint8_t)(1u << reg & ~frame->restored);
	*ret = value;
	return true;
}

bool walk_reg(struct walk_frame *frame, unsigned reg, const struct walk_ops *ops, uint64_t *ret)
{
	return get_reg(frame, reg, ops, ret);
}

/** Of the function at whose first instruction frame stands. */
static bool entry_return_addr(struct walk_frame *frame, const struct walk_ops *ops, uint64_t *ret)
{
	if (ops->arch->link != ARCH_NO_REG)
		return get_reg(frame, ops->arch->link, ops, ret);
	return read_word(ops, frame->regs[WALK_SP], ret);
}

static void go_to_caller(struct walk_frame *frame, uint64_t pc, uint64_t sp)
{
	frame->pc = pc;
	frame->is_call_site = true;
	frame->regs[WALK_SP] = sp;
}

bool walk_leave_entry(struct walk_frame *frame, const struct walk_ops *ops)
{
	uint64_t ra;

	if (!entry_return_addr(frame, ops, &ra))
		return false;
	go_to_caller(frame, ra, frame->regs[WALK_SP] + ops->arch->call_size);
	return true;
}

/** After the call of a null pointer nothing was executed, and no table has a row for pc 0. */
static enum walk_result step_called_null(struct walk_frame *frame, const struct walk_ops *ops)
{
	uint64_t ra;

	if (!entry_return_addr(frame, ops, &ra))
		return truncate(frame, WALK_STOP_UNREADABLE);
	if (ra == 0)
		return WALK_END;
	go_to_caller(frame, ra, frame->regs[WALK_SP] + ops->arch->call_size);
	return WALK_OK;
}

static enum walk_result step_signal(struct walk_frame *frame, const struct walk_ops *ops)
{
	const struct arch_unwind *arch = ops->arch;
	uint64_t base = frame->regs[WALK_SP], sp, pc;
	unsigned i;

	if (!read_word(ops, base + arch->signal_regs[WALK_SP], &sp) ||
	    !read_word(ops, base + arch->signal_pc, &pc))
		return truncate(frame, WALK_STOP_UNREADABLE);
	for (i = WALK_SP + 1; i < arch->num_regs; i++)
		set_saved(frame, i, base + arch->signal_regs[i]);
	frame->pc = pc;
	frame->is_call_site = false;
	frame->regs[WALK_SP] = sp;
	return WALK_OK;
}

/** A missing row is no reason to doubt: the next step asks for it. */
static bool is_no_code(const struct walk_ops *ops, uint64_t return_addr)
{
	struct cfi_row row;

	return ops->row(ops->ctx, return_addr, true, &row) && row.kind == CFI_ROW_NO_CODE;
}

/** Nothing is known of the code here; a frame pointer that leads upwards to code is believed. */
static enum walk_result step_frame_pointer(struct walk_frame *frame, const struct walk_ops *ops)
{
	const struct arch_unwind *arch = ops->arch;
	uint64_t sp = frame->regs[WALK_SP], fp, ra;

	if (!get_reg(frame, arch->frame_pointer, ops, &fp))
		return truncate(frame, WALK_STOP_UNREADABLE);
	// The outermost frame is marked by a zero frame pointer.
	if (fp == 0)
		return WALK_END;
	if (fp < sp || fp - sp > MAX_FRAME_SIZE || (fp & 7) ||
	    !read_word(ops, fp + arch->record_return_addr, &ra))
		return truncate(frame, WALK_STOP_NO_CFI);
	if (ra == 0)
		return WALK_END;
	if (is_no_code(ops, ra))
		return truncate(frame, WALK_STOP_NO_CFI);
	frame->is_guess = true;
	go_to_caller(frame, ra, fp + arch->record_size);
	set_saved(frame, arch->frame_pointer, fp + arch->record_frame_pointer);
	return WALK_OK;
}

static bool compute_cfa(struct walk_frame *frame, const struct cfi_row *row,
			const struct walk_ops *ops, uint64_t *ret)
{
	uint64_t base;

	if (!get_reg(frame, row->cfa_reg, ops, &base))
		return false;
	switch (row->kind) {
	case CFI_ROW_DEREF:
		if (!read_word(ops, base + row->deref_offset, &base))
			return false;
		break;
	case CFI_ROW_PLT:
		// The stub has pushed one word more once it is past its threshold.
		if ((int16_t)(frame->pc & (ops->arch->plt_size - 1u)) >= row->deref_offset)
			base += sizeof(uint64_t);
		break;
	default:
		break;
	}
	*ret = base + row->cfa_offset;
	return true;
}

/** Does the row lead to a caller above the frame? */
static bool is_above(const struct walk_frame *frame, const struct cfi_row *row, uint64_t cfa,
		     const struct walk_ops *ops)
{
	uint64_t sp = frame->regs[WALK_SP];

	if (row->ra_offset != CFI_ROW_SAME)
		return cfa > sp;
	// Who has called another function has lost what was in the link register. Who has not need
	// not have a frame.
	return cfa >= sp && ops->arch->link != ARCH_NO_REG && !frame->is_call_site;
}

static bool read_return_addr(struct walk_frame *frame, const struct cfi_row *row, uint64_t cfa,
			     const struct walk_ops *ops, uint64_t *ret)
{
	if (row->ra_offset != CFI_ROW_SAME)
		return read_word(ops, cfa + row->ra_offset, ret);
	return get_reg(frame, ops->arch->link, ops, ret);
}

/** Bit i: the frame has saved register i. */
static unsigned saved_regs(const struct cfi_row *row, unsigned num_saved)
{
	unsigned mask = 0, i;

#pragma GCC unroll 8
	for (i = WALK_SP + 1; i < WALK_MAX_SAVED; i++)
		mask |= (unsigned)(row->reg_offset[i] != CFI_ROW_SAME) << i;
	return mask & ((1u << num_saved) - 1);
}

/** Is one of them saved at a distance from the frame pointer? (An odd offset.) */
static bool needs_frame_pointer(const struct cfi_row *row, unsigned saved)
{
	int all = 0;

	for (; saved; saved &= saved - 1)
		all |= row->reg_offset[__builtin_ctz(saved)];
	return all & 1;
}

static enum walk_result step_row(struct walk_frame *frame, const struct cfi_row *row,
				 const struct walk_ops *ops)
{
	const struct arch_unwind *arch = ops->arch;
	unsigned saved = saved_regs(row, arch->num_saved), i;
	uint64_t cfa, ra, fp = 0;

	if (row->cfa_reg >= arch->num_regs)
		return truncate(frame, WALK_STOP_BROKEN);
	if (!compute_cfa(frame, row, ops, &cfa))
		return truncate(frame, WALK_STOP_UNREADABLE);
	if (!is_above(frame, row, cfa, ops))
		return truncate(frame, WALK_STOP_BROKEN);
	if (!read_return_addr(frame, row, cfa, ops, &ra))
		return truncate(frame, WALK_STOP_UNREADABLE);
	if (ra == 0)
		return WALK_END;
	if (needs_frame_pointer(row, saved) && !get_reg(frame, arch->frame_pointer, ops, &fp))
		return truncate(frame, WALK_STOP_UNREADABLE);
	for (; saved; saved &= saved - 1) {
		i = (unsigned)__builtin_ctz(saved);
		set_saved(frame, i, cfi_row_saved_addr(row, i, cfa, fp));
	}
	go_to_caller(frame, ra, cfa);
	return WALK_OK;
}

/** Back to the stack before. It may lie anywhere. */
static enum walk_result step_switched(struct walk_frame *frame, const struct cfi_row *row,
				      const struct walk_ops *ops)
{
	uint64_t base = frame->regs[WALK_SP], sp, owner, end, ra;

	if (!read_word(ops, base + (uint64_t)(int64_t)row->cfa_offset, &sp))
		return truncate(frame, WALK_STOP_UNREADABLE);
	if (row->deref_offset != CFI_ROW_SAME) {
		if (!read_word(ops, base + (uint64_t)(int64_t)row->deref_offset, &owner) ||
		    !read_word(ops, owner + (uint64_t)(int64_t)row->ra_offset, &end))
			return truncate(frame, WALK_STOP_UNREADABLE);
		sp = end - sp;
	}
	if (!read_word(ops, sp, &ra))
		return truncate(frame, WALK_STOP_UNREADABLE);
	if (ra == 0)
		return WALK_END;
	go_to_caller(frame, ra, sp + ops->arch->call_size);
	return WALK_OK;
}

enum walk_result walk_step(struct walk_frame *frame, const struct walk_ops *ops,
			   bool *is_interrupted_ret)
{
	struct cfi_row row;

	*is_interrupted_ret = false;
	if (frame->pc == 0 && !frame->is_call_site)
		return step_called_null(frame, ops);
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
	case CFI_ROW_SWITCHED:
		return step_switched(frame, &row, ops);
	case CFI_ROW_REG:
	case CFI_ROW_DEREF:
	case CFI_ROW_PLT:
		return step_row(frame, &row, ops);
	default:
		return truncate(frame, WALK_STOP_BROKEN);
	}
}

void walk_stack(struct walk_frame *frame, const struct walk_ops *ops, struct walk_stack *stack)
{
	bool is_interrupted;
	uint64_t pc;

	stack->num = stack->total = stack->num_sure = 0;
	stack->stop = 0;
	do {
		pc = frame->pc;
		stack->last_pc = walk_lookup_pc(frame);
		if (stack->num < stack->cap)
			stack->pcs[stack->num++] = stack->last_pc;
		stack->num_sure += !frame->is_guess;
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
	if (stack->result == WALK_TRUNCATED)
		stack->stop = frame->stop;
}
