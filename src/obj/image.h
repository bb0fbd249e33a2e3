// SPDX-License-Identifier: GPL-3.0-or-later
/** The bytes of one ELF file, kept readable for ever, and what is known of it. Private to obj/.
 *  All reads go through image_read(), which checks bounds; libdw is given a descriptor of its
 *  own, and only when somebody needs it. */
#ifndef OBJ_IMAGE_H
#define OBJ_IMAGE_H

#include "base/err.h"
#include "obj/maps.h"

#include <elf.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct expansion;
struct symindex;
struct lines;
struct target;

/** What PT_DYNAMIC says, as offsets in the file. */
struct image_dynamic {
	/** The symbol table can be used: symtab, strtab and one hash table were found. */
	bool has_symbols;
	bool has_soname;
	/** DT_FLAGS_1 has DF_1_PIE. */
	bool is_pie;
	uint64_t symtab_offset;
	uint64_t strtab_offset;
	uint64_t strtab_size;
	/** 0: there is none. */
	uint64_t gnu_hash_offset;
	uint64_t sysv_hash_offset;
};

struct image {
	/** Which file, as /proc/PID/maps tells; 0 for the vDSO. */
	uint64_t dev;
	uint64_t inode;
	/** Descriptor of the file, or of a copy of the process's memory; -1: unreadable. */
	int fd;
	uint64_t size;
	/** Path without " (deleted)", for the search of separate debug files. Owned. */
	char *path;
	/** Whose file it is, and what its debug information may expand to; both live as long as the image, and are NULL where
	 *  nobody has said. */
	const struct target *target;
	struct expansion *expansion;
	/** The bytes were copied from memory: no section headers, no .symtab. */
	bool is_from_memory;
	bool is_vdso;
	/** A copy of memory that is not mapped any more: nothing can prove that a later mapping
	 *  is the same file. */
	bool is_retired;
	/** Of the images with an equal hash of device and inode, the one before: its index + 1, or
	 *  0. For modules.images_by_file. */
	size_t older;
	/** During modules_refresh(): a mapping of it came or went. */
	bool is_touched;

	/** An ELF file of 64 bits, little endian, with program headers; what follows is valid
	 *  only then. */
	bool is_elf;
	Elf64_Half type;
	Elf64_Half machine;
	Elf64_Phdr *phdrs;
	size_t num_phdrs;
	struct image_dynamic dynamic;
	uint8_t build_id[64];
	size_t build_id_size;

	/** What is missing of its debug information, for the user; NULL: nothing, or symbolize.c
	 *  took it. See missing.h. */
	char *note;
	bool is_noted;

	/** Debug files that were given and libdw has not taken yet, see debug_file.c; -1: none. */
	int debug_fds[2];
	/** What libdw knew before they were given, or NULL: rows of it may be in use. */
	Dwfl *old_dwfl;
	/** Made by image_dwfl_module(). */
	bool is_dwfl_tried;
	Dwfl *dwfl;
	Dwfl_Module *dwfl_module;
	/** Owned by symtab.c, cfi.c and lines.c; NULL until first asked for. */
	struct symindex *symbols;
	struct lines *lines;
	bool is_eh_cfi_tried;
	bool is_debug_cfi_tried;
	Dwarf_CFI *eh_cfi;
	Dwarf_CFI *debug_cfi;
};

/** A new image of an open file; takes fd over (-1 is allowed), also on failure. path is copied.
 *  Reads the headers and the build-id; a malformed file is an image that is not is_elf. */
struct err *image_create(int fd, const char *path, size_t path_size,
			 struct image **ret) __must_check;
/** The fresh image is a copy of memory that was loaded at this bias: make it look like a file
 *  again. Its descriptor must be writable. */
void image_mend_copy(struct image *image, uint64_t bias);
/** Free everything, symbols and DWARF too. NULL is fine. */
void image_destroy(struct image *image);

/** Copy size bytes at offset. False: they are not there; buf is then undefined. */
bool image_read(const struct image *image, uint64_t offset, void *buf, size_t size) __must_check;
/** As many bytes as there are, up to size; 0 on failure. */
size_t image_read_some(const struct image *image, uint64_t offset, void *buf, size_t size);

/** File offset of an ELF virtual address. False: no segment has bytes for it. */
bool image_offset_of(const struct image *image, uint64_t addr, uint64_t *ret) __must_check;

/** An ELF virtual address in an executable segment. */
bool image_is_code(const struct image *image, uint64_t addr);

/** The load bias that a mapping of this file shows: candidate number `index` (from 0), best ones
 *  first when the mapping is executable. False: no more candidates. */
bool image_bias_of(const struct image *image, const struct map_entry *entry, size_t index,
		   uint64_t *ret);

/** The main program of a process, static or not, rather than a library. */
bool image_is_executable_file(const struct image *image);

/** libdwfl's view of the file, at bias 0, with lazy lookup of separate debug files. NULL: libdw
 *  cannot read it. */
Dwfl_Module *image_dwfl_module(struct image *image);

/** For libdw, in the order in which it asks: the debug file that was given, then the one that it shares information with. -1: none,
 *  it is to be searched for. (debug_file.c) */
int image_take_debug_fd(struct image *image);

/** Open the file of a mapping of process pid, which is the target, as target_file.h says: through /proc/PID/map_files; its path in
 *  the target's directories; in ours. Never another one that has taken the path. -1: cannot be opened. */
int image_open_mapped_file(const struct target *target, pid_t pid, const struct map_entry *entry);

/** A copy of all mappings of the file of entry (or of the vDSO) in the maps text, as a file: for
 *  deleted files that may not be opened. -1: the memory cannot be read. */
int image_copy_from_memory(pid_t pid, const char *maps, size_t maps_size,
			   const struct map_entry *entry);

#endif
