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

static bool walk_reg_of(const struct arch_unwind *arch, uint64_t dwarf_reg, uint8_t *ret)
{
	uint8_t i;

	for (i = 0; i < arch->num_regs; i++)
		if (arch->dwarf_regs[i] == dwarf_reg) {
			*ret = i;
			return true;
		}
	return false;
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

/** DW_OP_litN. */
static bool is_lit(const Dwarf_Op *op, unsigned n)
{
	return op->atom == DW_OP_lit0 + n;
}

/** The linkers' own expression for lazy PLT stubs: the stack pointer, and a word more from byte N
 *  of the stub on: breg SP 8; breg PC 0; lit SIZE-1; and; lit N; ge; lit 3; shl; plus. N differs
 *  with the kind of stub. */
static bool compile_plt(const struct arch_unwind *arch, const Dwarf_Op *ops, size_t num,
			struct cfi_row *row)
{
	if (num != 9 || !arch->plt_size || ops[0].number != 8 || ops[1].number != 0)
		return false;
	if (ops[0].atom != DW_OP_breg0 + arch->dwarf_regs[WALK_SP] ||
	    ops[1].atom != DW_OP_breg0 + arch->dwarf_return_addr ||
	    !is_lit(&ops[2], arch->plt_size - 1u) || ops[3].atom != DW_OP_and ||
	    ops[5].atom != DW_OP_ge || !is_lit(&ops[6], 3) || ops[7].atom != DW_OP_shl ||
	    ops[8].atom != DW_OP_plus)
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
static bool compile_cfa(const struct arch_unwind *arch, const Dwarf_Op *ops, size_t num,
			struct cfi_row *row)
{
	int64_t offset, plus = 0;
	uint64_t reg;

	if (!num || num > 16)
		return false;
	if (compile_plt(arch, ops, num, row))
		return true;
	if (!is_breg(&ops[0], &reg, &offset) || !walk_reg_of(arch, reg, &row->cfa_reg))
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

/** The rule of a register. *offset_ret is even for places relative to the CFA, odd for those
 *  relative to the frame pointer. */
static enum rule read_rule(const struct arch_unwind *arch, Dwarf_Frame *frame, int reg,
			   int16_t *offset_ret)
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
	else if (num == 2 && is_breg(&ops[1], &base, &offset) &&
		 base == arch->dwarf_regs[arch->frame_pointer] && !(offset & 1))
		// The CFA is pushed too, but unused: the value on top is the place.
		offset++;
	else if (num == 2)
		return RULE_OTHER;
	*offset_ret = (int16_t)offset;
	if (!fits(offset, INT16_MIN + 2, INT16_MAX))
		return RULE_OTHER;
	return RULE_SAVED;
}

static bool is_register_rule_ok(const struct arch_unwind *arch, Dwarf_Frame *frame, int dwarf_reg,
				int16_t *offset_ret)
{
	int16_t offset;

	switch (read_rule(arch, frame, dwarf_reg, &offset)) {
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

static bool compile_registers(const struct arch_unwind *arch, Dwarf_Frame *frame,
			      struct cfi_row *row)
{
	unsigned i;

	for (i = 0; i < WALK_MAX_SAVED; i++)
		row->reg_offset[i] = CFI_ROW_SAME;
	for (i = WALK_SP + 1; i < arch->num_saved; i++)
		if (!is_register_rule_ok(arch, frame, arch->dwarf_regs[i], &row->reg_offset[i]))
			return false;
	return true;
}

/** Where the return address is. False: not expressible. */
static bool compile_return_addr(const struct arch_unwind *arch, Dwarf_Frame *frame, int ra_reg,
				struct cfi_row *row)
{
	switch (read_rule(arch, frame, ra_reg < 0 ? arch->dwarf_return_addr : ra_reg,
			  &row->ra_offset)) {
	case RULE_UNDEFINED:
		row->kind = CFI_ROW_END;
		return true;
	case RULE_SAME:
		row->ra_offset = CFI_ROW_SAME;
		// Without a link register it would make the frame its own caller, for ever.
		if (arch->link == ARCH_NO_REG)
			row->kind = CFI_ROW_END;
		return true;
	case RULE_SAVED:
		return !(row->ra_offset & 1);
	default:
		return false;
	}
}

/** False: not expressible. */
static bool compile_frame(const struct arch_unwind *arch, Dwarf_Frame *frame, struct cfi_row *row)
{
	bool is_signal = false;
	Dwarf_Op *ops;
	size_t num;
	int ra_reg = dwarf_frame_info(frame, NULL, NULL, &is_signal);

	if (is_signal) {
		row->kind = CFI_ROW_SIGNAL;
		return true;
	}
	if (!compile_return_addr(arch, frame, ra_reg, row))
		return false;
	if (row->kind == CFI_ROW_END)
		return true;
	if (dwarf_frame_cfa(frame, &ops, &num) < 0 || !compile_cfa(arch, ops, num, row))
		return false;
	return compile_registers(arch, frame, row);
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

bool cfi_may_begin(struct cfi *cfi, struct libdw_view *view, uint64_t addr)
{
	Dwarf_Frame *frame = NULL;
	Dwarf_Addr start = 0;

	if (!find_frame(cfi, view, addr, &frame))
		return true;
	dwarf_frame_info(frame, &start, NULL, NULL);
	free(frame);
	return start == addr;
}

/** The trampoline of a libc without CFI for it, by its bytes. */
static bool is_sigreturn(const struct arch_unwind *arch, const struct elf_file *file, uint64_t addr)
{
	uint8_t bytes[ARCH_MAX_TRAMPOLINE];
	uint64_t offset;

	return arch->trampoline_size && elf_file_offset_of(file, addr, &offset) &&
	       elf_file_read(file, offset, bytes, arch->trampoline_size) &&
	       memcmp(bytes, arch->trampoline, arch->trampoline_size) == 0;
}

void cfi_entry_row(const struct arch_unwind *arch, struct cfi_row *ret)
{
	unsigned i;

	*ret = (struct cfi_row){.kind = CFI_ROW_REG,
				.cfa_reg = WALK_SP,
				.cfa_offset = arch->call_size,
				.ra_offset = CFI_ROW_SAME};
	if (arch->link == ARCH_NO_REG)
		ret->ra_offset = (int16_t)-arch->call_size;
	for (i = 0; i < WALK_MAX_SAVED; i++)
		ret->reg_offset[i] = CFI_ROW_SAME;
}

struct err *cfi_compile_row(struct cfi *cfi, const struct arch_unwind *arch,
			    struct libdw_view *view, uint64_t addr, bool is_call_site,
			    struct cfi_row *ret)
{
	struct cfi_row row = {.kind = CFI_ROW_NO_CFI};
	Dwarf_Frame *frame;
	bool is_compiled;

	*ret = row;
	if (is_sigreturn(arch, view->file, addr)) {
		ret->kind = CFI_ROW_SIGNAL;
		return NULL;
	}
	if (!find_frame(cfi, view, addr - is_call_site, &frame))
		return NULL;
	is_compiled = compile_frame(arch, frame, &row);
	free(frame);
	*ret = is_compiled ? row : (struct cfi_row){.kind = CFI_ROW_NONE};
	return is_compiled ? NULL : &err_not_found;
}
