// SPDX-License-Identifier: GPL-3.0-or-later
/** Compressed sections. A few megabytes of a file may expand to gigabytes, and libdw expands all
 *  sections that it finds. So their sizes are looked at first. What is too much is kept from libdw:
 *  more than a file of this size can mean to say, or more than there is memory left. Private to
 *  obj/. */
#ifndef OBJ_FILES_EXPAND_H
#define OBJ_FILES_EXPAND_H

#include "base/cleanup.h"
#include "base/vec.h"

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

/** How much the sections of all files together have expanded to, and how much they may.
 *  Zero-filled: nothing yet, and no limit of its own. */
struct expansion {
	/** The limit in bytes. 0: half of the available memory of the machine. Atomic. */
	uint64_t limit;
	uint64_t used;
	/** Lines about files of which something was kept back. Owned. */
	VEC(char *) notes;
};

/** Tell whether libdw may have this 64-bit ELF file with all its sections. If so, they count as
 *  used. False: it is no such file, or a note was added. expansion NULL: any size is fine. */
bool expansion_admits(struct expansion *expansion, int fd, const char *path) __must_check;

/** The same for a file that is needed in any case. elf is open for fd, and nobody has used it yet.
 *  It loses the sections that are too much. */
void expansion_strip(struct expansion *expansion, int fd, const char *path, Elf *elf);

void expansion_deinit(struct expansion *expansion);

#endif
