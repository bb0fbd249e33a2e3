// SPDX-License-Identifier: GPL-3.0-or-later
// The table entry through which a function hands its call on.
#include "config.h"

#include "arch/x86_64.h"

#include <Zydis/Zydis.h>
#include <string.h>

/** A function that only hands its call on has done so after so many instructions. */
#define MAX_INSNS 24
#define NUM_REGS  16

/** What a general register holds. */
struct value {
	enum {
		VALUE_UNKNOWN,
		VALUE_TABLE,
		VALUE_ENTRY
	} kind;
	/** Where the pointer to the table lies; VALUE_ENTRY: and the offset in the table. */
	uint64_t pointer_addr;
	int64_t offset;
};

/** 0 to 15 for a 64-bit general register and its parts, else -1. */
static int reg_index(ZydisRegister reg)
{
	ZydisRegister full = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);

	if (full < ZYDIS_REGISTER_RAX || full > ZYDIS_REGISTER_R15)
		return -1;
	return full - ZYDIS_REGISTER_RAX;
}

/** What the 64-bit word in memory is that an operand names; next_pc is behind its instruction. */
static struct value value_in_memory(const struct value regs[NUM_REGS],
				    const ZydisDecodedOperand *operand, uint64_t next_pc)
{
	struct value unknown = {0}, value;
	int base;

	if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || operand->size != 64 ||
	    operand->mem.index != ZYDIS_REGISTER_NONE ||
	    operand->mem.segment == ZYDIS_REGISTER_FS || operand->mem.segment == ZYDIS_REGISTER_GS)
		return unknown;
	if (operand->mem.base == ZYDIS_REGISTER_RIP) {
		value.kind = VALUE_TABLE;
		value.pointer_addr = next_pc + (uint64_t)operand->mem.disp.value;
		value.offset = 0;
		return value;
	}
	base = reg_index(operand->mem.base);
	if (base < 0 || regs[base].kind != VALUE_TABLE)
		return unknown;
	value = regs[base];
	value.kind = VALUE_ENTRY;
	value.offset = operand->mem.disp.value;
	return value;
}

static void execute(struct value regs[NUM_REGS], const ZydisDecodedInstruction *insn,
		    const ZydisDecodedOperand *operands, uint64_t next_pc)
{
	struct value loaded = {0};
	int reg;
	unsigned i;

	if (insn->mnemonic == ZYDIS_MNEMONIC_MOV)
		loaded = value_in_memory(regs, &operands[1], next_pc);
	for (i = 0; i < insn->operand_count; i++) {
		reg = operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER
			      ? reg_index(operands[i].reg.value)
			      : -1;
		if (reg >= 0 && (operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
			regs[reg] = i ? (struct value){0} : loaded;
	}
}

bool arch_x86_64_dispatch(const uint8_t *code, size_t size, uint64_t pc, struct arch_dispatch *ret)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	struct value regs[NUM_REGS] = {0}, target;
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;
	unsigned num;
	size_t at;
	int reg;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (at = 0, num = 0; num < MAX_INSNS; at += insn.length, num++) {
		if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code + at, size - at, &insn,
						       operands)))
			return false;
		if (insn.meta.category != ZYDIS_CATEGORY_CALL &&
		    insn.meta.category != ZYDIS_CATEGORY_UNCOND_BR &&
		    insn.meta.category != ZYDIS_CATEGORY_RET) {
			execute(regs, &insn, operands, pc + at + insn.length);
			continue;
		}
		reg = operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER
			      ? reg_index(operands[0].reg.value)
			      : -1;
		target = reg >= 0 ? regs[reg]
				  : value_in_memory(regs, &operands[0], pc + at + insn.length);
		if (target.kind != VALUE_ENTRY)
			return false;
		ret->pointer_addr = target.pointer_addr;
		ret->offset = target.offset;
		ret->size = at + insn.length;
		ret->is_jump = insn.meta.category == ZYDIS_CATEGORY_UNCOND_BR;
		return true;
	}
	return false;
}
