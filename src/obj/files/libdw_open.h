// SPDX-License-Identifier: GPL-3.0-or-later
/** libdw opens files by itself, by names that stand in DWARF: .dwo and .dwp files, and the
 *  supplementary file of dwz. It has no callback for that, so they are opened here: the program's
 *  own open() comes before libc's for every library (libdw_open.c). Private to obj/. */
#ifndef OBJ_FILES_LIBDW_OPEN_H
#define OBJ_FILES_LIBDW_OPEN_H

#include "obj/files/expand.h"
#include "obj/files/target_file.h"

/** Whoever calls libdw in a way that may open files does so between these two; they nest. Meanwhile
 *  all that the calling thread opens by open() is opened as the target's (target_file.h), and only
 *  if it is an ELF file that does not expand beyond `expansion`. target NULL: nobody's; expansion
 *  NULL: any size. Both must live until the end. */
struct libdw_guard {
	const struct target *target;
	struct expansion *expansion;
	bool is_paused;
	struct libdw_guard *outer;
};
void libdw_guard_begin(struct libdw_guard *guard, const struct target *target,
		       struct expansion *expansion);
/** libdw calls us back: what we open until libdw_guard_end() is our business. */
void libdw_guard_pause(struct libdw_guard *guard);
void libdw_guard_end(struct libdw_guard *guard);

/** An ELF file for libdw, checked like that. -1: errno tells. */
int libdw_open_elf(const struct target *target, enum target_root root, struct expansion *expansion,
		   const char *path) __must_check;

#endif
