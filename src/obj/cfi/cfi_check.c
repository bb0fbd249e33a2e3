// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/cfi/cfi_check.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdint.h>
#include <string.h>

/** Far above the DWARF number of any register that the compilers of our architectures name; nested
 *  states are one deep. */
#define MAX_REGISTER 512
#define MAX_STATES   64

struct program {
	const uint8_t *p;
	const uint8_t *end;
	unsigned num_states;
};

/** Signed or not, the length is what counts; a value that does not fit is large all the same. */
static uint64_t eat_leb(struct program *program)
{
	uint64_t value = 0;
	unsigned shift;
	uint8_t byte;

	for (shift = 0; program->p < program->end; shift += 7) {
		byte = *program->p++;
		if (shift < 63)
			value |= (uint64_t)(byte & 0x7f) << shift;
		else if (byte & 0x7f)
			value = UINT64_MAX;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

static void skip(struct program *program, uint64_t size)
{
	uint64_t left = (uint64_t)(program->end - program->p);

	program->p += size < left ? size : left;
}

static bool eat_register(struct program *program)
{
	return eat_leb(program) <= MAX_REGISTER;
}

/** The operands of an instruction whose upper bits are 0. False: harmful. What is unknown ends the
 *  program, as it does for libdw. */
static bool eat_operands(struct program *program, uint8_t opcode)
{
	bool is_ok = true;

	switch (opcode) {
	case DW_CFA_nop:
	case DW_CFA_GNU_window_save:
		return true;
	case DW_CFA_advance_loc1:
		skip(program, 1);
		return true;
	case DW_CFA_advance_loc2:
		skip(program, 2);
		return true;
	case DW_CFA_advance_loc4:
		skip(program, 4);
		return true;
	case DW_CFA_restore_extended:
	case DW_CFA_undefined:
	case DW_CFA_same_value:
	case DW_CFA_def_cfa_register:
		return eat_register(program);
	case DW_CFA_offset_extended:
	case DW_CFA_offset_extended_sf:
	case DW_CFA_register:
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
	case DW_CFA_GNU_negative_offset_extended:
		is_ok = eat_register(program);
		eat_leb(program);
		return is_ok;
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
	case DW_CFA_GNU_args_size:
		eat_leb(program);
		return true;
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		is_ok = eat_register(program);
		skip(program, eat_leb(program));
		return is_ok;
	case DW_CFA_def_cfa_expression:
		skip(program, eat_leb(program));
		return true;
	case DW_CFA_remember_state:
		return ++program->num_states <= MAX_STATES;
	case DW_CFA_restore_state:
		program->num_states -= program->num_states != 0;
		return true;
	default:
		program->p = program->end;
		return true;
	}
}

static bool is_harmless(const uint8_t *begin, const uint8_t *end)
{
	struct program program = {begin, end, 0};

	while (program.p < program.end) {
		uint8_t byte = *program.p++;

		if ((byte & 0xc0) == DW_CFA_offset)
			eat_leb(&program);
		else if (!(byte & 0xc0) && !eat_operands(&program, byte))
			return false;
	}
	return true;
}

/** Skip a pointer of a DW_EH_PE encoding (LSB, Linux Standard Base Core 10.5.1). False: not a known
 *  one. */
static bool skip_pointer(struct program *program, uint8_t encoding)
{
	switch (encoding & 0x07) {
	case DW_EH_PE_absptr:
		skip(program, 8);
		return true;
	case DW_EH_PE_uleb128:
		eat_leb(program);
		return true;
	case DW_EH_PE_udata2:
		skip(program, 2);
		return true;
	case DW_EH_PE_udata4:
		skip(program, 4);
		return true;
	case DW_EH_PE_udata8:
		skip(program, 8);
		return true;
	default:
		return false;
	}
}

/** The encoding of pointers in the FDEs of a CIE. False: not understood, and by libdw neither. */
static bool fde_encoding(const Dwarf_CIE *cie, uint8_t *ret)
{
	const char *c = cie->augmentation;
	struct program data = {cie->augmentation_data,
			       cie->augmentation_data + cie->augmentation_data_size, 0};
	uint8_t personality;

	*ret = DW_EH_PE_absptr;
	if (*c == 'z')
		c++;
	for (; *c; c++) {
		if (*c == 'S' || *c == 'B')
			continue;
		if (data.p == data.end)
			return false;
		if (*c == 'R')
			*ret = *data.p++;
		else if (*c == 'L')
			data.p++;
		else if (*c != 'P')
			return false;
		if (*c == 'P') {
			personality = *data.p++;
			if (!skip_pointer(&data, personality))
				return false;
		}
	}
	return true;
}

static bool is_fde_harmless(const Dwarf_FDE *fde, const Dwarf_CIE *cie)
{
	struct program program = {fde->start, fde->end, 0};
	uint8_t encoding;

	if (!fde_encoding(cie, &encoding) || !skip_pointer(&program, encoding) ||
	    !skip_pointer(&program, encoding))
		return true;
	if (*cie->augmentation == 'z')
		skip(&program, eat_leb(&program));
	return is_harmless(program.p, program.end);
}

static bool is_section_harmless(Elf *elf, Elf_Data *data, bool is_eh)
{
	const unsigned char *ident = (const unsigned char *)elf_getident(elf, NULL);
	Dwarf_Off offset = 0, next = 0, ignored, cie_offset = UINT64_MAX;
	Dwarf_CFI_Entry entry, cie;
	int result;

	while ((result = dwarf_next_cfi(ident, data, is_eh, offset, &next, &entry)) <= 0) {
		// What is malformed libdw does not use.
		if (next <= offset)
			return true;
		offset = next;
		if (result < 0)
			continue;
		if (dwarf_cfi_cie_p(&entry)) {
			if (!is_harmless(entry.cie.initial_instructions,
					 entry.cie.initial_instructions_end))
				return false;
			continue;
		}
		if (cie_offset != entry.fde.CIE_pointer) {
			cie_offset = UINT64_MAX;
			if (dwarf_next_cfi(ident, data, is_eh, entry.fde.CIE_pointer, &ignored,
					   &cie) ||
			    !dwarf_cfi_cie_p(&cie))
				continue;
			cie_offset = entry.fde.CIE_pointer;
		}
		if (!is_fde_harmless(&entry.fde, &cie.cie))
			return false;
	}
	return true;
}

bool cfi_is_harmless(Elf *elf, const char *name)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr shdr;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return true;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *this_name;
		Elf_Data *data;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		this_name = elf_strptr(elf, names, shdr.sh_name);
		if (!this_name || strcmp(this_name, name) != 0)
			continue;
		data = elf_rawdata(scn, NULL);
		if (data && data->d_size &&
		    !is_section_harmless(elf, data, strcmp(name, ".eh_frame") == 0))
			return false;
	}
	return true;
}
