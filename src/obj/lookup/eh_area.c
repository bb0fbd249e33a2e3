// SPDX-License-Identifier: GPL-3.0-or-later
/** modules_eh_area() of modules.h. */
#include "config.h"

#include "obj/modules/modules_internal.h"

static const Elf64_Phdr *find_header(const struct elf_file *file)
{
	size_t i;

	for (i = 0; i < file->num_phdrs; i++)
		if (file->phdrs[i].p_type == PT_GNU_EH_FRAME)
			return &file->phdrs[i];
	return NULL;
}

/** Is it mapped as the file says, where the program itself would look for it? */
static bool is_loaded(const struct elf_file *file, const Elf64_Phdr *header)
{
	const Elf64_Phdr *phdr;
	size_t i;

	for (i = 0; i < file->num_phdrs; i++) {
		phdr = &file->phdrs[i];
		if (phdr->p_type == PT_LOAD && phdr->p_flags & PF_R &&
		    header->p_vaddr - phdr->p_vaddr < phdr->p_filesz &&
		    header->p_memsz <= phdr->p_filesz - (header->p_vaddr - phdr->p_vaddr))
			return true;
	}
	return false;
}

bool modules_eh_area(const struct modules *modules, uint64_t pc, struct eh_area *ret)
{
	const struct module_entry *entry = modules_find_entry(modules, pc);
	const Elf64_Phdr *header;

	if (!entry || !entry->pub.is_native)
		return false;
	header = find_header(entry->binary->file);
	if (!header || !is_loaded(entry->binary->file, header))
		return false;
	ret->start = entry->pub.start;
	ret->end = entry->pub.end;
	ret->header = entry->pub.bias + header->p_vaddr;
	ret->header_size = header->p_memsz;
	return true;
}
