// SPDX-License-Identifier: GPL-3.0-or-later
/** Names of allocator wrappers: functions that only hand an allocation on for their caller
 *  (operator new, std::allocator, strdup, g_malloc, xmalloc ...). Where one frame stands for a
 *  stack they are skipped. */
#ifndef HEAP_ALLOC_WRAPPERS_H
#define HEAP_ALLOC_WRAPPERS_H

#include <stdbool.h>

/** Is this function an allocator wrapper? function is a symbol or a demangled name (C++, Rust),
 *  with or without return type, argument list, template arguments, symbol version (@GLIBC_...),
 *  clone suffix (.part.0, [clone ...]), Rust hash; the inline namespaces of the C++ libraries
 *  (std::__cxx11, std::__1) are ignored. Any other namespace or class makes another function of it,
 *  except that of a class's own operator new or delete. NULL and "" are not. */
bool alloc_wrapper_matches(const char *function);

#endif
