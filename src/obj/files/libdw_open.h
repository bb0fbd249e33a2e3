// SPDX-License-Identifier: GPL-3.0-or-later
/** libdw opens files by itself, by names that it finds in DWARF: .dwo and .dwp files, and the
 *  supplementary file of dwz. It has no callback for that. So they are opened here: the program's
 *  own open() (libdw_open.c) comes before libc's for every library. Private to obj/. */
#ifndef OBJ_FILES_LIBDW_OPEN_H
#define OBJ_FILES_LIBDW_OPEN_H

#include "obj/files/expand.h"
#include "obj/files/target_file.h"

/** Who calls libdw in a way that may open files does so between these two. They nest. Meanwhile all
 *  that the calling thread opens by open() is opened as the target's (target_file.h), and only if
 *  it is an ELF file that does not expand beyond `expansion`. target NULL: nobody's. expansion
 *  NULL: any size. Both must live until the end. */
struct libdw_guard {
	const struct target *target;
	struct expansion *expansion;
	bool is_paused;
	struct libdw_guard *outer;
};
void libdw_guard_begin(struct libdw_guard *guard, const struct target *target,
		       struct expansion *expansion);
/** libdw calls us back: until libdw_guard_end() we open files for ourselves. */
void libdw_guard_pause(struct libdw_guard *guard);
void libdw_guard_end(struct libdw_guard *guard);

/** Open an ELF file for libdw, with the same checks. -1: errno tells. */
int libdw_open_elf(const struct target *target, enum target_root root, struct expansion *expansion,
		   const char *path) __must_check;

#endif
