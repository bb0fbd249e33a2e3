// SPDX-License-Identifier: GPL-3.0-or-later
/** libdw's view of one ELF file and of the separate debug files that belong to it. It is made when
 *  somebody first asks for it. Private to obj/. */
#ifndef OBJ_ELF_LIBDW_VIEW_H
#define OBJ_ELF_LIBDW_VIEW_H

#include "base/vec.h"
#include "obj/elf/elf_file.h"

#include <elfutils/libdwfl.h>
#include <stdbool.h>

struct expansion;
struct target;

/** What came of the search for a separate debug file. */
struct debug_search {
	/** Its path, owned; NULL: none was found on this machine. */
	char *found;
	/** It came from elsewhere. */
	bool was_given;
	/** Where none was, owned. What there was no memory for is missing. */
	VEC(char *) tried;
};

struct libdw_view {
	/** Lives longer. */
	struct elf_file *file;
	/** Whose file it is, and what its debug information may expand to. Both live longer, and
	 *  are NULL where nobody has said. */
	const struct target *target;
	struct expansion *expansion;
	/** libdw was asked. */
	bool is_tried;
	Dwfl *dwfl;
	/** NULL: libdw cannot read the file. */
	Dwfl_Module *module;
	/** Debug files that were given and libdw has not taken yet; -1: none. */
	int debug_fds[2];
	struct debug_search search;
	/** What libdw knew before they were given, or NULL: call-frame information of it may be in
	 *  use. */
	Dwfl *old_dwfl;
	/** What is missing of the debug information, for the user; NULL: nothing, or somebody took
	 *  it. See missing.h. */
	char *note;
	bool is_noted;
};

/** Nothing is read yet. target and expansion may be NULL. */
void libdw_view_init(struct libdw_view *view, struct elf_file *file, const struct target *target,
		     struct expansion *expansion);
/** What libdw has handed out is gone. */
void libdw_view_deinit(struct libdw_view *view);

/** The file as libdwfl sees it, at bias 0, with lazy lookup of separate debug files. NULL: libdw
 *  cannot read it. */
Dwfl_Module *libdw_view_module(struct libdw_view *view);

/** A debug file for it, and the one that it shares information with or -1; both are taken over.
 *  libdw asks for them when it next looks for a debug file. */
void libdw_view_give(struct libdw_view *view, int debug_fd, int shared_fd);
/** libdw asks for a debug file once a module, so it gets a module anew. What the old one handed out
 *  stays valid. False: libdw cannot read the file any more, and the view is as it was. Only once
 *  for each view. */
bool libdw_view_renew(struct libdw_view *view);

#endif
