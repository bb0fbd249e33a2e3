// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "arch/x86_64.h"

#include <Zydis/Zydis.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/syscall.h>

static const uint8_t trap[] = {0xcc};

static uint64_t x86_pc(const struct arch_regs *regs)
{
	return regs->word[W_RIP];
}

static void x86_set_pc(struct arch_regs *regs, uint64_t pc)
{
	regs->word[W_RIP] = pc;
}

static uint64_t x86_sp(const struct arch_regs *regs)
{
	return regs->word[W_RSP];
}

static uint64_t x86_arg(const struct arch_regs *regs, unsigned i)
{
	// psABI 3.2.3: INTEGER arguments.
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_RCX, W_R8, W_R9};

	return regs->word[place[i]];
}

static uint64_t x86_result(const struct arch_regs *regs)
{
	return regs->word[W_RAX];
}

static void x86_walk_regs(const struct arch_regs *regs, uint64_t ret[WALK_MAX_REGS])
{
	static const uint8_t place[X86_NUM_REGS] = {
		[X86_SP] = W_RSP,  [X86_BP] = W_RBP,  [X86_BX] = W_RBX,  [X86_R12] = W_R12,
		[X86_R13] = W_R13, [X86_R14] = W_R14, [X86_R15] = W_R15, [X86_R10] = W_R10,
	};
	unsigned i;

	for (i = 0; i < X86_NUM_REGS; i++)
		ret[i] = regs->word[place[i]];
}

static void x86_set_syscall(struct arch_regs *regs, uint64_t insn_addr, long nr,
			    const uint64_t args[6])
{
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_R10, W_R8, W_R9};
	unsigned i;

	for (i = 0; i < 6; i++)
		regs->word[place[i]] = args[i];
	regs->word[W_RAX] = nr;
	// Not in a system call as far as signal code is concerned: nothing to restart.
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	regs->word[W_RIP] = insn_addr;
}

static long x86_syscall_nr(const struct arch_regs *regs)
{
	return (long)regs->word[W_ORIG_RAX];
}

static uint64_t x86_syscall_arg(const struct arch_regs *regs, unsigned i)
{
	static const uint8_t place[] = {W_RDI, W_RSI, W_RDX, W_R10, W_R8, W_R9};

	return regs->word[place[i]];
}

static int64_t x86_syscall_result(const struct arch_regs *regs)
{
	return (int64_t)regs->word[W_RAX];
}

static void x86_skip_syscall(struct arch_regs *regs, int64_t result)
{
	// do_syscall_64(): no such number, rax stays.
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	regs->word[W_RAX] = (uint64_t)result;
}

/** pop rdi; pop rax; syscall; ret REDO_GAP */
#define REDO_GAP 128
static const uint8_t redo_stub[] = {0x5f, 0x58, 0x0f, 0x05, 0xc2, REDO_GAP, 0x00};

static void x86_insert_syscall(struct arch_regs *regs, long nr, uint64_t arg, uint64_t stub,
			       uint64_t stack_ret[ARCH_REDO_WORDS])
{
	stack_ret[0] = regs->word[W_RDI];
	stack_ret[1] = regs->word[W_ORIG_RAX];
	stack_ret[2] = regs->word[W_RIP];
	// Below the red zone.
	regs->word[W_RSP] -= REDO_GAP + ARCH_REDO_WORDS * sizeof(uint64_t);
	regs->word[W_RDI] = arg;
	regs->word[W_ORIG_RAX] = (uint64_t)nr;
	regs->word[W_RIP] = stub;
}

static bool x86_restart_eintr(struct arch_regs *regs)
{
	// -EINTR in the kernel's numbering; ERESTART* (-512 ...) restart by themselves.
	if ((int64_t)regs->word[W_ORIG_RAX] < 0 || (int64_t)regs->word[W_RAX] != -4)
		return false;
	regs->word[W_RAX] = regs->word[W_ORIG_RAX];
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	regs->word[W_RIP] -= 2;
	return true;
}

static bool x86_finish_syscall(struct arch_regs *regs, bool *is_restarted_ret)
{
	// ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK (Linux, include/linux/errno.h), and
	// what the kernel makes of them (arch_do_signal_or_restart(), arch/x86/kernel/signal.c).
	int64_t result = (int64_t)regs->word[W_RAX];

	*is_restarted_ret = false;
	if ((int64_t)regs->word[W_ORIG_RAX] < 0)
		return false;
	if ((result <= -512 && result >= -514) || result == -516) {
		regs->word[W_RAX] = result == -516 ? SYS_restart_syscall : regs->word[W_ORIG_RAX];
		regs->word[W_RIP] -= 2;
		*is_restarted_ret = true;
	}
	regs->word[W_ORIG_RAX] = (uint64_t)-1;
	return true;
}

static bool x86_is_same_state(const struct arch_regs *a, const struct arch_regs *b)
{
	struct arch_regs copy = *b;

	// A resume flag may have been set for the trap (Intel SDM 3, 18.3.1.1).
	copy.word[W_RIP] = a->word[W_RIP];
	copy.word[W_ORIG_RAX] = a->word[W_ORIG_RAX];
	copy.word[W_EFLAGS] = a->word[W_EFLAGS];
	return memcmp(a, &copy, sizeof(copy)) == 0;
}

/** Output of a relocation in the making. */
struct emitter {
	uint8_t *code;
	size_t size;
	uint64_t addr;
	bool is_overflown;
};

static void emit(struct emitter *e, const void *bytes, size_t size)
{
	if (e->size + size > ARCH_SLOT_SIZE) {
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
	emit_jump(e, next);
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
	emit_jump(e, pc + insn->length);
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

static bool x86_relocate(const uint8_t *code, size_t size, uint64_t pc, uint64_t slot_addr,
			 struct arch_relocation *ret)
{
	struct arch_relocation reloc = {.kind = ARCH_RELOC_SLOT, .resume_pc = slot_addr};
	struct emitter e = {.code = reloc.code, .addr = slot_addr};
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

/** Where `jmp *offset(%rip)` or `call *offset(%rip)` leads to; end is that of the instruction. */
static uint64_t through_memory(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size),
			       void *ctx, const uint8_t *offset, uint64_t end)
{
	uint64_t target;
	int32_t distance;

	memcpy(&distance, offset, sizeof(distance));
	return read(ctx, end + (uint64_t)(int64_t)distance, &target, sizeof(target)) ? target : 0;
}

static void x86_callee(bool (*read)(void *ctx, uint64_t addr, void *buf, size_t size), void *ctx,
		       uint64_t return_addr, uint64_t targets_ret[2])
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	uint8_t call[6], stub[11];
	int32_t distance;
	size_t at = 0;

	targets_ret[0] = targets_ret[1] = 0;
	if (!read(ctx, return_addr - sizeof(call), call, sizeof(call)))
		return;
	if (call[0] == 0xff && call[1] == 0x15) {
		targets_ret[0] = through_memory(read, ctx, call + 2, return_addr);
	} else if (call[1] == 0xe8) {
		memcpy(&distance, call + 2, sizeof(distance));
		targets_ret[0] = return_addr + (uint64_t)(int64_t)distance;
	}
	if (!targets_ret[0] || !read(ctx, targets_ret[0], stub, sizeof(stub)))
		return;
	if (memcmp(stub, endbr64, sizeof(endbr64)) == 0)
		at = sizeof(endbr64);
	at += stub[at] == 0xf2;
	if (stub[at] == 0xff && stub[at + 1] == 0x25)
		targets_ret[1] = through_memory(read, ctx, stub + at + 2, targets_ret[0] + at + 6);
}

static size_t x86_jump(uint64_t slot_addr, uint64_t target, uint8_t ret[ARCH_SLOT_SIZE])
{
	struct emitter e = {.code = ret, .addr = slot_addr};

	emit_jump(&e, target);
	return e.size;
}

/** A function may keep data so far below its stack pointer (psABI 3.2.2). Behind it come the two words of the frame. */
#define RED_ZONE 128

static uint64_t x86_call_frame(uint64_t sp)
{
	return sp - RED_ZONE - 2 * sizeof(uint64_t);
}

static uint64_t x86_enter_call(struct arch_regs *regs, uint64_t stub)
{
	regs->word[W_RSP] = x86_call_frame(regs->word[W_RSP]);
	regs->word[W_RIP] = stub;
	return regs->word[W_RSP];
}

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.audit_arch = AUDIT_ARCH_X86_64,
	.trap = trap,
	.trap_size = sizeof(trap),
	.pc = x86_pc,
	.set_pc = x86_set_pc,
	.pc_offset = W_RIP * sizeof(uint64_t),
	.sp = x86_sp,
	.arg = x86_arg,
	.result = x86_result,
	.unwind = &arch_unwind_x86_64,
	.walk_regs = x86_walk_regs,
	.set_syscall = x86_set_syscall,
	.syscall_nr = x86_syscall_nr,
	.syscall_arg = x86_syscall_arg,
	.syscall_result = x86_syscall_result,
	.restart_eintr = x86_restart_eintr,
	.skip_syscall = x86_skip_syscall,
	.insert_syscall = x86_insert_syscall,
	.redo_stub = redo_stub,
	.redo_stub_size = sizeof(redo_stub),
	.finish_syscall = x86_finish_syscall,
	.is_same_state = x86_is_same_state,
	.callee = x86_callee,
	.dispatch = arch_x86_64_dispatch,
	.relocate = x86_relocate,
	.jump = x86_jump,
	.rescue = arch_x86_64_rescue,
	.call = arch_x86_64_call,
	.enter_call = x86_enter_call,
	.call_frame = x86_call_frame,
	.stub = arch_x86_64_stub,
};
