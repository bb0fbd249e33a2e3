// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/elf/elf_file.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** A real file has about ten; the dynamic section has about thirty entries, notes a few hundred
 *  bytes. */
#define MAX_PHDRS        512
#define MAX_DYNAMIC_SIZE (64u << 10)
#define MAX_NOTE_SIZE    (16u << 10)

size_t elf_file_read_some(const struct elf_file *file, uint64_t offset, void *buf, size_t size)
{
	size_t done = 0;

	if (file->fd < 0 || offset > INT64_MAX - size)
		return 0;
	while (done < size) {
		ssize_t n =
			pread(file->fd, (char *)buf + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

bool elf_file_read(const struct elf_file *file, uint64_t offset, void *buf, size_t size)
{
	return elf_file_read_some(file, offset, buf, size) == size;
}

bool elf_file_offset_of(const struct elf_file *file, uint64_t addr, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < file->num_phdrs; i++) {
		const Elf64_Phdr *phdr = &file->phdrs[i];

		if (phdr->p_type == PT_LOAD && addr - phdr->p_vaddr < phdr->p_filesz) {
			*ret = phdr->p_offset + (addr - phdr->p_vaddr);
			return true;
		}
	}
	return false;
}

bool elf_file_is_code(const struct elf_file *file, uint64_t addr)
{
	size_t i;

	for (i = 0; i < file->num_phdrs; i++) {
		const Elf64_Phdr *phdr = &file->phdrs[i];

		if (phdr->p_type == PT_LOAD && (phdr->p_flags & PF_X) &&
		    addr - phdr->p_vaddr < phdr->p_memsz)
			return true;
	}
	return false;
}

static void read_relocations(struct elf_file *file, const Elf64_Dyn *dyn)
{
	struct elf_dynamic *dynamic = &file->dynamic;

	switch (dyn->d_tag) {
	case DT_JMPREL:
		if (!elf_file_offset_of(file, dyn->d_un.d_ptr, &dynamic->jmprel_offset))
			dynamic->jmprel_offset = file->size;
		break;
	case DT_PLTRELSZ:
		dynamic->jmprel_size = dyn->d_un.d_val;
		break;
	case DT_RELA:
		if (!elf_file_offset_of(file, dyn->d_un.d_ptr, &dynamic->rela_offset))
			dynamic->rela_offset = file->size;
		break;
	case DT_RELASZ:
		dynamic->rela_size = dyn->d_un.d_val;
		break;
	default:
		break;
	}
}

static void read_dynamic_entry(struct elf_file *file, const Elf64_Dyn *dyn, bool *has_symtab,
			       bool *has_strtab)
{
	struct elf_dynamic *dynamic = &file->dynamic;

	switch (dyn->d_tag) {
	case DT_SYMTAB:
		*has_symtab = elf_file_offset_of(file, dyn->d_un.d_ptr, &dynamic->symtab_offset);
		break;
	case DT_STRTAB:
		*has_strtab = elf_file_offset_of(file, dyn->d_un.d_ptr, &dynamic->strtab_offset);
		break;
	case DT_STRSZ:
		dynamic->strtab_size = dyn->d_un.d_val;
		break;
	case DT_GNU_HASH:
		if (!elf_file_offset_of(file, dyn->d_un.d_ptr, &dynamic->gnu_hash_offset))
			dynamic->gnu_hash_offset = 0;
		break;
	case DT_HASH:
		if (!elf_file_offset_of(file, dyn->d_un.d_ptr, &dynamic->sysv_hash_offset))
			dynamic->sysv_hash_offset = 0;
		break;
	case DT_SONAME:
		dynamic->has_soname = true;
		break;
	case DT_FLAGS_1:
		dynamic->is_pie = dyn->d_un.d_val & DF_1_PIE;
		break;
	default:
		read_relocations(file, dyn);
		break;
	}
}

static void read_dynamic(struct elf_file *file, const Elf64_Phdr *phdr)
{
	size_t size = phdr->p_filesz < MAX_DYNAMIC_SIZE ? phdr->p_filesz : MAX_DYNAMIC_SIZE;
	_cleanup_free_ Elf64_Dyn *dyns = malloc(size + 1);
	bool has_symtab = false, has_strtab = false;
	size_t num, i;

	if (!dyns)
		return;
	num = elf_file_read_some(file, phdr->p_offset, dyns, size) / sizeof(*dyns);
	for (i = 0; i < num && dyns[i].d_tag != DT_NULL; i++)
		read_dynamic_entry(file, &dyns[i], &has_symtab, &has_strtab);
	file->dynamic.has_symbols =
		has_symtab && has_strtab &&
		(file->dynamic.gnu_hash_offset || file->dynamic.sysv_hash_offset);
}

/** Offset of the next note part: padded to align, which is 4 or 8. */
static size_t note_pad(size_t offset, size_t align)
{
	return (offset + align - 1) & ~(align - 1);
}

static void read_note(struct elf_file *file, const Elf64_Nhdr *nhdr, const char *name,
		      const char *desc)
{
	if (nhdr->n_namesz != 4)
		return;
	if (memcmp(name, "Go\0", 4) == 0)
		file->is_go = true;
	if (nhdr->n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0 &&
	    !file->build_id_size && nhdr->n_descsz <= sizeof(file->build_id)) {
		memcpy(file->build_id, desc, nhdr->n_descsz);
		file->build_id_size = nhdr->n_descsz;
	}
}

static void parse_notes(struct elf_file *file, const char *notes, size_t size, size_t align)
{
	size_t offset = 0;
	Elf64_Nhdr nhdr;

	while (offset <= size && size - offset >= sizeof(nhdr)) {
		size_t name = offset + sizeof(nhdr), desc;

		memcpy(&nhdr, notes + offset, sizeof(nhdr));
		if (nhdr.n_namesz > size || nhdr.n_descsz > size)
			return;
		desc = note_pad(name + nhdr.n_namesz, align);
		if (desc > size || nhdr.n_descsz > size - desc)
			return;
		read_note(file, &nhdr, notes + name, notes + desc);
		offset = note_pad(desc + nhdr.n_descsz, align);
	}
}

static void read_notes(struct elf_file *file, const Elf64_Phdr *phdr)
{
	size_t size = phdr->p_filesz < MAX_NOTE_SIZE ? phdr->p_filesz : MAX_NOTE_SIZE;
	_cleanup_free_ char *notes = malloc(size + 1);

	if (!notes)
		return;
	size = elf_file_read_some(file, phdr->p_offset, notes, size);
	parse_notes(file, notes, size, phdr->p_align == 8 ? 8 : 4);
}

static void read_headers(struct elf_file *file)
{
	_cleanup_free_ Elf64_Phdr *phdrs = NULL;
	Elf64_Ehdr ehdr;
	size_t size, i;

	if (!elf_file_read(file, 0, &ehdr, sizeof(ehdr)) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB || ehdr.e_phentsize != sizeof(*phdrs) ||
	    !ehdr.e_phnum || ehdr.e_phnum > MAX_PHDRS)
		return;
	size = ehdr.e_phnum * sizeof(*phdrs);
	phdrs = malloc(size);
	if (!phdrs || !elf_file_read(file, ehdr.e_phoff, phdrs, size))
		return;
	free(file->phdrs);
	file->phdrs = no_cleanup_ptr(phdrs);
	file->num_phdrs = ehdr.e_phnum;
	file->type = ehdr.e_type;
	file->machine = ehdr.e_machine;
	file->is_elf = true;
	file->dynamic = (struct elf_dynamic){0};
	for (i = 0; i < file->num_phdrs; i++) {
		if (file->phdrs[i].p_type == PT_DYNAMIC)
			read_dynamic(file, &file->phdrs[i]);
		else if (file->phdrs[i].p_type == PT_NOTE)
			read_notes(file, &file->phdrs[i]);
	}
}

static char *path_without_deleted(const char *path, size_t size)
{
	static const char suffix[] = " (deleted)";
	size_t suffix_size = sizeof(suffix) - 1;

	if (size > suffix_size && memcmp(path + size - suffix_size, suffix, suffix_size) == 0)
		size -= suffix_size;
	return strndup(path, size);
}

struct err *elf_file_create(int fd, const char *path, size_t path_size, struct elf_file **ret)
{
	struct elf_file *file = calloc(1, sizeof(*file));
	struct stat st;

	if (!file) {
		cleanup_close(&fd);
		return &err_nomem;
	}
	file->fd = fd;
	file->path = path_without_deleted(path, path_size);
	if (!file->path) {
		elf_file_destroy(file);
		return &err_nomem;
	}
	if (fd >= 0 && fstat(fd, &st) == 0)
		file->size = (uint64_t)st.st_size;
	read_headers(file);
	*ret = file;
	return NULL;
}

/** glibc adds the bias to addresses in the dynamic section, in place; libdw expects them as the
 *  file has them. */
static void unrelocate_dynamic(const struct elf_file *file, const Elf64_Phdr *phdr, uint64_t bias)
{
	uint64_t offset = phdr->p_offset, end, ignored;
	Elf64_Dyn dyn;

	if (__builtin_add_overflow(offset, phdr->p_filesz, &end))
		return;
	for (; end - offset >= sizeof(dyn); offset += sizeof(dyn)) {
		if (!elf_file_read(file, offset, &dyn, sizeof(dyn)) || dyn.d_tag == DT_NULL)
			return;
		if (elf_file_offset_of(file, dyn.d_un.d_ptr, &ignored) ||
		    !elf_file_offset_of(file, dyn.d_un.d_ptr - bias, &ignored))
			continue;
		dyn.d_un.d_ptr -= bias;
		if (pwrite(file->fd, &dyn, sizeof(dyn), (off_t)offset) != sizeof(dyn))
			return;
	}
}

/** They are not mapped: a hole is where they would be. */
static void drop_section_headers(const struct elf_file *file)
{
	Elf64_Ehdr ehdr;

	if (!elf_file_read(file, 0, &ehdr, sizeof(ehdr)))
		return;
	ehdr.e_shoff = 0;
	ehdr.e_shnum = ehdr.e_shstrndx = 0;
	if (pwrite(file->fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		log_debug("%s: cannot mend the copy of its memory, ignoring", file->path);
}

void elf_file_mend_copy(struct elf_file *file, uint64_t bias)
{
	size_t i;

	file->is_from_memory = true;
	// The vDSO is a whole file in memory.
	if (!file->is_elf || file->is_vdso)
		return;
	drop_section_headers(file);
	for (i = 0; i < file->num_phdrs; i++)
		if (file->phdrs[i].p_type == PT_DYNAMIC)
			unrelocate_dynamic(file, &file->phdrs[i], bias);
	read_headers(file);
}

void elf_file_destroy(struct elf_file *file)
{
	if (!file)
		return;
	cleanup_close(&file->fd);
	free(file->phdrs);
	free(file->path);
	free(file);
}

/** The mapping may show this segment: the kernel maps whole pages of the file. */
static bool segment_is_at(const Elf64_Phdr *phdr, const struct map_entry *entry, uint64_t *ret)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t first = phdr->p_offset & -page;
	uint64_t last;

	if (phdr->p_type != PT_LOAD || !phdr->p_filesz ||
	    __builtin_add_overflow(phdr->p_offset, phdr->p_filesz - 1, &last) ||
	    entry->offset < first || entry->offset > last ||
	    (phdr->p_offset - phdr->p_vaddr) % page != 0)
		return false;
	*ret = entry->start - (phdr->p_vaddr - phdr->p_offset + entry->offset);
	return true;
}

bool elf_file_bias_of(const struct elf_file *file, const struct map_entry *entry, size_t index,
		      uint64_t *ret)
{
	int pass;
	size_t i;

	if (!file->is_elf) {
		*ret = entry->start - entry->offset;
		return index == 0;
	}
	// Two segments may share a page of the file (-z noseparate-code): the one with equal
	// permissions comes first.
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < file->num_phdrs; i++) {
			bool has_exec = file->phdrs[i].p_flags & PF_X;
			uint64_t bias;

			if ((has_exec == entry->is_executable) != (pass == 0) ||
			    !segment_is_at(&file->phdrs[i], entry, &bias))
				continue;
			if (index-- == 0) {
				*ret = bias;
				return true;
			}
		}
	}
	return false;
}

bool elf_file_is_executable(const struct elf_file *file)
{
	size_t i;

	if (!file->is_elf)
		return false;
	if (file->type == ET_EXEC || file->dynamic.is_pie)
		return true;
	// Linkers before DF_1_PIE (2015). libc.so.6 has an interpreter too, but a SONAME.
	for (i = 0; i < file->num_phdrs; i++)
		if (file->phdrs[i].p_type == PT_INTERP)
			return !file->dynamic.has_soname;
	return false;
}
