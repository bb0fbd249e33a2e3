// SPDX-License-Identifier: GPL-3.0-or-later
/** Frames to functions, files, lines and inlined functions, when somebody asks; cached by frame. */
#ifndef OBJ_SYMBOLIZE_H
#define OBJ_SYMBOLIZE_H

#include "heap/resolve.h"
#include "obj/modules.h"

struct symbolizer;

/** modules must outlive the symbolizer. Debug files come from this machine's disk alone: see
 *  modules_create(). */
struct err *symbolizer_create(struct modules *modules, struct symbolizer **ret) __must_check;
/** NULL is fine. */
void symbolizer_destroy(struct symbolizer *symbolizer);

/** What was missing of the debug information of a module that was looked up, one line for the
 *  user, once for each file; NULL: nothing (more). The caller frees it. */
char *symbolizer_take_note(struct symbolizer *symbolizer);

/** The callback interface for heap/ and report/; lives as long as the symbolizer. Uses DWARF of
 *  the file or of its separate debug file (build-id under /usr/lib/debug, .gnu_debuglink), else
 *  .symtab/.dynsym. Names are demangled (C++, Rust). */
const struct resolver *symbolizer_resolver(struct symbolizer *symbolizer);

/** Line N of a source file, without its newline, or NULL; the caller frees it. Files are read once,
 *  with the rights and in the directories of the process of the last modules_refresh() (of the one
 *  that all modules were adopted from; if there are several with different rights, nothing is
 *  read), and cached. */
char *symbolizer_source_line(void *symbolizer, const char *file, uint32_t line);

#endif
