// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/files/expand.h"

#include "base/fmt.h"
#include "base/io.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/** Compilers' output is compressed to a third or less, strings to a tenth; zlib makes a thousandth
 *  of zeros. */
#define FILE_FACTOR 16
/** For small files. */
#define FILE_FLOOR (64ull << 20)
/** Unlinked objects with a section a function have some ten thousands. */
#define MAX_SECTIONS (1u << 20)

struct scan {
	struct expansion *expansion;
	int fd;
	/** Expanded bytes that the file may still have, and those of sections that fit and do not
	 *  fit. */
	uint64_t left;
	uint64_t fitting;
	uint64_t beyond;
	/** Take the latter out of this, or NULL. */
	Elf *elf;
};

static bool read_at(int fd, uint64_t offset, void *buf, size_t size)
{
	ssize_t n;

	if (offset > INT64_MAX - size)
		return false;
	do
		n = pread(fd, buf, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

/** What a section expands to; 0: it is not compressed, or cannot be read. */
static uint64_t expanded_size(int fd, const Elf64_Shdr *shdr)
{
	struct {
		char magic[4];
		uint32_t high;
		uint32_t low;
	} old;
	Elf64_Chdr chdr;

	if (shdr->sh_type == SHT_NOBITS)
		return 0;
	if (shdr->sh_flags & SHF_COMPRESSED)
		return read_at(fd, shdr->sh_offset, &chdr, sizeof(chdr)) ? chdr.ch_size : 0;
	// .zdebug_*: the size is a number of 64 bits, the upper ones first.
	if (shdr->sh_flags & SHF_ALLOC || !read_at(fd, shdr->sh_offset, &old, sizeof(old)) ||
	    memcmp(old.magic, "ZLIB", 4) != 0)
		return 0;
	return (uint64_t)be32toh(old.high) << 32 | be32toh(old.low);
}

/** libelf and libdw see an empty section. */
static void hide_section(Elf *elf, size_t index)
{
	Elf_Scn *section = elf_getscn(elf, index);
	GElf_Shdr shdr;

	if (!section || !gelf_getshdr(section, &shdr))
		return;
	shdr.sh_type = SHT_NOBITS;
	shdr.sh_flags &= ~(GElf_Xword)SHF_COMPRESSED;
	shdr.sh_size = 0;
	gelf_update_shdr(section, &shdr);
}

static void scan_section(struct scan *scan, size_t index, const Elf64_Shdr *shdr)
{
	uint64_t size = expanded_size(scan->fd, shdr);

	if (size <= scan->left) {
		scan->left -= size;
		scan->fitting += size;
		return;
	}
	if (__builtin_add_overflow(scan->beyond, size, &scan->beyond))
		scan->beyond = UINT64_MAX;
	if (scan->elf)
		hide_section(scan->elf, index);
}

/** False: not an ELF file that libdw may have. */
static bool scan_sections(struct scan *scan)
{
	Elf64_Shdr shdr;
	Elf64_Ehdr ehdr;
	uint64_t num, i;

	if (!read_at(scan->fd, 0, &ehdr, sizeof(ehdr)) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 || ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return false;
	if (!ehdr.e_shoff)
		return true;
	if (ehdr.e_shentsize != sizeof(shdr) ||
	    !read_at(scan->fd, ehdr.e_shoff, &shdr, sizeof(shdr)))
		return false;
	// More than fit into e_shnum: the first section has the number.
	num = ehdr.e_shnum ? ehdr.e_shnum : shdr.sh_size;
	if (num > MAX_SECTIONS)
		return false;
	for (i = 0; i < num; i++) {
		if (!read_at(scan->fd, ehdr.e_shoff + i * sizeof(shdr), &shdr, sizeof(shdr)))
			return false;
		scan_section(scan, i, &shdr);
	}
	return true;
}

/** Half of what the machine has; the other half is for everybody else. */
static uint64_t available_memory(void)
{
	static const char key[] = "MemAvailable:";
	char text[4096];
	const char *p =
		io_read_head("/proc/meminfo", text, sizeof(text)) ? strstr(text, key) : NULL;

	return p ? strtoull(p + sizeof(key) - 1, NULL, 10) * 1024 / 2 : UINT64_MAX;
}

static uint64_t bound_of(const struct expansion *expansion, int fd)
{
	uint64_t limit = __atomic_load_n(&expansion->limit, __ATOMIC_RELAXED), bound = FILE_FLOOR;
	struct stat st;

	if (fstat(fd, &st) == 0 && (uint64_t)st.st_size < UINT64_MAX / 2 / FILE_FACTOR)
		bound += (uint64_t)st.st_size * FILE_FACTOR;
	// What was expanded before is missing in what is available now.
	limit = limit ? limit - (expansion->used < limit ? expansion->used : limit)
		      : available_memory();
	return bound < limit ? bound : limit;
}

/** Without memory nobody is told. */
static void add_note(struct expansion *expansion, const char *path, uint64_t size)
{
	char text[FMT_SIZE_MAX], *note;

	if (asprintf(&note,
		     "%s: compressed debug information of %s once expanded is left out, source "
		     "lines are missing",
		     path, fmt_size((double)size, false, text)) < 0)
		return;
	if (!vec_push(&expansion->notes, note))
		free(note);
}

bool expansion_admits(struct expansion *expansion, int fd, const char *path)
{
	struct expansion any = {.limit = UINT64_MAX};
	struct scan scan = {.expansion = expansion ? expansion : &any, .fd = fd};

	scan.left = expansion ? bound_of(expansion, fd) : UINT64_MAX;
	if (!scan_sections(&scan))
		return false;
	if (scan.beyond && expansion)
		add_note(expansion, path, scan.beyond);
	if (scan.beyond)
		return false;
	scan.expansion->used += scan.fitting;
	return true;
}

void expansion_strip(struct expansion *expansion, int fd, const char *path, Elf *elf)
{
	struct scan scan = {.expansion = expansion, .fd = fd, .elf = elf};

	scan.left = bound_of(expansion, fd);
	// What cannot be scanned libelf cannot read either.
	if (scan_sections(&scan) && scan.beyond)
		add_note(expansion, path, scan.beyond);
	expansion->used += scan.fitting;
}

void expansion_deinit(struct expansion *expansion)
{
	size_t i;

	for (i = 0; i < expansion->notes.num; i++)
		free(expansion->notes.items[i]);
	vec_deinit(&expansion->notes);
}
