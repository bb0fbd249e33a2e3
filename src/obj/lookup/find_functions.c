// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "base/hmap.h"
#include "obj/modules/modules_internal.h"
#include "obj/symbols/demangle.h"
#include "obj/symbols/dynsym.h"
#include "obj/symbols/symindex.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

/** One call of module_find_functions(). */
struct search {
	const char *const *names;
	size_t num_names;
	/** Hash of a name -> its index; names with equal hashes chain through next[] (index + 1, 0
	 *  ends). */
	struct hmap by_hash;
	size_t *next;
	/** The name that dynsym_find() looks for now. */
	size_t current;
	/** Reported already. */
	VEC(struct found_function) found;
	struct err *(*fn)(void *ctx, size_t name_index, uint64_t addr, uint64_t size);
	void *ctx;
};

struct found_function {
	size_t name_index;
	uint64_t addr;
};

static struct err *report(struct search *search, size_t name_index, uint64_t addr, uint64_t size)
{
	struct found_function function = {name_index, addr};
	size_t i;

	for (i = 0; i < search->found.num; i++)
		if (search->found.items[i].name_index == name_index &&
		    search->found.items[i].addr == addr)
			return NULL;
	if (!vec_push(&search->found, function))
		return &err_nomem;
	return search->fn(search->ctx, name_index, addr, size);
}

static struct err *on_dynsym(void *ctx, uint64_t addr, uint64_t size)
{
	struct search *search = ctx;

	return report(search, search->current, addr, size);
}

static struct err *search_dynsym(struct search *search, const struct elf_file *file)
{
	struct err *err = NULL;
	struct dynsym dynsym;

	dynsym_init(&dynsym, file);
	for (search->current = 0; search->current < search->num_names && !err; search->current++)
		err = dynsym_find(&dynsym, search->names[search->current], on_dynsym, search);
	return err;
}

/** Of a name up to its version. */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *name && *name != '@'; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ull;
	return hash == HMAP_NO_KEY ? 0 : hash;
}

static struct err *index_names(struct search *search)
{
	size_t i;

	search->next = calloc(search->num_names + 1, sizeof(*search->next));
	if (!search->next)
		return &err_nomem;
	for (i = 0; i < search->num_names; i++) {
		uint64_t hash = hash_name(search->names[i]);
		const uint64_t *first = hmap_find(&search->by_hash, hash);

		search->next[i] = first ? *first + 1 : 0;
		if (!hmap_set(&search->by_hash, hash, i))
			return &err_nomem;
	}
	return NULL;
}

static bool name_is(const char *symbol, const char *name)
{
	size_t size = strlen(name);

	return strncmp(symbol, name, size) == 0 && (symbol[size] == '\0' || symbol[size] == '@');
}

/** Newer compilers of Rust call the functions of its allocator
 *  "_RNvCsaiuNR6WZvPe_7___rustc12___rust_alloc", with a hash of the compiler's. Below that is the
 *  name that older ones give. */
static const char *plain_name(const char *symbol)
{
	static const char start[] = "_RNvC", crate[] = "_7___rustc";
	const char *name;

	if (strncmp(symbol, start, sizeof(start) - 1) != 0)
		return symbol;
	name = strstr(symbol, crate);
	if (!name)
		return symbol;
	name += sizeof(crate) - 1;
	name += strspn(name, "0123456789");
	// A name that begins with _ has one more in front of it.
	return *name == '_' ? name + 1 : symbol;
}

/** A symbol of a whole table; is it one of the names? */
static struct err *offer(struct search *search, const char *mangled, uint64_t addr, uint64_t size)
{
	const char *symbol = plain_name(mangled);
	const uint64_t *first = hmap_find(&search->by_hash, hash_name(symbol));
	size_t i;

	for (i = first ? *first + 1 : 0; i; i = search->next[i - 1]) {
		struct err *err;

		if (!name_is(symbol, search->names[i - 1]))
			continue;
		err = report(search, i - 1, addr, size);
		if (err)
			return err;
	}
	return NULL;
}

static struct err *search_symtab_section(struct search *search, Elf *elf, Elf_Scn *section,
					 const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t num = data && shdr->sh_entsize ? data->d_size / shdr->sh_entsize : 0, i;
	struct err *err;
	GElf_Sym sym;

	for (i = 0; i < num && i <= INT32_MAX; i++) {
		const char *name;

		if (!gelf_getsym(data, (int)i, &sym))
			break;
		if (GELF_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_shndx == SHN_UNDEF ||
		    sym.st_shndx == SHN_ABS)
			continue;
		name = elf_strptr(elf, shdr->sh_link, sym.st_name);
		err = name ? offer(search, name, sym.st_value, sym.st_size) : NULL;
		if (err)
			return err;
	}
	return NULL;
}

/** .symtab of the file itself: no search for debug files. */
static struct err *search_symtab(struct search *search, struct binary *binary)
{
	Dwfl_Module *module = libdw_view_module(&binary->libdw);
	Elf_Scn *section = NULL;
	GElf_Addr bias;
	GElf_Shdr shdr;
	Elf *elf = module ? dwfl_module_getelf(module, &bias) : NULL;

	while (elf && (section = elf_nextscn(elf, section))) {
		struct err *err;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_SYMTAB)
			continue;
		err = search_symtab_section(search, elf, section, &shdr);
		if (err)
			return err;
	}
	return NULL;
}

static struct err *search_symindex(struct search *search, struct binary *binary)
{
	const struct symindex *index;
	struct err *err = binary_symbols(binary, &index);
	size_t i;

	for (i = 0; !err && i < index->num; i++) {
		const struct symbol *symbol = &index->symbols[i];

		if (symbol->type == STT_FUNC)
			err = offer(search, symbol->name, symbol->addr, symbol->size);
	}
	return err;
}

static struct err *search_binary(struct search *search, struct binary *binary, bool want_debug)
{
	struct err *err = search_dynsym(search, binary->file);

	// A library exports the allocator that it defines for others; only a main program may keep
	// it to itself.
	if (err || !(want_debug || elf_file_is_executable(binary->file) ||
		     !binary->file->dynamic.has_symbols))
		return err;
	err = index_names(search);
	if (!err)
		err = want_debug ? search_symindex(search, binary) : search_symtab(search, binary);
	return err;
}

struct err *module_find_functions(struct modules *modules, uint32_t id, const char *const *names,
				  size_t num_names, bool want_debug,
				  struct err *(*fn)(void *ctx, size_t name_index, uint64_t addr,
						    uint64_t size),
				  void *ctx)
{
	struct search search = {.names = names, .num_names = num_names, .fn = fn, .ctx = ctx};
	const struct module_entry *entry = modules_get_entry(modules, id);
	struct err *err;

	if (!entry)
		return &err_not_found;
	err = search_binary(&search, entry->binary, want_debug);
	hmap_deinit(&search.by_hash);
	vec_deinit(&search.found);
	free(search.next);
	return err;
}

static struct err *take_first(void *ctx, size_t name_index, uint64_t addr, uint64_t size)
{
	(void)name_index;
	(void)size;
	*(uint64_t *)ctx = addr;
	return &err_stop;
}

struct err *module_find_rendezvous(struct modules *modules, uint32_t id, uint64_t *ret)
{
	// glibc and musl export the first; musl's own name is the second.
	static const char *const names[] = {"_dl_debug_state", "dl_debug_state"};
	const struct module_entry *entry = modules_get_entry(modules, id);
	struct err *err;
	uint64_t addr;

	if (!entry)
		return &err_not_found;
	err = module_find_functions(modules, id, names, sizeof(names) / sizeof(names[0]), false,
				    take_first, &addr);
	if (err != &err_stop)
		return err ? err : &err_not_found;
	*ret = addr + entry->pub.bias;
	return NULL;
}

bool modules_slot_symbol(const struct modules *modules, uint64_t slot, char *ret, size_t size)
{
	const struct module_entry *entry = modules_find_entry(modules, slot);

	return entry && dynsym_of_slot(entry->binary->file, slot - entry->pub.bias, ret, size);
}

bool module_is_program(const struct modules *modules, uint32_t id, bool *is_go_ret)
{
	const struct elf_file *file;

	if (id == 0 || id > modules->entries.num)
		return false;
	file = modules->entries.items[id - 1]->binary->file;
	*is_go_ret = file->is_go;
	return elf_file_is_executable(file);
}

bool module_has_symbols(struct modules *modules, uint32_t id)
{
	const struct symindex *index;
	struct err *err = binary_symbols(modules->entries.items[id - 1]->binary, &index);
	bool has_symbols = !err && index->num;

	err_destroy(err);
	return has_symbols;
}
