// SPDX-License-Identifier: GPL-3.0-or-later
/** A file that modules are loaded from, and all that was read of it: its headers, libdw's view,
 *  symbols, lines and call-frame information. Each part is read when it is first asked for. Private
 *  to obj/. */
#ifndef OBJ_MODULES_BINARY_H
#define OBJ_MODULES_BINARY_H

#include "base/err.h"
#include "obj/cfi/cfi.h"
#include "obj/elf/elf_file.h"
#include "obj/elf/libdw_view.h"
#include "obj/symbols/lines.h"
#include "obj/symbols/symindex.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct binary {
	/** Owned. */
	struct elf_file *file;
	struct libdw_view libdw;
	struct cfi cfi;
	/** NULL until first asked for. */
	struct symindex *symbols;
	struct lines *lines;
	/** It is a copy of memory that is not mapped any more. Nothing can prove that a later
	 *  mapping is the same file. */
	bool is_retired;
	/** Of the binaries with an equal hash of device and inode, the one before: its index + 1,
	 *  or 0. For modules.binaries_by_file. */
	size_t older;
	/** During modules_refresh(): a mapping of it came or went. */
	bool is_touched;
};

/** Create the binary of an open file. It takes fd over (-1 is allowed), also on failure. path is
 *  copied. target and expansion must live as long as the binary. See elf_file_create(). */
struct err *binary_create(int fd, const char *path, size_t path_size, const struct target *target,
			  struct expansion *expansion, struct binary **ret) __must_check;
/** NULL is fine. */
void binary_destroy(struct binary *binary);

/** The index of its symbols, made when it is first asked for. */
struct err *binary_symbols(struct binary *binary, const struct symindex **ret) __must_check;

/** lines_find() in its lines; the first call reads its units. */
struct err *binary_find_lines(struct binary *binary, uint64_t addr,
			      struct line_frames *ret) __must_check;

/** Give it its debug file, and the file that it shares information with, or -1. Takes both over,
 *  also on failure. From now on symbols and lines are looked up again. ERR_FORMAT: the debug file
 *  belongs to another build, or the binary got one before. */
struct err *binary_give_debug(struct binary *binary, int fd, int shared_fd) __must_check;

#endif
