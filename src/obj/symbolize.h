// SPDX-License-Identifier: GPL-3.0-or-later
/** Resolves frames to functions, files, lines and inlined functions when somebody asks. Results are
 *  cached by frame. */
#ifndef OBJ_SYMBOLIZE_H
#define OBJ_SYMBOLIZE_H

#include "heap/resolve.h"
#include "obj/modules.h"

struct symbolizer;

/** Create a symbolizer. modules must outlive it. Debug files come only from this machine's disk:
 *  see modules_create(). */
struct err *symbolizer_create(struct modules *modules, struct symbolizer **ret) __must_check;
/** NULL is fine. */
void symbolizer_destroy(struct symbolizer *symbolizer);

/** What debug information was missing for a module that was looked up: a line for the user, once
 *  for each file. The caller frees it. NULL: nothing (more). */
char *symbolizer_take_note(struct symbolizer *symbolizer);

/** The resolver for heap/ and report/. It lives as long as the symbolizer. It uses DWARF of the
 *  file or of its separate debug file (build-id under /usr/lib/debug, .gnu_debuglink), else .symtab
 *  and .dynsym. Names are demangled (C++, Rust). */
const struct resolver *symbolizer_resolver(struct symbolizer *symbolizer);

/** Line N of a source file, without its newline, or NULL. The caller frees it. Files are read once,
 *  and cached. They are read with the rights and in the directories of the process of the last
 *  modules_refresh(), or of the process that all modules were adopted from. If there are several of
 *  these with different rights, nothing is read. */
char *symbolizer_source_line(void *symbolizer, const char *file, uint32_t line);

#endif
