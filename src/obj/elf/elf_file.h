// SPDX-License-Identifier: GPL-3.0-or-later
/** The bytes of one ELF file, kept readable for ever, and what its headers say. Private to obj/.
 *  All reads go through elf_file_read(), which checks bounds. libdw has no part in this: it gets a
 *  descriptor of its own, and only when somebody needs it (libdw_view.h). */
#ifndef OBJ_ELF_ELF_FILE_H
#define OBJ_ELF_ELF_FILE_H

#include "base/err.h"
#include "obj/maps.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** What PT_DYNAMIC says, as offsets in the file. */
struct elf_dynamic {
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
	/** Elf64_Rela of the linkage table, and of everything else; sizes 0: there are none. */
	uint64_t jmprel_offset;
	uint64_t jmprel_size;
	uint64_t rela_offset;
	uint64_t rela_size;
};

struct elf_file {
	/** Which file, as /proc/PID/maps tells; 0 for the vDSO. */
	uint64_t dev;
	uint64_t inode;
	/** Descriptor of the file, or of a copy of the process's memory; -1: unreadable. */
	int fd;
	uint64_t size;
	/** Path without " (deleted)", for the search of separate debug files. Owned. */
	char *path;
	/** The bytes were copied from memory: no section headers, no .symtab. */
	bool is_from_memory;
	bool is_vdso;

	/** An ELF file of 64 bits, little endian, with program headers; what follows is valid
	 *  only then. */
	bool is_elf;
	Elf64_Half type;
	Elf64_Half machine;
	Elf64_Phdr *phdrs;
	size_t num_phdrs;
	struct elf_dynamic dynamic;
	/** The compiler of Go made it. */
	bool is_go;
	uint8_t build_id[64];
	size_t build_id_size;
};

/** The headers of an open file; takes fd over (-1 is allowed), also on failure. path is copied.
 *  Reads the headers and the build-id; a malformed file is not is_elf. */
struct err *elf_file_create(int fd, const char *path, size_t path_size,
			    struct elf_file **ret) __must_check;
/** The fresh file is a copy of memory that was loaded at this bias: make it look like a file
 *  again. Its descriptor must be writable. */
void elf_file_mend_copy(struct elf_file *file, uint64_t bias);
/** NULL is fine. */
void elf_file_destroy(struct elf_file *file);

/** Copy size bytes at offset. False: they are not there; buf is then undefined. */
bool elf_file_read(const struct elf_file *file, uint64_t offset, void *buf,
		   size_t size) __must_check;
/** As many bytes as there are, up to size; 0 on failure. */
size_t elf_file_read_some(const struct elf_file *file, uint64_t offset, void *buf, size_t size);

/** File offset of an ELF virtual address. False: no segment has bytes for it. */
bool elf_file_offset_of(const struct elf_file *file, uint64_t addr, uint64_t *ret) __must_check;

/** An ELF virtual address in an executable segment. */
bool elf_file_is_code(const struct elf_file *file, uint64_t addr);

/** The load bias that a mapping of this file shows: candidate number `index` (from 0), best ones
 *  first when the mapping is executable. False: no more candidates. */
bool elf_file_bias_of(const struct elf_file *file, const struct map_entry *entry, size_t index,
		      uint64_t *ret);

/** The main program of a process, static or not, rather than a library. */
bool elf_file_is_executable(const struct elf_file *file);

#endif
