// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/symbols/dynsym.h"

#include <string.h>

/** Longest symbol name that is looked for, and most symbols of one hash value that are looked at: a
 *  malformed table must not cost more. */
#define MAX_NAME_SIZE 256
#define MAX_CHAIN     (1u << 16)
/** So many relocations are read at a time. */
#define RELOCATIONS 256

struct lookup {
	const struct dynsym *dynsym;
	const struct elf_file *file;
	const char *name;
	struct err *(*fn)(void *ctx, uint64_t addr, uint64_t size);
	void *ctx;
};

/** Like elf_file_read(), of the hash table. */
static bool read_table(const struct dynsym *dynsym, uint64_t offset, void *buf, size_t size)
{
	uint64_t begin = offset - dynsym->offset;

	if (begin > dynsym->size || size > dynsym->size - begin)
		return elf_file_read(dynsym->file, offset, buf, size);
	memcpy(buf, dynsym->bytes + begin, size);
	return true;
}

/** Report symbol number `index` if it is the one. */
static struct err *try_symbol(const struct lookup *lookup, uint32_t index)
{
	const struct elf_dynamic *dynamic = &lookup->file->dynamic;
	size_t name_size = strlen(lookup->name) + 1;
	char name[MAX_NAME_SIZE];
	Elf64_Sym sym;

	if (!elf_file_read(lookup->file, dynamic->symtab_offset + (uint64_t)index * sizeof(sym),
			   &sym, sizeof(sym)) ||
	    ELF64_ST_TYPE(sym.st_info) != STT_FUNC || sym.st_shndx == SHN_UNDEF ||
	    sym.st_shndx == SHN_ABS || sym.st_name >= dynamic->strtab_size ||
	    dynamic->strtab_size - sym.st_name < name_size ||
	    !elf_file_read(lookup->file, dynamic->strtab_offset + sym.st_name, name, name_size) ||
	    memcmp(name, lookup->name, name_size) != 0)
		return NULL;
	return lookup->fn(lookup->ctx, sym.st_value, sym.st_size);
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

struct gnu_hash_header {
	uint32_t num_buckets;
	uint32_t first_symbol;
	uint32_t bloom_words;
	uint32_t bloom_shift;
};

/** The Bloom filter says that no symbol has this hash. */
static bool is_filtered(const struct dynsym *dynsym, uint64_t table,
			const struct gnu_hash_header *header, uint32_t hash)
{
	uint64_t word, mask;

	mask = 1ull << (hash % 64) | 1ull << ((hash >> (header->bloom_shift % 32)) % 64);
	return !header->bloom_words ||
	       !read_table(dynsym,
			   table + sizeof(*header) +
				   (uint64_t)(hash / 64 % header->bloom_words) * sizeof(word),
			   &word, sizeof(word)) ||
	       (word & mask) != mask;
}

static struct err *find_by_gnu_hash(const struct lookup *lookup)
{
	const struct dynsym *dynsym = lookup->dynsym;
	uint64_t table = lookup->file->dynamic.gnu_hash_offset, buckets, chains;
	uint32_t hash = gnu_hash(lookup->name), index, value, i;
	struct gnu_hash_header header;
	struct err *err;

	if (!read_table(dynsym, table, &header, sizeof(header)) || !header.num_buckets ||
	    is_filtered(dynsym, table, &header, hash))
		return NULL;
	buckets = table + sizeof(header) + header.bloom_words * sizeof(uint64_t);
	chains = buckets + header.num_buckets * sizeof(uint32_t);
	if (!read_table(dynsym, buckets + hash % header.num_buckets * sizeof(uint32_t), &index,
			sizeof(index)) ||
	    index < header.first_symbol)
		return NULL;
	for (i = 0; i < MAX_CHAIN; i++, index++) {
		if (!read_table(dynsym,
				chains + (uint64_t)(index - header.first_symbol) * sizeof(value),
				&value, sizeof(value)))
			return NULL;
		// The lowest bit marks the end of the chain.
		if ((value | 1) == (hash | 1)) {
			err = try_symbol(lookup, index);
			if (err)
				return err;
		}
		if (value & 1)
			return NULL;
	}
	return NULL;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t hash = 0;

	for (; *name; name++) {
		hash = (hash << 4) + (unsigned char)*name;
		hash ^= hash >> 24 & 0xf0;
		hash &= 0x0fffffff;
	}
	return hash;
}

static struct err *find_by_sysv_hash(const struct lookup *lookup)
{
	const struct dynsym *dynsym = lookup->dynsym;
	uint64_t table = lookup->file->dynamic.sysv_hash_offset;
	uint32_t num[2], index, i;
	struct err *err;

	if (!read_table(dynsym, table, num, sizeof(num)) || !num[0] ||
	    !read_table(dynsym, table + sizeof(num) + sysv_hash(lookup->name) % num[0] * 4ull,
			&index, sizeof(index)))
		return NULL;
	for (i = 0; i < MAX_CHAIN && index && index < num[1]; i++) {
		err = try_symbol(lookup, index);
		if (err)
			return err;
		if (!read_table(dynsym, table + sizeof(num) + (num[0] + (uint64_t)index) * 4,
				&index, sizeof(index)))
			return NULL;
	}
	return NULL;
}

void dynsym_init(struct dynsym *dynsym, const struct elf_file *file)
{
	const struct elf_dynamic *dynamic = &file->dynamic;

	dynsym->file = file;
	dynsym->offset =
		dynamic->gnu_hash_offset ? dynamic->gnu_hash_offset : dynamic->sysv_hash_offset;
	dynsym->size = 0;
	if (dynamic->has_symbols)
		dynsym->size = elf_file_read_some(file, dynsym->offset, dynsym->bytes,
						  sizeof(dynsym->bytes));
}

struct err *dynsym_find(const struct dynsym *dynsym, const char *name,
			struct err *(*fn)(void *ctx, uint64_t addr, uint64_t size), void *ctx)
{
	const struct elf_dynamic *dynamic = &dynsym->file->dynamic;
	const struct lookup lookup = {dynsym, dynsym->file, name, fn, ctx};

	if (!dynamic->has_symbols || strlen(name) >= MAX_NAME_SIZE)
		return NULL;
	return dynamic->gnu_hash_offset ? find_by_gnu_hash(&lookup) : find_by_sysv_hash(&lookup);
}

/** The index of the symbol that a relocation of table [offset, offset + size) writes to slot, or 0.
 */
static uint32_t symbol_of_slot(const struct elf_file *file, uint64_t offset, uint64_t size,
			       uint64_t slot)
{
	Elf64_Rela relocations[RELOCATIONS];
	uint64_t at;
	size_t num, i;

	for (at = 0; at < size; at += num * sizeof(*relocations)) {
		num = (size - at) / sizeof(*relocations);
		if (num > RELOCATIONS)
			num = RELOCATIONS;
		num = elf_file_read_some(file, offset + at, relocations,
					 num * sizeof(*relocations)) /
		      sizeof(*relocations);
		for (i = 0; i < num; i++)
			if (relocations[i].r_offset == slot)
				return ELF64_R_SYM(relocations[i].r_info);
		if (!num)
			break;
	}
	return 0;
}

bool dynsym_of_slot(const struct elf_file *file, uint64_t slot, char *ret, size_t size)
{
	const struct elf_dynamic *dynamic = &file->dynamic;
	uint32_t index;
	Elf64_Sym sym;
	size_t len;

	if (!dynamic->has_symbols)
		return false;
	index = symbol_of_slot(file, dynamic->jmprel_offset, dynamic->jmprel_size, slot);
	if (!index)
		index = symbol_of_slot(file, dynamic->rela_offset, dynamic->rela_size, slot);
	if (!index ||
	    !elf_file_read(file, dynamic->symtab_offset + (uint64_t)index * sizeof(sym), &sym,
			   sizeof(sym)) ||
	    sym.st_name >= dynamic->strtab_size)
		return false;
	len = elf_file_read_some(file, dynamic->strtab_offset + sym.st_name, ret, size - 1);
	ret[len] = '\0';
	return len > 0;
}
