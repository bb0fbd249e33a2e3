// SPDX-License-Identifier: GPL-3.0-or-later
// Jumps of five bytes in place of a function's first instructions, and the pads that they lead to
// (arch/patch.h). The displacement of a jump is little-endian: its lowest byte says where in 256
// bytes the pad is, its highest one in which 16 MiB.
//
// A function that begins with a REX prefix keeps it in front of the jump: the processor ignores it
// there (Intel SDM 2, 2.2.1; AMD 3, 1.2.7). So byte 0 is the same with the jump and without it, and
// nobody who restores that byte alone does harm.
#include "config.h"

#include "arch/patch.h"
#include "arch/x86_64.h"

#include <Zydis/Zydis.h>
#include <string.h>

#define JUMP_SIZE 5
#define CALL_SIZE 6
#define JUMP      0xe9
#define INT3      0xcc

static const uint8_t empty[] = {0xc3};

static bool decode(const uint8_t *code, size_t size, ZydisDecodedInstruction *ret)
{
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	return ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, code, size, ret));
}

static bool is_system_call(const ZydisDecodedInstruction *insn)
{
	return insn->meta.category == ZYDIS_CATEGORY_SYSCALL ||
	       insn->meta.category == ZYDIS_CATEGORY_INTERRUPT;
}

/** Nothing of the function is executed behind it. */
static bool is_end(const ZydisDecodedInstruction *insn)
{
	return insn->meta.category == ZYDIS_CATEGORY_RET ||
	       insn->meta.category == ZYDIS_CATEGORY_UNCOND_BR ||
	       insn->mnemonic == ZYDIS_MNEMONIC_UD2 || insn->mnemonic == ZYDIS_MNEMONIC_HLT;
}

/** An int3 behind it is still an int3 (Intel SDM 2, 2.1.1; not lock, which makes it an invalid
 *  instruction). */
static bool is_prefix(uint8_t byte)
{
	return (byte & 0xf0) == 0x40 || (byte & 0xe7) == 0x26 || (byte & 0xfc) == 0x64 ||
	       (byte & 0xfe) == 0xf2;
}

static bool is_rex(uint8_t byte)
{
	return (byte & 0xf0) == 0x40;
}

/** How far behind the beginning of the jump its opcode is: behind the function's own prefix. */
static unsigned opcode_at(const struct arch_patch *patch)
{
	return patch->jump_size - JUMP_SIZE;
}

/** Note the instructions that a jump at ret->addr covers. */
static enum arch_patchable cover(const uint8_t *code, size_t size, struct arch_patch *ret)
{
	uint8_t copy[ARCH_XOL_SLOT_SIZE];
	ZydisDecodedInstruction insn;
	size_t at, copy_size;

	for (at = 0; at < ret->jump_size; at += insn.length) {
		if (at >= size)
			return ARCH_PATCH_TOO_SHORT;
		if (!decode(code + at, size - at, &insn))
			return ARCH_PATCH_NOT_MOVABLE;
		if (insn.meta.category == ZYDIS_CATEGORY_CALL)
			return ARCH_PATCH_HAS_CALL;
		if (is_system_call(&insn))
			return ARCH_PATCH_HAS_SYSCALL;
		if (is_end(&insn) && at + insn.length < ret->jump_size)
			return ARCH_PATCH_TOO_SHORT;
		if (!arch_x86_64_copy(code + at, size - at, ret->addr + at, ret->addr + at, copy,
				      &copy_size))
			return ARCH_PATCH_NOT_MOVABLE;
		ret->starts |= 1u << at;
	}
	ret->covered_size = at;
	memcpy(ret->original, code, at);
	return ARCH_PATCHABLE;
}

/** Does the function jump to where the jump will be? */
static enum arch_patchable look_for_jumps(const uint8_t *code, size_t size, uint64_t addr,
					  const struct arch_patch *patch)
{
	ZydisDecodedInstruction insn;
	uint64_t target;
	size_t at;

	for (at = 0; at < size; at += insn.length) {
		if (!decode(code + at, size - at, &insn))
			return ARCH_PATCH_IS_INDIRECT;
		target = addr + at + insn.length + (uint64_t)insn.raw.imm[0].value.s;
		if (insn.meta.category != ZYDIS_CATEGORY_CALL && insn.raw.imm[0].is_relative) {
			if (target - patch->addr < patch->jump_size)
				return ARCH_PATCH_IS_TARGET;
		} else if (insn.mnemonic == ZYDIS_MNEMONIC_JMP &&
			   !(insn.raw.modrm.mod == 0 && insn.raw.modrm.rm == 5)) {
			// What a pointer at a fixed address leads to is another function.
			return ARCH_PATCH_IS_INDIRECT;
		}
	}
	return ARCH_PATCHABLE;
}

/** With a jump of jump_size bytes behind the mark of mark bytes. num: of the bytes of code. */
static enum arch_patchable examine_for(const uint8_t *code, size_t num, size_t size, uint64_t addr,
				       size_t mark, size_t jump_size, struct arch_patch *ret)
{
	struct arch_patch patch = {.addr = addr + mark, .jump_size = (uint8_t)jump_size};
	enum arch_patchable is = cover(code + mark, num - mark, &patch);

	if (is == ARCH_PATCHABLE)
		is = look_for_jumps(code, size, addr, &patch);
	if (is != ARCH_PATCHABLE)
		return is;
	// An instruction of one byte is whole again; a jump is as good as the other.
	if (jump_size == JUMP_SIZE && !(patch.starts & 2) && patch.original[0] != JUMP) {
		if (!is_prefix(patch.original[0]))
			return ARCH_PATCH_NOT_BY_HALVES;
		patch.prefix_trap = 1;
	}
	patch.traps = patch.starts & ~1u;
	patch.traps |= patch.prefix_trap ? 1u << patch.prefix_trap : 0;
	*ret = patch;
	return ARCH_PATCHABLE;
}

/** The highest byte of the displacement can be chosen: there are places 16 MiB apart, so one of
 *  them is free. Otherwise all are within 16 MiB. */
static bool is_flexible(const struct arch_patch *patch)
{
	return !(patch->traps & 1u << (patch->jump_size - 1));
}

static enum arch_patchable examine(const uint8_t *code, size_t size, uint64_t addr,
				   struct arch_patch *ret)
{
	size_t num = size ? size : ARCH_MAX_COVERED + ARCH_MAX_INSN, mark = 0;
	bool has_prefixed = false, has_bare;
	struct arch_patch prefixed, bare;
	ZydisDecodedInstruction insn;
	enum arch_patchable is;

	if (decode(code, num, &insn) && insn.mnemonic == ZYDIS_MNEMONIC_ENDBR64)
		mark = insn.length;
	if (mark < num && is_rex(code[mark]))
		has_prefixed = examine_for(code, num, size, addr, mark, JUMP_SIZE + 1, &prefixed) ==
			       ARCH_PATCHABLE;
	is = examine_for(code, num, size, addr, mark, JUMP_SIZE, &bare);
	has_bare = is == ARCH_PATCHABLE;
	if (has_prefixed && (is_flexible(&prefixed) || !has_bare || !is_flexible(&bare)))
		*ret = prefixed;
	else if (has_bare)
		*ret = bare;
	return has_prefixed ? ARCH_PATCHABLE : is;
}

/** Byte i of the displacement is one. */
static bool is_trap_byte(const struct arch_patch *patch, unsigned i)
{
	return patch->traps & 1u << (opcode_at(patch) + 1 + i);
}

/** The displacement that patch allows nearest above that of from whose bytes above byte i are the
 *  same, and byte i is greater. All are counted from the lowest one, so unsigned. i -1: the same
 *  displacement. False: there is none. */
static bool next_with(const struct arch_patch *patch, uint32_t from, int i, uint32_t *ret)
{
	uint32_t value = 0, byte, fixed;
	int k;

	for (k = 3; k >= 0; k--) {
		// The lowest displacement has its highest bit set.
		fixed = k == 3 ? INT3 ^ 0x80 : INT3;
		byte = from >> 8 * k & 0xff;
		if (k == i && ++byte > 0xff)
			return false;
		if (k < i)
			byte = is_trap_byte(patch, (unsigned)k) ? fixed : 0;
		else if (is_trap_byte(patch, (unsigned)k) && (k > i ? byte != fixed : byte > fixed))
			return false;
		else if (is_trap_byte(patch, (unsigned)k))
			byte = fixed;
		value |= byte << 8 * k;
	}
	*ret = value;
	return true;
}

static uint64_t next_pad(const struct arch_patch *patch, uint64_t from)
{
	// Signed: in a program at low addresses it lies below all memory.
	int64_t base = (int64_t)(patch->addr + patch->jump_size) - (1ll << 31);
	uint32_t next;
	int i;

	if ((int64_t)from < base)
		from = (uint64_t)base;
	if (from - (uint64_t)base > UINT32_MAX)
		return 0;
	for (i = -1; i < 4; i++)
		if (next_with(patch, (uint32_t)(from - (uint64_t)base), i, &next))
			return (uint64_t)base + next;
	return 0;
}

static void put_jump(const struct arch_patch *patch, uint64_t pad_addr, uint8_t ret[ARCH_MAX_JUMP])
{
	uint32_t distance = (uint32_t)(pad_addr - (patch->addr + patch->jump_size));
	unsigned at = opcode_at(patch);

	memset(ret, 0, ARCH_MAX_JUMP);
	memcpy(ret, patch->original, at);
	ret[at] = JUMP;
	memcpy(ret + at + 1, &distance, sizeof(distance));
}

/** The copies of the covered instructions behind ret->size. */
static bool put_copies(const struct arch_patch *patch, uint64_t pad_addr, struct arch_pad *ret)
{
	uint8_t code[ARCH_XOL_SLOT_SIZE];
	ZydisDecodedInstruction insn;
	size_t at, size, head = sizeof(struct arch_pad_head);

	for (at = 0; at < patch->covered_size; at += insn.length) {
		ret->copies[at] = (uint8_t)(ret->size - head);
		if (!decode(patch->original + at, patch->covered_size - at, &insn) ||
		    !arch_x86_64_copy(patch->original + at, insn.length, patch->addr + at,
				      pad_addr + ret->size - head, code, &size))
			return false;
		memcpy(ret->code + ret->size, code, size);
		ret->size += size;
	}
	ret->copies_end = (uint8_t)(ret->size - head);
	return true;
}

static bool put_pad(const struct arch_patch *patch, const struct arch_pad_head *head,
		    uint64_t pad_addr, uint64_t target, struct arch_pad *ret)
{
	struct arch_pad pad = {.size = sizeof(*head) + CALL_SIZE};
	uint64_t start = pad_addr - sizeof(*head);
	uint8_t way_back[ARCH_XOL_SLOT_SIZE];
	uint32_t distance;
	size_t size;

	memcpy(pad.code, head, sizeof(*head));
	if (!put_copies(patch, pad_addr, &pad))
		return false;
	size = arch_x86_64_jump(start + pad.size, patch->addr + patch->covered_size, way_back);
	memcpy(pad.code + pad.size, way_back, size);
	pad.size += size;
	// An aligned word can be changed while threads are in the pad.
	pad.size += -(start + pad.size) & 7;
	distance = (uint32_t)(pad.size - sizeof(*head) - CALL_SIZE);
	memcpy(pad.code + sizeof(*head), "\xff\x15", 2);
	memcpy(pad.code + sizeof(*head) + 2, &distance, sizeof(distance));
	memcpy(pad.code + pad.size, &target, sizeof(target));
	pad.size += sizeof(target);
	*ret = pad;
	return true;
}

const struct arch_patching arch_patching_x86_64 = {
	.examine = examine,
	.next_pad = next_pad,
	.jump = put_jump,
	.pad = put_pad,
	.call_size = CALL_SIZE,
	.empty = empty,
	.empty_size = sizeof(empty),
};
