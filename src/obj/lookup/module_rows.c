// SPDX-License-Identifier: GPL-3.0-or-later
/** modules_cfi_row() of modules.h: the row of a runtime pc, from the file that is mapped there; and
 *  whether a function begins there. */
#include "config.h"

#include "arch/arch.h"
#include "obj/modules/modules_internal.h"
#include "obj/symbols/symindex.h"

#include <string.h>

#define GO_CALL         "runtime.asmcgocall"
#define MAX_SWITCH_CODE 32

/** The first instruction of a function, CFI or not. */
static bool is_function_entry(struct binary *binary, uint64_t addr)
{
	const struct symbol *symbol;
	const struct symindex *index;
	struct err *err = binary_symbols(binary, &index);

	if (err) {
		err_destroy(err);
		return false;
	}
	symbol = symindex_find(index, addr);
	return symbol && symbol->type == STT_FUNC && symbol->addr == addr;
}

/** Go's call of C code changes to a stack of the system, which no call-frame information tells. */
static bool switch_row(struct binary *binary, uint64_t addr, struct cfi_row *ret)
{
	const struct arch *arch = arch_host();
	_cleanup_err_ struct err *err = NULL;
	struct arch_stack_switch way;
	const struct symindex *index;
	const struct symbol *symbol;
	uint8_t code[MAX_SWITCH_CODE];
	uint64_t offset;
	size_t size;

	if (!binary->file->is_go || !arch->stack_switch ||
	    !elf_file_offset_of(binary->file, addr, &offset))
		return false;
	size = elf_file_read_some(binary->file, offset, code, sizeof(code));
	// The code is looked at first: it costs less than all symbols.
	if (!arch->stack_switch(code, size, &way))
		return false;
	err = binary_symbols(binary, &index);
	symbol = err ? NULL : symindex_find(index, addr - 1);
	if (!symbol || strncmp(symbol->name, GO_CALL, strlen(GO_CALL)) != 0)
		return false;
	*ret = (struct cfi_row){.kind = CFI_ROW_SWITCHED,
				.deref_offset = way.has_owner ? way.owner : CFI_ROW_SAME,
				.cfa_offset = way.place,
				.ra_offset = way.end};
	return true;
}

static struct err *compile_row(const struct module_entry *entry, uint64_t pc, bool is_call_site,
			       struct cfi_row *ret)
{
	const struct arch_unwind *arch = arch_host()->unwind;
	struct binary *binary = entry->binary;
	uint64_t addr = pc - entry->pub.bias;
	struct err *err;

	if (is_call_site && switch_row(binary, addr, ret))
		return NULL;
	err = cfi_compile_row(&binary->cfi, arch, &binary->libdw, addr, is_call_site, ret);
	if (!err && ret->kind == CFI_ROW_NO_CFI && !is_call_site && is_function_entry(binary, addr))
		cfi_entry_row(arch, ret);
	return err;
}

struct err *modules_cfi_row(struct modules *modules, uint64_t pc, bool is_call_site,
			    struct cfi_row *ret)
{
	const struct module_entry *entry = modules_find_entry(modules, pc - is_call_site);
	struct err *err = NULL;

	*ret = (struct cfi_row){.kind = CFI_ROW_NO_CFI};
	if (entry && entry->pub.is_native)
		err = compile_row(entry, pc, is_call_site, ret);
	if (!err && ret->kind == CFI_ROW_NO_CFI && modules->pid &&
	    !code_map_has(&modules->code_map, modules->pid, pc - is_call_site))
		ret->kind = CFI_ROW_NO_CODE;
	return err;
}

bool module_may_enter(struct modules *modules, uint32_t id, uint64_t addr)
{
	struct binary *binary = modules->entries.items[id - 1]->binary;

	return elf_file_is_code(binary->file, addr) &&
	       cfi_may_begin(&binary->cfi, &binary->libdw, addr);
}
