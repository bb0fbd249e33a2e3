// SPDX-License-Identifier: GPL-3.0-or-later
/** modules_cfi_row() of modules.h: the row of a runtime pc, from the file that is mapped there; and
 *  whether a function begins there. */
#include "config.h"

#include "arch/arch.h"
#include "obj/modules/modules_internal.h"
#include "obj/symbols/symindex.h"

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

static struct err *compile_row(const struct module_entry *entry, uint64_t pc, bool is_call_site,
			       struct cfi_row *ret)
{
	const struct arch_unwind *arch = arch_host()->unwind;
	struct binary *binary = entry->binary;
	uint64_t addr = pc - entry->pub.bias;
	struct err *err =
		cfi_compile_row(&binary->cfi, arch, &binary->libdw, addr, is_call_site, ret);

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
