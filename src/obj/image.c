// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/image.h"

#include "base/log.h"
#include "obj/debug_search.h"
#include "obj/expand.h"
#include "obj/lines.h"
#include "obj/symindex.h"
#include "obj/target_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** A real file has about ten; the dynamic section has about thirty entries, notes a few hundred bytes. */
#define MAX_PHDRS        512
#define MAX_DYNAMIC_SIZE (64u << 10)
#define MAX_NOTE_SIZE    (16u << 10)

size_t image_read_some(const struct image *image, uint64_t offset, void *buf, size_t size)
{
	size_t done = 0;

	if (image->fd < 0 || offset > INT64_MAX - size)
		return 0;
	while (done < size) {
		ssize_t n =
			pread(image->fd, (char *)buf + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

bool image_read(const struct image *image, uint64_t offset, void *buf, size_t size)
{
	return image_read_some(image, offset, buf, size) == size;
}

bool image_offset_of(const struct image *image, uint64_t addr, uint64_t *ret)
{
	size_t i;

	for (i = 0; i < image->num_phdrs; i++) {
		const Elf64_Phdr *phdr = &image->phdrs[i];

		if (phdr->p_type == PT_LOAD && addr - phdr->p_vaddr < phdr->p_filesz) {
			*ret = phdr->p_offset + (addr - phdr->p_vaddr);
			return true;
		}
	}
	return false;
}

bool image_is_code(const struct image *image, uint64_t addr)
{
	size_t i;

	for (i = 0; i < image->num_phdrs; i++) {
		const Elf64_Phdr *phdr = &image->phdrs[i];

		if (phdr->p_type == PT_LOAD && (phdr->p_flags & PF_X) &&
		    addr - phdr->p_vaddr < phdr->p_memsz)
			return true;
	}
	return false;
}

static void read_dynamic_entry(struct image *image, const Elf64_Dyn *dyn, bool *has_symtab,
			       bool *has_strtab)
{
	struct image_dynamic *dynamic = &image->dynamic;

	switch (dyn->d_tag) {
	case DT_SYMTAB:
		*has_symtab = image_offset_of(image, dyn->d_un.d_ptr, &dynamic->symtab_offset);
		break;
	case DT_STRTAB:
		*has_strtab = image_offset_of(image, dyn->d_un.d_ptr, &dynamic->strtab_offset);
		break;
	case DT_STRSZ:
		dynamic->strtab_size = dyn->d_un.d_val;
		break;
	case DT_GNU_HASH:
		if (!image_offset_of(image, dyn->d_un.d_ptr, &dynamic->gnu_hash_offset))
			dynamic->gnu_hash_offset = 0;
		break;
	case DT_HASH:
		if (!image_offset_of(image, dyn->d_un.d_ptr, &dynamic->sysv_hash_offset))
			dynamic->sysv_hash_offset = 0;
		break;
	case DT_SONAME:
		dynamic->has_soname = true;
		break;
	case DT_FLAGS_1:
		dynamic->is_pie = dyn->d_un.d_val & DF_1_PIE;
		break;
	default:
		break;
	}
}

static void read_dynamic(struct image *image, const Elf64_Phdr *phdr)
{
	size_t size = phdr->p_filesz < MAX_DYNAMIC_SIZE ? phdr->p_filesz : MAX_DYNAMIC_SIZE;
	_cleanup_free_ Elf64_Dyn *dyns = malloc(size + 1);
	bool has_symtab = false, has_strtab = false;
	size_t num, i;

	if (!dyns)
		return;
	num = image_read_some(image, phdr->p_offset, dyns, size) / sizeof(*dyns);
	for (i = 0; i < num && dyns[i].d_tag != DT_NULL; i++)
		read_dynamic_entry(image, &dyns[i], &has_symtab, &has_strtab);
	image->dynamic.has_symbols =
		has_symtab && has_strtab &&
		(image->dynamic.gnu_hash_offset || image->dynamic.sysv_hash_offset);
}

/** Offset of the next note part: padded to align, which is 4 or 8. */
static size_t note_pad(size_t offset, size_t align)
{
	return (offset + align - 1) & ~(align - 1);
}

static void find_build_id(struct image *image, const char *notes, size_t size, size_t align)
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
		if (nhdr.n_type == NT_GNU_BUILD_ID && nhdr.n_namesz == 4 &&
		    memcmp(notes + name, "GNU", 4) == 0 &&
		    nhdr.n_descsz <= sizeof(image->build_id)) {
			memcpy(image->build_id, notes + desc, nhdr.n_descsz);
			image->build_id_size = nhdr.n_descsz;
			return;
		}
		offset = note_pad(desc + nhdr.n_descsz, align);
	}
}

static void read_notes(struct image *image, const Elf64_Phdr *phdr)
{
	size_t size = phdr->p_filesz < MAX_NOTE_SIZE ? phdr->p_filesz : MAX_NOTE_SIZE;
	_cleanup_free_ char *notes = malloc(size + 1);

	if (!notes || image->build_id_size)
		return;
	size = image_read_some(image, phdr->p_offset, notes, size);
	find_build_id(image, notes, size, phdr->p_align == 8 ? 8 : 4);
}

static void read_headers(struct image *image)
{
	_cleanup_free_ Elf64_Phdr *phdrs = NULL;
	Elf64_Ehdr ehdr;
	size_t size, i;

	if (!image_read(image, 0, &ehdr, sizeof(ehdr)) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB || ehdr.e_phentsize != sizeof(*phdrs) ||
	    !ehdr.e_phnum || ehdr.e_phnum > MAX_PHDRS)
		return;
	size = ehdr.e_phnum * sizeof(*phdrs);
	phdrs = malloc(size);
	if (!phdrs || !image_read(image, ehdr.e_phoff, phdrs, size))
		return;
	free(image->phdrs);
	image->phdrs = no_cleanup_ptr(phdrs);
	image->num_phdrs = ehdr.e_phnum;
	image->type = ehdr.e_type;
	image->machine = ehdr.e_machine;
	image->is_elf = true;
	image->dynamic = (struct image_dynamic){0};
	for (i = 0; i < image->num_phdrs; i++) {
		if (image->phdrs[i].p_type == PT_DYNAMIC)
			read_dynamic(image, &image->phdrs[i]);
		else if (image->phdrs[i].p_type == PT_NOTE)
			read_notes(image, &image->phdrs[i]);
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

struct err *image_create(int fd, const char *path, size_t path_size, struct image **ret)
{
	struct image *image = calloc(1, sizeof(*image));
	struct stat st;

	if (!image) {
		cleanup_close(&fd);
		return &err_nomem;
	}
	image->fd = fd;
	image->debug_fds[0] = image->debug_fds[1] = -1;
	image->path = path_without_deleted(path, path_size);
	if (!image->path) {
		image_destroy(image);
		return &err_nomem;
	}
	if (fd >= 0 && fstat(fd, &st) == 0)
		image->size = (uint64_t)st.st_size;
	read_headers(image);
	*ret = image;
	return NULL;
}

/** glibc adds the bias to addresses in the dynamic section, in place; libdw expects them as the file has them. */
static void unrelocate_dynamic(const struct image *image, const Elf64_Phdr *phdr, uint64_t bias)
{
	uint64_t offset = phdr->p_offset, end, ignored;
	Elf64_Dyn dyn;

	if (__builtin_add_overflow(offset, phdr->p_filesz, &end))
		return;
	for (; end - offset >= sizeof(dyn); offset += sizeof(dyn)) {
		if (!image_read(image, offset, &dyn, sizeof(dyn)) || dyn.d_tag == DT_NULL)
			return;
		if (image_offset_of(image, dyn.d_un.d_ptr, &ignored) ||
		    !image_offset_of(image, dyn.d_un.d_ptr - bias, &ignored))
			continue;
		dyn.d_un.d_ptr -= bias;
		if (pwrite(image->fd, &dyn, sizeof(dyn), (off_t)offset) != sizeof(dyn))
			return;
	}
}

/** They are not mapped: a hole is where they would be. */
static void drop_section_headers(const struct image *image)
{
	Elf64_Ehdr ehdr;

	if (!image_read(image, 0, &ehdr, sizeof(ehdr)))
		return;
	ehdr.e_shoff = 0;
	ehdr.e_shnum = ehdr.e_shstrndx = 0;
	if (pwrite(image->fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		log_debug("%s: cannot mend the copy of its memory, ignoring", image->path);
}

void image_mend_copy(struct image *image, uint64_t bias)
{
	size_t i;

	image->is_from_memory = true;
	// The vDSO is a whole file in memory.
	if (!image->is_elf || image->is_vdso)
		return;
	drop_section_headers(image);
	for (i = 0; i < image->num_phdrs; i++)
		if (image->phdrs[i].p_type == PT_DYNAMIC)
			unrelocate_dynamic(image, &image->phdrs[i], bias);
	read_headers(image);
}

void image_destroy(struct image *image)
{
	if (!image)
		return;
	symindex_destroy(image->symbols);
	lines_destroy(image->lines);
	if (image->dwfl)
		dwfl_end(image->dwfl);
	if (image->old_dwfl)
		dwfl_end(image->old_dwfl);
	cleanup_close(&image->debug_fds[0]);
	cleanup_close(&image->debug_fds[1]);
	cleanup_close(&image->fd);
	free(image->phdrs);
	free(image->path);
	free(image->note);
	free(image);
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

bool image_bias_of(const struct image *image, const struct map_entry *entry, size_t index,
		   uint64_t *ret)
{
	int pass;
	size_t i;

	if (!image->is_elf) {
		*ret = entry->start - entry->offset;
		return index == 0;
	}
	// Two segments may share a page of the file (-z noseparate-code): the one with equal permissions comes first.
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < image->num_phdrs; i++) {
			bool has_exec = image->phdrs[i].p_flags & PF_X;
			uint64_t bias;

			if ((has_exec == entry->is_executable) != (pass == 0) ||
			    !segment_is_at(&image->phdrs[i], entry, &bias))
				continue;
			if (index-- == 0) {
				*ret = bias;
				return true;
			}
		}
	}
	return false;
}

bool image_is_executable_file(const struct image *image)
{
	size_t i;

	if (!image->is_elf)
		return false;
	if (image->type == ET_EXEC || image->dynamic.is_pie)
		return true;
	// Linkers before DF_1_PIE (2015). libc.so.6 has an interpreter too, but a SONAME.
	for (i = 0; i < image->num_phdrs; i++)
		if (image->phdrs[i].p_type == PT_INTERP)
			return !image->dynamic.has_soname;
	return false;
}

static const Dwfl_Callbacks dwfl_callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = debug_search,
};

/** Before libdw looks at the sections. */
static void prepare_module(struct image *image)
{
	GElf_Addr bias;
	void **userdata;
	Elf *elf = dwfl_module_getelf(image->dwfl_module, &bias);

	dwfl_module_info(image->dwfl_module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = image;
	if (elf && image->expansion)
		expansion_strip(image->expansion, image->fd, image->path, elf);
}

static void open_dwfl(struct image *image)
{
	int fd = fcntl(image->fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return;
	image->dwfl = dwfl_begin(&dwfl_callbacks);
	if (!image->dwfl) {
		close(fd);
		return;
	}
	dwfl_report_begin(image->dwfl);
	image->dwfl_module = dwfl_report_elf(image->dwfl, image->path, image->path, fd, 0, true);
	if (!image->dwfl_module) {
		log_debug("%s: %s", image->path, dwfl_errmsg(-1));
		close(fd);
	} else {
		prepare_module(image);
	}
	dwfl_report_end(image->dwfl, NULL, NULL);
}

Dwfl_Module *image_dwfl_module(struct image *image)
{
	if (!image->is_dwfl_tried) {
		image->is_dwfl_tried = true;
		if (image->is_elf && image->size <= TARGET_ELF_MAX)
			open_dwfl(image);
	}
	return image->dwfl_module;
}
