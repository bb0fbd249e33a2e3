// SPDX-License-Identifier: GPL-3.0-or-later
/** module_code_cave() of modules.h. */
#include "config.h"

#include "obj/modules/modules_internal.h"

#define PAGE 4096ull
/** Keep a distance to the last function: some code reads a little beyond its end. */
#define MARGIN 64

bool module_code_cave(struct modules *modules, uint32_t id, uint64_t *start_ret, uint64_t *end_ret)
{
	const struct module_entry *entry = modules_get_entry(modules, id);
	const Elf64_Phdr *phdr;
	uint64_t start, end;
	size_t i;

	if (!entry || !entry->pub.is_native)
		return false;
	for (i = 0; i < entry->binary->file->num_phdrs; i++) {
		phdr = &entry->binary->file->phdrs[i];
		if (phdr->p_type != PT_LOAD || !(phdr->p_flags & PF_X) ||
		    phdr->p_filesz != phdr->p_memsz)
			continue;
		start = entry->pub.bias + phdr->p_vaddr + phdr->p_memsz;
		end = (start + PAGE - 1) & ~(PAGE - 1);
		start = (start + MARGIN + 15) & ~15ull;
		if (start >= end || modules_find_entry(modules, end - 1) != entry)
			continue;
		*start_ret = start;
		*end_ret = end;
		return true;
	}
	return false;
}
