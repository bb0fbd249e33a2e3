// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/cfi/cfi.h"

#include "base/log.h"
#include "obj/cfi/cfi_check.h"
#include "obj/files/libdw_open.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

/** DWARF register numbers of x86-64 (psABI, figure 3.36). */
enum {
	REG_BX = 3,
	REG_BP = 6,
	REG_SP = 7,
	REG_R10 = 10,
	REG_R12 = 12,
	REG_RA = 16
};

static bool walk_reg_of(uint64_t dwarf_reg, uint8_t *ret)
{
	switch (dwarf_reg) {
	case REG_SP:
		*ret = WALK_SP;
		return true;
	case REG_BP:
		*ret = WALK_BP;
		return true;
	case REG_BX:
		*ret = WALK_BX;
		return true;
	case REG_R10:
		*ret = WALK_R10;
		return true;
	case REG_R12:
	case REG_R12 + 1:
	case REG_R12 + 2:
	case REG_R12 + 3:
		*ret = (uint8_t)(WALK_R12 + (dwarf_reg - REG_R12));
		return true;
	default:
		return false;
	}
}

/** op is `breg N` or `bregx N`: the value of a register plus an offset. */
static bool is_breg(const Dwarf_Op *op, uint64_t *reg_ret, int64_t *offset_ret)
{
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		*reg_ret = op->atom - DW_OP_breg0;
		*offset_ret = (int64_t)op->number;
		return true;
	}
	*reg_ret = op->number;
	*offset_ret = (int64_t)op->number2;
	return op->atom == DW_OP_bregx;
}

static bool fits(int64_t value, int64_t min, int64_t max)
{
	return value >= min && value <= max;
}

/** ld's own expression for lazy PLT stubs (elf_x86_64_lazy_plt_eh_frame of binutils, and lld's and
 *  gold's): breg7 8; breg16 0; lit15; and; lit11; ge; lit3; shl; plus. The threshold differs with
 *  the kind of stub. */
static bool compile_plt(const Dwarf_Op *ops, size_t num, struct cfi_row *row)
{
	static const uint8_t atoms[] = {DW_OP_breg0 + REG_SP,
					DW_OP_breg0 + REG_RA,
					DW_OP_lit15,
					DW_OP_and,
					0,
					DW_OP_ge,
					DW_OP_lit3,
					DW_OP_shl,
					DW_OP_plus};
	size_t i;

	if (num != sizeof(atoms) || ops[0].number != 8 || ops[1].number != 0)
		return false;
	for (i = 0; i < num; i++)
		if (atoms[i] && ops[i].atom != atoms[i])
			return false;
	if (ops[4].atom < DW_OP_lit0 || ops[4].atom > DW_OP_lit15)
		return false;
	row->kind = CFI_ROW_PLT;
	row->cfa_reg = WALK_SP;
	row->cfa_offset = 8;
	row->deref_offset = (int16_t)(ops[4].atom - DW_OP_lit0);
	return true;
}

/** CFA rule to row. False: it fits no kind. */
static bool compile_cfa(const Dwarf_Op *ops, size_t num, struct cfi_row *row)
{
	int64_t offset, plus = 0;
	uint64_t reg;

	if (!num || num > 16)
		return false;
	if (compile_plt(ops, num, row))
		return true;
	if (!is_breg(&ops[0], &reg, &offset) || !walk_reg_of(reg, &row->cfa_reg))
		return false;
	if (num == 1) {
		row->kind = CFI_ROW_REG;
		row->cfa_offset = (int32_t)offset;
		return fits(offset, INT32_MIN, INT32_MAX);
	}
	if (num == 3 && ops[2].atom == DW_OP_plus_uconst)
		plus = (int64_t)ops[2].number;
	else if (num != 2)
		return false;
	row->kind = CFI_ROW_DEREF;
	row->deref_offset = (int16_t)offset;
	row->cfa_offset = (int32_t)plus;
	return ops[1].atom == DW_OP_deref && fits(offset, INT16_MIN, INT16_MAX) &&
	       fits(plus, INT32_MIN, INT32_MAX);
}

enum rule {
	RULE_UNDEFINED,
	RULE_SAME,
	/** At an address that cfi_row_saved_addr() can compute: *offset_ret. */
	RULE_SAVED,
	RULE_OTHER,
};

/** The rule of a register. *offset_ret is even for CFA-relative, odd for bp-relative places. */
static enum rule read_rule(Dwarf_Frame *frame, int reg, int16_t *offset_ret)
{
	Dwarf_Op ops_mem[3], *ops;
	int64_t offset = 0;
	uint64_t base;
	size_t num;

	if (dwarf_frame_register(frame, reg, ops_mem, &ops, &num) < 0)
		return RULE_OTHER;
	if (num == 0)
		return ops ? RULE_UNDEFINED : RULE_SAME;
	if (num > 2 || ops[0].atom != DW_OP_call_frame_cfa)
		return RULE_OTHER;
	if (num == 2 && ops[1].atom == DW_OP_plus_uconst)
		offset = (int64_t)ops[1].number;
	else if (num == 2 && is_breg(&ops[1], &base, &offset) && base == REG_BP && !(offset & 1))
		// The CFA is pushed too, but unused: the value on top is the place.
		offset++;
	else if (num == 2)
		return RULE_OTHER;
	*offset_ret = (int16_t)offset;
	if (!fits(offset, INT16_MIN + 2, INT16_MAX))
		return RULE_OTHER;
	return RULE_SAVED;
}

static bool is_register_rule_ok(Dwarf_Frame *frame, int dwarf_reg, int16_t *offset_ret)
{
	int16_t offset;

	switch (read_rule(frame, dwarf_reg, &offset)) {
	case RULE_SAVED:
		*offset_ret = offset;
		return true;
	case RULE_UNDEFINED:
		// Callee-saved by ABI; "undefined" appears where assembler code says nothing.
	case RULE_SAME:
		*offset_ret = CFI_ROW_SAME;
		return true;
	default:
		return false;
	}
}

static bool compile_registers(Dwarf_Frame *frame, struct cfi_row *row)
{
	static const uint8_t dwarf_regs[WALK_R15 + 1] = {
		[WALK_BP] = REG_BP,       [WALK_BX] = REG_BX,       [WALK_R12] = REG_R12,
		[WALK_R13] = REG_R12 + 1, [WALK_R14] = REG_R12 + 2, [WALK_R15] = REG_R12 + 3,
	};
	unsigned i;

	row->reg_offset[WALK_SP] = CFI_ROW_SAME;
	for (i = WALK_BP; i <= WALK_R15; i++)
		if (!is_register_rule_ok(frame, dwarf_regs[i], &row->reg_offset[i]))
			return false;
	return true;
}

/** False: not expressible. */
static bool compile_frame(Dwarf_Frame *frame, struct cfi_row *row)
{
	bool is_signal = false;
	Dwarf_Op *ops;
	int16_t offset;
	size_t num;
	int ra_reg = dwarf_frame_info(frame, NULL, NULL, &is_signal);

	if (is_signal) {
		row->kind = CFI_ROW_SIGNAL;
		return true;
	}
	switch (read_rule(frame, ra_reg < 0 ? REG_RA : ra_reg, &offset)) {
	case RULE_UNDEFINED:
	case RULE_SAME:
		// "Same" would make the frame its own caller, for ever.
		row->kind = CFI_ROW_END;
		return true;
	case RULE_SAVED:
		row->ra_offset = offset;
		break;
	default:
		return false;
	}
	if (offset & 1 || dwarf_frame_cfa(frame, &ops, &num) < 0 || !compile_cfa(ops, num, row))
		return false;
	return compile_registers(frame, row);
}

static bool is_harmless(const struct elf_file *file, Elf *elf, const char *section)
{
	if (!elf || cfi_is_harmless(elf, section))
		return true;
	log_debug("%s: the call-frame information in %s is hostile, ignoring", file->path, section);
	return false;
}

static Dwarf_CFI *eh_cfi_of(struct cfi *cfi, struct libdw_view *view)
{
	Dwarf_Addr bias;

	if (!cfi->is_eh_tried) {
		Dwfl_Module *module = libdw_view_module(view);

		cfi->is_eh_tried = true;
		if (module &&
		    is_harmless(view->file, dwfl_module_getelf(module, &bias), ".eh_frame"))
			cfi->eh = dwfl_module_eh_cfi(module, &bias);
	}
	return cfi->eh;
}

static Dwarf_CFI *debug_cfi_of(struct cfi *cfi, struct libdw_view *view)
{
	Dwarf_Addr bias;

	if (!cfi->is_debug_tried) {
		Dwfl_Module *module = libdw_view_module(view);
		Dwarf *dwarf;

		cfi->is_debug_tried = true;
		dwarf = module ? dwfl_module_getdwarf(module, &bias) : NULL;
		if (dwarf && is_harmless(view->file, dwarf_getelf(dwarf), ".debug_frame"))
			cfi->debug = dwfl_module_dwarf_cfi(module, &bias);
	}
	return cfi->debug;
}

static bool find_frame(struct cfi *cfi, struct libdw_view *view, uint64_t addr, Dwarf_Frame **ret)
{
	struct libdw_guard guard;
	Dwarf_CFI *section;
	bool is_found;

	libdw_guard_begin(&guard, view->target, view->expansion);
	section = eh_cfi_of(cfi, view);
	is_found = section && dwarf_cfi_addrframe(section, addr, ret) == 0;
	if (!is_found) {
		section = debug_cfi_of(cfi, view);
		is_found = section && dwarf_cfi_addrframe(section, addr, ret) == 0;
	}
	libdw_guard_end(&guard);
	return is_found;
}

/** The trampoline of a libc without CFI for it, by its bytes: mov $15 (rt_sigreturn),%rax;
 *  syscall. */
static bool is_sigreturn(const struct elf_file *file, uint64_t addr)
{
	static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
	uint8_t bytes[sizeof(code)];
	uint64_t offset;

	return elf_file_offset_of(file, addr, &offset) &&
	       elf_file_read(file, offset, bytes, sizeof(bytes)) &&
	       memcmp(bytes, code, sizeof(code)) == 0;
}

void cfi_entry_row(struct cfi_row *ret)
{
	unsigned i;

	*ret = (struct cfi_row){
		.kind = CFI_ROW_REG, .cfa_reg = WALK_SP, .cfa_offset = 8, .ra_offset = -8};
	for (i = 0; i <= WALK_R15; i++)
		ret->reg_offset[i] = CFI_ROW_SAME;
}

struct err *cfi_compile_row(struct cfi *cfi, struct libdw_view *view, uint64_t addr,
			    bool is_call_site, struct cfi_row *ret)
{
	struct cfi_row row = {.kind = CFI_ROW_NO_CFI};
	Dwarf_Frame *frame;
	bool is_compiled;

	*ret = row;
	if (is_sigreturn(view->file, addr)) {
		ret->kind = CFI_ROW_SIGNAL;
		return NULL;
	}
	if (!find_frame(cfi, view, addr - is_call_site, &frame))
		return NULL;
	is_compiled = compile_frame(frame, &row);
	free(frame);
	*ret = is_compiled ? row : (struct cfi_row){.kind = CFI_ROW_NONE};
	return is_compiled ? NULL : &err_not_found;
}
