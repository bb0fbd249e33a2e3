// SPDX-License-Identifier: GPL-3.0-or-later
/** Compressed sections: a few megabytes of a file may expand to gigabytes, and libdw expands all
 *  that it finds. So their sizes are looked at first, and what is too much is kept from it: more
 *  than a file of this size can mean to say, or more than there is memory left. Private to obj/. */
#ifndef OBJ_FILES_EXPAND_H
#define OBJ_FILES_EXPAND_H

#include "base/cleanup.h"
#include "base/vec.h"

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

/** What sections of all files together have expanded to, and may. Zero-filled: nothing yet, no
 *  limit of its own. */
struct expansion {
	/** Bytes; 0: no limit but half of what the machine has available. Atomic. */
	uint64_t limit;
	uint64_t used;
	/** About files of which something was kept back, a line each; owned. */
	VEC(char *) notes;
};

/** May libdw have this ELF file of 64 bits with all its sections? If so they count as used. False:
 *  no such file, or a note was added. expansion NULL: any size is fine. */
bool expansion_admits(struct expansion *expansion, int fd, const char *path) __must_check;

/** The same for a file that is needed in any case: elf, which is open for fd, loses the sections
 *  that are too much, as long as nobody has used it. */
void expansion_strip(struct expansion *expansion, int fd, const char *path, Elf *elf);

void expansion_deinit(struct expansion *expansion);

#endif
