// SPDX-License-Identifier: GPL-3.0-or-later
/** Finds functions of .dynsym by name, through its hash table. The beginning of that table is read
 *  once. So a look-up that misses costs no read in most files, and a hundred names in 150 files
 *  take a few milliseconds. Private to obj/. */
#ifndef OBJ_SYMBOLS_DYNSYM_H
#define OBJ_SYMBOLS_DYNSYM_H

#include "obj/elf/elf_file.h"

/** The hash table of one file, for any number of look-ups. */
struct dynsym {
	const struct elf_file *file;
	/** Offset in the file of the hash table; its first bytes, and how many they are. */
	uint64_t offset;
	size_t size;
	unsigned char bytes[4096];
};

/** Begin to look up functions of the file, which must live longer. */
void dynsym_init(struct dynsym *dynsym, const struct elf_file *file);

/** Calls fn for each defined STT_FUNC symbol of that name (a file may have several, of different
 *  versions). A file without .dynsym or with a malformed one has none. fn returns an error to
 *  stop. */
struct err *dynsym_find(const struct dynsym *dynsym, const char *name,
			struct err *(*fn)(void *ctx, uint64_t addr, uint64_t size),
			void *ctx) __must_check;

/** The name of the symbol whose address the dynamic linker writes to the ELF virtual address slot
 *  (a word of the linkage table), cut to fit. False: no relocation says so. O(relocations). */
bool dynsym_of_slot(const struct elf_file *file, uint64_t slot, char *ret, size_t size);

#endif
