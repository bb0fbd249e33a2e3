// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "arch_madeup.h"

#define INSN_SIZE    4
#define LITERAL_SIZE 8

static const uint8_t trap[INSN_SIZE] = {0x01, 0x02, 0x03, MU_TRAP};

const struct arch_unwind arch_madeup_unwind = {
	.num_regs = MU_NUM_WALK_REGS,
	.num_saved = MU_WALK_T0,
	.frame_pointer = MU_WALK_FP,
	.link = MU_WALK_LR,
	.call_size = 0,
	// The frame pointer is the CFA.
	.record_frame_pointer = -16,
	.record_return_addr = -8,
	.record_size = 0,
	.signal_regs = {[MU_WALK_SP] = 200,
			[MU_WALK_LR] = 192,
			[MU_WALK_S0] = 160,
			[MU_WALK_S1] = 168,
			[MU_WALK_FP] = 208,
			[MU_WALK_T0] = 176},
	.signal_pc = 128,
	.dwarf_regs = {[MU_WALK_SP] = 31,
		       [MU_WALK_LR] = 30,
		       [MU_WALK_S0] = 19,
		       [MU_WALK_S1] = 20,
		       [MU_WALK_FP] = 29,
		       [MU_WALK_T0] = 9},
	.dwarf_return_addr = 30,
};

static uint64_t madeup_pc(const struct arch_regs *regs)
{
	return regs->word[MU_PC];
}

static void madeup_set_pc(struct arch_regs *regs, uint64_t pc)
{
	regs->word[MU_PC] = pc;
}

static uint64_t madeup_sp(const struct arch_regs *regs)
{
	return regs->word[MU_SP];
}

static uint64_t madeup_arg(const struct arch_regs *regs, unsigned i)
{
	return regs->word[MU_R0 + i];
}

static uint64_t madeup_result(const struct arch_regs *regs)
{
	return regs->word[MU_R0];
}

static void madeup_walk_regs(const struct arch_regs *regs, uint64_t ret[WALK_MAX_REGS])
{
	ret[MU_WALK_SP] = regs->word[MU_SP];
	ret[MU_WALK_LR] = regs->word[MU_LR];
	ret[MU_WALK_S0] = regs->word[MU_S0];
	ret[MU_WALK_S1] = regs->word[MU_S1];
	ret[MU_WALK_FP] = regs->word[MU_FP];
	ret[MU_WALK_T0] = regs->word[MU_T0];
}

static bool madeup_is_same_state(const struct arch_regs *a, const struct arch_regs *b)
{
	struct arch_regs copy = *b;

	copy.word[MU_PC] = a->word[MU_PC];
	return memcmp(a, &copy, sizeof(copy)) == 0;
}

struct insn {
	enum madeup_op op;
	unsigned reg;
	int number;
};

static struct insn decode(const uint8_t *code)
{
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	return (struct insn){word >> 24, word >> 16 & 7, (int16_t)word};
}

static void put_insn(struct arch_relocation *r, enum madeup_op op, unsigned reg, int number)
{
	uint32_t word = madeup_insn(op, reg, number);

	memcpy(r->code + r->size, &word, sizeof(word));
	r->size += sizeof(word);
}

static void put_literal(struct arch_relocation *r, enum madeup_op op, unsigned reg, uint64_t value)
{
	put_insn(r, op, reg, 0);
	memcpy(r->code + r->size, &value, sizeof(value));
	r->size += sizeof(value);
}

/** The instruction does nothing but move the pc. */
static bool jumps_only(const struct insn *insn, uint64_t pc, uint64_t *target_ret)
{
	*target_ret = pc + INSN_SIZE;
	if (insn->op == MU_JUMP)
		*target_ret = pc + (uint64_t)(int64_t)insn->number * INSN_SIZE;
	return insn->op == MU_JUMP || insn->op == MU_NOP;
}

static bool relocate_insn(struct arch_relocation *r, const struct insn *insn, uint64_t pc)
{
	uint64_t next = pc + INSN_SIZE, target = pc + (uint64_t)(int64_t)insn->number * INSN_SIZE;

	switch (insn->op) {
	case MU_CALL:
		put_literal(r, MU_SET_LINK, 0, next);
		put_literal(r, MU_FAR_JUMP, 0, target);
		return true;
	case MU_JUMP_IF_ZERO:
		put_insn(r, MU_JUMP_IF_ZERO, insn->reg, 4);
		put_literal(r, MU_FAR_JUMP, 0, next);
		put_literal(r, MU_FAR_JUMP, 0, target);
		return true;
	case MU_ADDRESS:
		put_literal(r, MU_SET, insn->reg, target);
		break;
	case MU_ADD:
	case MU_RETURN:
		put_insn(r, insn->op, insn->reg, insn->number);
		break;
	default:
		return false;
	}
	r->done_size = r->size;
	put_literal(r, MU_FAR_JUMP, 0, next);
	return true;
}

static bool madeup_relocate(const uint8_t *code, size_t size, uint64_t pc, uint64_t slot_addr,
			    struct arch_relocation *ret)
{
	struct arch_relocation r = {.kind = ARCH_RELOC_SLOT, .insn_size = INSN_SIZE};
	struct insn insn;

	if (size < INSN_SIZE || pc % INSN_SIZE)
		return false;
	insn = decode(code);
	r.resume_pc = slot_addr;
	if (jumps_only(&insn, pc, &r.resume_pc)) {
		r.kind = ARCH_RELOC_JUMP;
		*ret = r;
		return true;
	}
	r.resume_pc = slot_addr;
	if (!relocate_insn(&r, &insn, pc))
		return false;
	*ret = r;
	return true;
}

static size_t madeup_jump(uint64_t slot_addr, uint64_t target, uint8_t ret[ARCH_XOL_SLOT_SIZE])
{
	struct arch_relocation r = {0};

	(void)slot_addr;
	put_literal(&r, MU_FAR_JUMP, 0, target);
	memcpy(ret, r.code, r.size);
	return r.size;
}

/** No handler: an instruction that does nothing, and its data. */
static size_t madeup_orphan(uint64_t addr, uint8_t ret[ARCH_ORPHAN_SIZE], size_t *data_ret)
{
	const struct arch_orphan_data data = {.action = {addr}};
	uint32_t insns[2] = {madeup_insn(MU_NOP, 0, 0), madeup_insn(MU_RETURN, 0, 0)};

	memcpy(ret, insns, sizeof(insns));
	memcpy(ret + sizeof(insns), &data, sizeof(data));
	*data_ret = sizeof(insns);
	return sizeof(insns) + sizeof(data);
}

static void madeup_callee(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size), void *ctx,
			  uint64_t return_addr, uint64_t targets_ret[2])
{
	uint8_t code[INSN_SIZE];
	struct insn insn;

	targets_ret[0] = targets_ret[1] = 0;
	if (!read(ctx, return_addr - INSN_SIZE, code, sizeof(code)))
		return;
	insn = decode(code);
	if (insn.op == MU_CALL)
		targets_ret[0] = return_addr + (uint64_t)(int64_t)(insn.number - 1) * INSN_SIZE;
}

static uint64_t distance(const struct insn *insn)
{
	return (uint64_t)(int64_t)insn->number * INSN_SIZE;
}

/** Operations with a literal. */
static bool execute_literal(struct arch_regs *regs, const struct insn *insn, uint64_t literal)
{
	uint64_t next = regs->word[MU_PC] + INSN_SIZE + LITERAL_SIZE;

	switch (insn->op) {
	case MU_FAR_JUMP:
		next = literal;
		break;
	case MU_SET_LINK:
		regs->word[MU_LR] = literal;
		break;
	case MU_SET:
		regs->word[MU_R0 + insn->reg] = literal;
		break;
	default:
		return false;
	}
	regs->word[MU_PC] = next;
	return true;
}

static bool execute_short(struct arch_regs *regs, const struct insn *insn)
{
	uint64_t pc = regs->word[MU_PC], *reg = &regs->word[MU_R0 + insn->reg];

	regs->word[MU_PC] = pc + INSN_SIZE;
	switch (insn->op) {
	case MU_NOP:
		return true;
	case MU_CALL:
		regs->word[MU_LR] = pc + INSN_SIZE;
		regs->word[MU_PC] = pc + distance(insn);
		return true;
	case MU_JUMP:
		regs->word[MU_PC] = pc + distance(insn);
		return true;
	case MU_JUMP_IF_ZERO:
		if (*reg == 0)
			regs->word[MU_PC] = pc + distance(insn);
		return true;
	case MU_ADD:
		*reg += (uint64_t)(int64_t)insn->number;
		return true;
	case MU_ADDRESS:
		*reg = pc + distance(insn);
		return true;
	case MU_RETURN:
		regs->word[MU_PC] = regs->word[MU_LR];
		return true;
	default:
		regs->word[MU_PC] = pc;
		return false;
	}
}

bool madeup_execute(struct arch_regs *regs, const uint8_t *code, uint64_t start, size_t size)
{
	uint64_t at = regs->word[MU_PC] - start, literal;
	struct insn insn;

	if (at % INSN_SIZE || at >= size || size - at < INSN_SIZE)
		return false;
	insn = decode(code + at);
	if (insn.op != MU_FAR_JUMP && insn.op != MU_SET_LINK && insn.op != MU_SET)
		return execute_short(regs, &insn);
	if (size - at < INSN_SIZE + LITERAL_SIZE)
		return false;
	memcpy(&literal, code + at + INSN_SIZE, sizeof(literal));
	return execute_literal(regs, &insn, literal);
}

const struct arch arch_madeup = {
	.name = "madeup",
	.title = "made-up",
	.addr_bits = 40,
	.insn_align = INSN_SIZE,
	.trap = trap,
	.trap_size = sizeof(trap),
	.trap_advance = 0,
	.pc = madeup_pc,
	.set_pc = madeup_set_pc,
	.sp = madeup_sp,
	.arg = madeup_arg,
	.result = madeup_result,
	.unwind = &arch_madeup_unwind,
	.walk_regs = madeup_walk_regs,
	.is_same_state = madeup_is_same_state,
	.callee = madeup_callee,
	.relocate = madeup_relocate,
	.jump = madeup_jump,
	.orphan_handler = madeup_orphan,
};
