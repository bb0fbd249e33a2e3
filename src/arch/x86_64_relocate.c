// SPDX-License-Identifier: GPL-3.0-or-later
// One instruction as it must stand elsewhere: it is decoded with Zydis, and copied with a way back.
// What depends on the pc is written anew: displacements, branches, the return address that a call
// pushes.
#include "config.h"

#include "arch/x86_64.h"

#include <Zydis/Zydis.h>
#include <string.h>

/** Output of a relocation in the making. */
struct emitter {
	uint8_t *code;
	size_t size;
	size_t room;
	uint64_t addr;
	/** What comes next stands behind it: no way back is needed. */
	bool falls_through;
	bool is_overflown;
};

static void emit(struct emitter *e, const void *bytes, size_t size)
{
	if (e->size + size > e->room) {
		e->is_overflown = true;
		return;
	}
	memcpy(e->code + e->size, bytes, size);
	e->size += size;
}

static void emit_u8(struct emitter *e, uint8_t byte)
{
	emit(e, &byte, 1);
}

static void emit_u32(struct emitter *e, uint32_t value)
{
	emit(e, &value, 4);
}

/** Distance from the end of an instruction of which rest bytes are still to come (the displacement
 *  included). */
static bool distance(const struct emitter *e, uint64_t target, size_t rest, int32_t *ret)
{
	int64_t d = (int64_t)(target - (e->addr + e->size + rest));

	*ret = (int32_t)d;
	return d == *ret;
}

static void emit_jump(struct emitter *e, uint64_t target)
{
	int32_t d;

	if (distance(e, target, 5, &d)) {
		emit_u8(e, 0xe9);
		emit_u32(e, (uint32_t)d);
		return;
	}
	// jmp *0(%rip); .quad target
	emit(e, (const uint8_t[]){0xff, 0x25, 0, 0, 0, 0}, 6);
	emit(e, &target, 8);
}

/** On to the next instruction. */
static void emit_way_back(struct emitter *e, uint64_t next)
{
	if (!e->falls_through)
		emit_jump(e, next);
}

/** Push the return address of the original call, so that neither the callee nor an unwinder ever
 *  sees the slot. */
static void emit_push_address(struct emitter *e, uint64_t addr)
{
	emit_u8(e, 0x68); // push imm32, sign-extended
	emit_u32(e, (uint32_t)addr);
	emit(e, (const uint8_t[]){0xc7, 0x44, 0x24, 0x04}, 4); // movl imm32, 4(%rsp)
	emit_u32(e, (uint32_t)(addr >> 32));
}

/** A conditional jump, 70 to 7f or 0f 80 to 8f. Zydis counts others as such: xbegin, and jkzd of a
 *  CPU that never ran Linux. */
static bool is_jcc(const ZydisDecodedInstruction *insn)
{
	if (insn->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return false;
	if (insn->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT)
		return (insn->opcode & 0xf0) == 0x70;
	return insn->opcode_map == ZYDIS_OPCODE_MAP_0F && (insn->opcode & 0xf0) == 0x80;
}

static bool relocate_jcc(struct emitter *e, const ZydisDecodedInstruction *insn, uint64_t next,
			 uint64_t target)
{
	int32_t d;

	if (!distance(e, target, 6, &d))
		return false;
	// The condition is the low nibble of the last opcode byte in both forms (Intel SDM,
	// appendix B).
	emit_u8(e, 0x0f);
	emit_u8(e, 0x80 | (insn->opcode & 0x0f));
	emit_u32(e, (uint32_t)d);
	emit_way_back(e, next);
	return true;
}

static bool relocate_branch(struct emitter *e, const ZydisDecodedInstruction *insn,
			    const uint8_t *code, uint64_t pc, uint64_t target)
{
	uint64_t next = pc + insn->length;
	int32_t d;

	switch (insn->mnemonic) {
	case ZYDIS_MNEMONIC_CALL:
		emit_push_address(e, next);
		emit_jump(e, target);
		return true;
	case ZYDIS_MNEMONIC_JRCXZ:
	case ZYDIS_MNEMONIC_JECXZ:
	case ZYDIS_MNEMONIC_LOOP:
	case ZYDIS_MNEMONIC_LOOPE:
	case ZYDIS_MNEMONIC_LOOPNE:
		// Short form only: branch over the way to the next instruction, which is a near
		// jump of 5 bytes.
		emit(e, code, insn->length - 1);
		emit_u8(e, 5);
		if (!distance(e, next, 5, &d))
			return false;
		emit_jump(e, next);
		emit_jump(e, target);
		return true;
	default:
		return is_jcc(insn) && relocate_jcc(e, insn, next, target);
	}
}

/** The displacement of a RIP-relative operand, for an instruction of length bytes that begins at
 *  e->size. */
static bool rebase_displacement(const struct emitter *e, const ZydisDecodedInstruction *insn,
				uint64_t pc, size_t length, int32_t *ret)
{
	uint64_t target = pc + insn->length + (uint64_t)insn->raw.disp.value;

	return distance(e, target, length, ret);
}

static bool is_rip_relative(const ZydisDecodedInstruction *insn)
{
	return (insn->attributes & ZYDIS_ATTRIB_HAS_MODRM) && insn->raw.modrm.mod == 0 &&
	       insn->raw.modrm.rm == 5;
}

/** call r/m64: push the true return address, jump with the same operand. */
static bool relocate_indirect_call(struct emitter *e, const ZydisDecodedInstruction *insn,
				   const uint8_t *code, uint64_t pc)
{
	size_t modrm = insn->raw.modrm.offset;
	bool is_sp = insn->raw.rex.B == 0 && insn->raw.modrm.rm == 4;
	uint8_t jump_modrm;
	int32_t d;

	if (insn->opcode != 0xff || insn->raw.modrm.reg != 2)
		return false; // far call
	if (is_sp && insn->raw.modrm.mod == 3)
		return false; // call *%rsp: the push would move its target
	emit_push_address(e, pc + insn->length);
	jump_modrm = (code[modrm] & 0xc7) | 4 << 3;
	if (is_rip_relative(insn)) {
		if (!rebase_displacement(e, insn, pc, insn->length, &d))
			return false;
		emit(e, code, modrm);
		emit_u8(e, jump_modrm);
		emit_u32(e, (uint32_t)d);
	} else if (is_sp && insn->raw.sib.base == 4) {
		// The pushed return address moved the stack pointer by 8, and took the place of
		// what lies below it.
		if ((insn->raw.disp.value < 0 && insn->raw.disp.value > -16) ||
		    __builtin_add_overflow(insn->raw.disp.value, 8, &d) ||
		    modrm + 6 > ARCH_MAX_INSN)
			return false;
		emit(e, code, modrm);
		emit_u8(e, (jump_modrm & 0x3f) | 2 << 6);
		emit_u8(e, code[modrm + 1]);
		emit_u32(e, (uint32_t)d);
	} else {
		emit(e, code, modrm);
		emit_u8(e, jump_modrm);
		emit(e, code + modrm + 1, insn->length - modrm - 1);
	}
	return true;
}

static bool relocate_copy(struct emitter *e, const ZydisDecodedInstruction *insn,
			  const uint8_t *code, uint64_t pc)
{
	uint8_t copy[ARCH_MAX_INSN];
	int32_t d;

	memcpy(copy, code, insn->length);
	if (is_rip_relative(insn)) {
		if (!rebase_displacement(e, insn, pc, insn->length, &d))
			return false;
		memcpy(copy + insn->raw.disp.offset, &d, 4);
	}
	emit(e, copy, insn->length);
	emit_way_back(e, pc + insn->length);
	return true;
}

/** Raises SIGTRAP itself: the target, or whoever debugs it, looks for the pc behind it. */
static bool is_trap(const ZydisDecodedInstruction *insn)
{
	return insn->mnemonic == ZYDIS_MNEMONIC_INT3 || insn->mnemonic == ZYDIS_MNEMONIC_INT1 ||
	       (insn->mnemonic == ZYDIS_MNEMONIC_INT && insn->raw.imm[0].value.u == 3);
}

/** A near branch with an operand-size prefix that has an effect: Intel ignores it, AMD truncates
 *  the pc to 16 bits. */
static bool is_short_operand(const ZydisDecodedInstruction *insn)
{
	return (insn->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE) && !insn->raw.rex.W;
}

/** The instruction does nothing but move the pc. */
static bool is_jump_only(const ZydisDecodedInstruction *insn, uint64_t pc, uint64_t *target_ret)
{
	*target_ret = pc + insn->length;
	if (insn->meta.category == ZYDIS_CATEGORY_NOP ||
	    insn->meta.category == ZYDIS_CATEGORY_WIDENOP ||
	    insn->mnemonic == ZYDIS_MNEMONIC_ENDBR64)
		return true;
	if (!insn->raw.imm[0].is_relative)
		return false;
	*target_ret += (uint64_t)insn->raw.imm[0].value.s;
	return insn->mnemonic == ZYDIS_MNEMONIC_JMP;
}

bool arch_x86_64_relocate(const uint8_t *code, size_t size, uint64_t pc, uint64_t slot_addr,
			  struct arch_relocation *ret)
{
	struct arch_relocation reloc = {.kind = ARCH_RELOC_SLOT, .resume_pc = slot_addr};
	struct emitter e = {.code = reloc.code, .room = sizeof(reloc.code), .addr = slot_addr};
	bool is_relative, is_call, is_ok;
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;
	uint64_t target;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, code, size, &insn)) ||
	    is_trap(&insn))
		return false;
	is_relative = insn.raw.imm[0].is_relative;
	is_call = insn.meta.category == ZYDIS_CATEGORY_CALL;
	if ((is_relative || is_call) && is_short_operand(&insn))
		return false;
	reloc.insn_size = insn.length;
	if (is_jump_only(&insn, pc, &target)) {
		reloc.kind = ARCH_RELOC_JUMP;
		reloc.resume_pc = target;
		*ret = reloc;
		return true;
	}
	if (is_relative)
		is_ok = relocate_branch(&e, &insn, code, pc, target);
	else if (is_call)
		is_ok = relocate_indirect_call(&e, &insn, code, pc);
	else
		is_ok = relocate_copy(&e, &insn, code, pc);
	if (!is_relative && !is_call)
		reloc.done_size = insn.length;
	if (!is_ok || e.is_overflown)
		return false;
	reloc.size = e.size;
	*ret = reloc;
	return true;
}

size_t arch_x86_64_jump(uint64_t slot_addr, uint64_t target, uint8_t ret[ARCH_XOL_SLOT_SIZE])
{
	struct emitter e = {.code = ret, .room = ARCH_XOL_SLOT_SIZE, .addr = slot_addr};

	emit_jump(&e, target);
	return e.size;
}

bool arch_x86_64_copy(const uint8_t *code, size_t size, uint64_t pc, uint64_t copy_addr,
		      uint8_t ret[ARCH_XOL_SLOT_SIZE], size_t *size_ret)
{
	struct emitter e = {
		.code = ret, .room = ARCH_XOL_SLOT_SIZE, .addr = copy_addr, .falls_through = true};
	ZydisDecodedInstruction insn;
	ZydisDecoder decoder;
	bool is_ok, is_call;
	uint64_t target;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	if (ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, NULL, code, size, &insn)) ||
	    is_trap(&insn))
		return false;
	is_call = insn.meta.category == ZYDIS_CATEGORY_CALL;
	if ((insn.raw.imm[0].is_relative || is_call) && is_short_operand(&insn))
		return false;
	if (insn.raw.imm[0].is_relative) {
		is_ok = true;
		if (is_jump_only(&insn, pc, &target))
			emit_jump(&e, target);
		else
			is_ok = (is_call || is_jcc(&insn)) &&
				relocate_branch(&e, &insn, code, pc, target);
	} else if (is_call) {
		is_ok = relocate_indirect_call(&e, &insn, code, pc);
	} else {
		is_ok = relocate_copy(&e, &insn, code, pc);
	}
	*size_ret = e.size;
	return is_ok && !e.is_overflown;
}
