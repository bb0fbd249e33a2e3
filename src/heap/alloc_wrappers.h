// SPDX-License-Identifier: GPL-3.0-or-later
/** The names of allocator wrappers: functions that only pass an allocation on for their caller
 *  (operator new, std::allocator, strdup, g_malloc, xmalloc ...). Where one frame stands for a
 *  stack, they are skipped. */
#ifndef HEAP_ALLOC_WRAPPERS_H
#define HEAP_ALLOC_WRAPPERS_H

#include <stdbool.h>

/** Tell whether a function is an allocator wrapper. function is a symbol or a demangled name (C++,
 *  Rust). It may have return type, argument list, template arguments, symbol version (@GLIBC_...),
 *  clone suffix (.part.0, [clone ...]) or Rust hash. The inline namespaces of the C++ libraries
 *  (std::__cxx11, std::__1) are ignored. With any other namespace or class it is another function,
 *  except for a class's own operator new or delete. NULL and "" are no wrappers. */
bool alloc_wrapper_matches(const char *function);

#endif
