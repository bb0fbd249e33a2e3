// SPDX-License-Identifier: GPL-3.0-or-later
/** C++ and Rust symbol names as people write them. */
#ifndef OBJ_SYMBOLS_DEMANGLE_H
#define OBJ_SYMBOLS_DEMANGLE_H

#include <stddef.h>

/** The length of a symbol's name without version, and without the suffixes that gcc and clang give
 *  to parts and copies of a function (.cold, .part.N, .constprop.N, .isra.N, .lto_priv.N,
 *  .llvm.N). */
size_t demangle_whole_size(const char *name);

/** The full name ("ns::f(int)"). NULL: the name is not mangled, too long or malformed. The caller
 *  frees it. A symbol version (@VERSION) is cut off before. */
char *demangle_full(const char *name);

/** The same without arguments, return type and clone suffix ("ns::f"). */
char *demangle_base(const char *name);

#endif
