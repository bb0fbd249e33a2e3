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
#define PUSH_SIZE 5
#define JUMP      0xe9
#define INT3      0xcc
/** Arithmetic with an operand of 8 or 32 bits and a constant of 8, as the next byte says. With this
 *  one it compares %al or %eax. */
#define GROUP_8    0x80
#define GROUP_32   0x83
#define COMPARE_AL 0xf8
/** An instruction of this size can stay whole below a jump: then one byte of the displacement, at
 *  least, can still be chosen, and a trap follows. */
#define MAX_WHOLE 3

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

static bool is_call(const ZydisDecodedInstruction *insn)
{
	return insn->meta.category == ZYDIS_CATEGORY_CALL;
}

/** Nothing of the function is executed behind it. */
static bool is_end(const ZydisDecodedInstruction *insn)
{
	return insn->meta.category == ZYDIS_CATEGORY_RET ||
	       insn->meta.category == ZYDIS_CATEGORY_UNCOND_BR ||
	       insn->mnemonic == ZYDIS_MNEMONIC_UD2 || insn->mnemonic == ZYDIS_MNEMONIC_HLT;
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
		if (is_call(&insn) && at + insn.length < ret->jump_size)
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

static void give(struct arch_patch *patch, unsigned i, uint8_t byte)
{
	patch->is_given |= 1u << i;
	patch->given[i] = byte;
}

static void give_trap(struct arch_patch *patch, unsigned i)
{
	patch->traps |= 1u << i;
	give(patch, i, INT3);
}

/** An int3 behind it is still an int3 (Intel SDM 2, 2.1.1; not lock, which makes it an invalid
 *  instruction). */
static bool is_prefix(uint8_t byte)
{
	return is_rex(byte) || (byte & 0xe7) == 0x26 || (byte & 0xfc) == 0x64 ||
	       (byte & 0xfe) == 0xf2;
}

/** Give the jump bytes with which the first byte of the original, if it is back, is no harm.
 *  insn_size: of the first instruction. False: there are none. */
static bool give_halves(struct arch_patch *patch, size_t insn_size)
{
	size_t i;

	// A jump is as good as the other.
	if (opcode_at(patch) || patch->original[0] == JUMP)
		return true;
	// The instruction is whole. Behind it is a trap anyhow.
	if (insn_size <= MAX_WHOLE) {
		for (i = 1; i < insn_size; i++)
			give(patch, (unsigned)i, patch->original[i]);
		return true;
	}
	// A prefix and a trap; or a comparison of %al and a trap, for a function finds no flags at
	// its entry that mean something.
	if (is_prefix(patch->original[0])) {
		patch->halves_trap = 1;
	} else if (patch->original[0] == GROUP_8 || patch->original[0] == GROUP_32) {
		give(patch, 1, COMPARE_AL);
		patch->halves_trap = 3;
	} else {
		return false;
	}
	give_trap(patch, patch->halves_trap);
	return true;
}

static size_t first_size(const struct arch_patch *patch)
{
	size_t ret;

	for (ret = 1; ret < patch->jump_size && !(patch->starts & 1u << ret); ret++)
		;
	return ret;
}

/** With a jump of jump_size bytes behind the mark of mark bytes. num: of the bytes of code. */
static enum arch_patchable examine_for(const uint8_t *code, size_t num, size_t size, uint64_t addr,
				       size_t mark, size_t jump_size, struct arch_patch *ret)
{
	struct arch_patch patch = {.addr = addr + mark, .jump_size = (uint8_t)jump_size};
	enum arch_patchable is = cover(code + mark, num - mark, &patch);
	unsigned i;

	if (is == ARCH_PATCHABLE)
		is = look_for_jumps(code, size, addr, &patch);
	if (is != ARCH_PATCHABLE)
		return is;
	for (i = 1; i < jump_size; i++)
		if (patch.starts & 1u << i)
			give_trap(&patch, i);
	if (!give_halves(&patch, first_size(&patch)))
		return ARCH_PATCH_NOT_BY_HALVES;
	*ret = patch;
	return ARCH_PATCHABLE;
}

/** The highest byte of the displacement can be chosen: there are places 16 MiB apart, so one of
 *  them is free. Otherwise all are within 16 MiB. */
static bool is_flexible(const struct arch_patch *patch)
{
	return !(patch->is_given & 1u << (patch->jump_size - 1));
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

/** Byte i of the displacement cannot be chosen. */
static bool is_given(const struct arch_patch *patch, unsigned i, uint32_t *ret)
{
	unsigned at = opcode_at(patch) + 1 + i;

	// The lowest displacement has its highest bit set.
	*ret = patch->given[at] ^ (i == 3 ? 0x80 : 0);
	return patch->is_given & 1u << at;
}

/** The displacement that patch allows nearest above that of from whose bytes above byte i are the
 *  same, and byte i is greater. All are counted from the lowest one, so unsigned. i -1: the same
 *  displacement. False: there is none. */
static bool next_with(const struct arch_patch *patch, uint32_t from, int i, uint32_t *ret)
{
	uint32_t value = 0, byte, fixed;
	bool is_fixed;
	int k;

	for (k = 3; k >= 0; k--) {
		is_fixed = is_given(patch, (unsigned)k, &fixed);
		byte = from >> 8 * k & 0xff;
		if (k == i && ++byte > 0xff)
			return false;
		if (k < i)
			byte = is_fixed ? fixed : 0;
		else if (is_fixed && (k > i ? byte != fixed : byte > fixed))
			return false;
		else if (is_fixed)
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
		ret->call_begun = (uint8_t)(ret->size - head);
		// From the push of the return address on.
		if (is_call(&insn))
			ret->call_begun = ret->copies[at] + PUSH_SIZE;
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
