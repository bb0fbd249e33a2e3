// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/symindex.h"

#include "base/vec.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/** How far symindex_find() looks back for a symbol with a size, over labels without one inside
 *  it. */
#define MAX_LOOK_BACK 256

bool symbol_name_is_better(const char *a, const char *b)
{
	size_t under_a = strspn(a, "_"), under_b = strspn(b, "_");
	size_t size_a = strcspn(a, "@"), size_b = strcspn(b, "@");

	if (under_a != under_b)
		return under_a < under_b;
	if (size_a != size_b)
		return size_a < size_b;
	return strcmp(a, b) < 0;
}

static int compare_symbols(const void *va, const void *vb)
{
	const struct symbol *a = va, *b = vb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if ((a->type == STT_NOTYPE) != (b->type == STT_NOTYPE))
		return a->type == STT_NOTYPE ? 1 : -1;
	if (symbol_name_is_better(a->name, b->name))
		return -1;
	return symbol_name_is_better(b->name, a->name) ? 1 : 0;
}

/** False: not a function. */
static bool read_symbol(struct libdw_view *view, int i, struct symbol *ret)
{
	GElf_Word section = SHN_UNDEF;
	GElf_Addr addr;
	GElf_Sym sym;

	ret->name = dwfl_module_getsym_info(view->module, i, &sym, &addr, &section, NULL, NULL);
	if (!ret->name || !ret->name[0] || section == SHN_UNDEF || section == SHN_ABS)
		return false;
	ret->addr = addr;
	ret->size = sym.st_size;
	ret->type = GELF_ST_TYPE(sym.st_info);
	if (ret->type != STT_FUNC && ret->type != STT_GNU_IFUNC && ret->type != STT_NOTYPE)
		return false;
	return elf_file_is_code(view->file, addr);
}

static struct err *read_symbols(struct libdw_view *view, struct symindex *index)
{
	Dwfl_Module *module = libdw_view_module(view);
	int num = module ? dwfl_module_getsymtab(module) : 0;
	VEC(struct symbol) symbols = {0};
	struct symbol symbol;
	int i;

	// Index 0 is the null symbol.
	for (i = 1; i < num; i++) {
		if (read_symbol(view, i, &symbol) && !vec_push(&symbols, symbol)) {
			vec_deinit(&symbols);
			return &err_nomem;
		}
	}
	if (symbols.num)
		qsort(symbols.items, symbols.num, sizeof(symbol), compare_symbols);
	index->symbols = symbols.items;
	index->num = symbols.num;
	return NULL;
}

struct err *symindex_create(struct libdw_view *view, struct symindex **ret)
{
	struct symindex *index = calloc(1, sizeof(*index));
	struct err *err;

	if (!index)
		return &err_nomem;
	err = read_symbols(view, index);
	if (err) {
		free(index);
		return err;
	}
	*ret = index;
	return NULL;
}

void symindex_destroy(struct symindex *index)
{
	if (!index)
		return;
	free(index->symbols);
	free(index);
}

/** Index of the first symbol beyond addr. */
static size_t upper_bound(const struct symindex *index, uint64_t addr)
{
	size_t low = 0, high = index->num;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (index->symbols[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct symbol *symindex_find(const struct symindex *index, uint64_t addr)
{
	size_t beyond = upper_bound(index, addr), i;
	size_t last = beyond > MAX_LOOK_BACK ? beyond - MAX_LOOK_BACK : 0;
	const struct symbol *found = NULL, *label = NULL;

	for (i = beyond; i-- > last;) {
		const struct symbol *symbol = &index->symbols[i];

		// The best alias stands first, so go on to the first of this address.
		if (found && symbol->addr != found->addr)
			break;
		if (symbol->size && addr - symbol->addr < symbol->size)
			found = symbol;
		if (!symbol->size && (!label || label->addr == symbol->addr) &&
		    symbol->addr == index->symbols[beyond - 1].addr)
			label = symbol;
	}
	return found ? found : label;
}
