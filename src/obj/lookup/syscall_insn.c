// SPDX-License-Identifier: GPL-3.0-or-later
/** modules_find_syscall_insn() of modules.h. */
#include "config.h"

#include "arch/arch.h"
#include "obj/modules/modules_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CHUNK 65536

/** Offset of a system call instruction in the bytes, which stand at pc, or -1. */
static ssize_t find_syscall(uint64_t pc, const unsigned char *bytes, size_t size)
{
	const struct arch *arch = arch_host();
	size_t i;

	for (i = 0; i + arch->syscall_insn_size <= size; i++)
		if ((pc + i) % arch->insn_align == 0 &&
		    memcmp(bytes + i, arch->syscall_insn, arch->syscall_insn_size) == 0)
			return (ssize_t)i;
	return -1;
}

/** Memory first: the file may have been changed on disk. */
static size_t read_code(int mem, const struct module_entry *entry, uint64_t pc, void *buf,
			size_t size)
{
	ssize_t n = mem >= 0 ? pread(mem, buf, size, (off_t)pc) : -1;
	uint64_t offset;

	if (n > 0)
		return (size_t)n;
	return elf_file_offset_of(entry->binary->file, pc - entry->pub.bias, &offset)
		       ? elf_file_read_some(entry->binary->file, offset, buf, size)
		       : 0;
}

static bool find_in_segment(int mem, const struct module_entry *entry, const Elf64_Phdr *phdr,
			    uint64_t *ret)
{
	size_t overlap = arch_host()->syscall_insn_size - 1;
	unsigned char buf[CHUNK];
	uint64_t done = 0;

	while (done < phdr->p_filesz) {
		uint64_t pc = entry->pub.bias + phdr->p_vaddr + done;
		uint64_t left = phdr->p_filesz - done;
		size_t size = read_code(mem, entry, pc, buf, left < CHUNK ? (size_t)left : CHUNK);
		ssize_t at = find_syscall(pc, buf, size);

		// What a debugger has written over is no instruction, but the pc must be mapped
		// too.
		if (at >= 0) {
			*ret = pc + (uint64_t)at;
			return true;
		}
		if (size <= overlap)
			return false;
		// The next chunk begins with the last bytes of this one: the instruction may be
		// split.
		done += size == left ? size : size - overlap;
	}
	return false;
}

static bool find_in_module(int mem, const struct module_entry *entry, uint64_t *ret)
{
	const struct elf_file *file = entry->binary->file;
	size_t i;

	if (!entry->pub.is_live || !entry->pub.is_native)
		return false;
	for (i = 0; i < file->num_phdrs; i++)
		if (file->phdrs[i].p_type == PT_LOAD && (file->phdrs[i].p_flags & PF_X) &&
		    find_in_segment(mem, entry, &file->phdrs[i], ret))
			return true;
	return false;
}

struct err *modules_find_syscall_insn(struct modules *modules, pid_t pid, uint64_t *ret)
{
	_cleanup_close_ int mem = -1;
	char path[64];
	int pass;
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < modules->entries.num; i++) {
			const struct module_entry *entry = modules->entries.items[i];

			if (entry->binary->file->is_vdso == (pass == 0) &&
			    find_in_module(mem, entry, ret))
				return NULL;
		}
	}
	return &err_not_found;
}
