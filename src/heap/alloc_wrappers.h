// SPDX-License-Identifier: GPL-3.0-or-later
/** The names of allocator functions that are always known: those of the C library, of C++ and Rust,
 *  and of replacements of malloc. Functions of other libraries are in the rules of heap/skip.h. */
#ifndef HEAP_ALLOC_WRAPPERS_H
#define HEAP_ALLOC_WRAPPERS_H

#include <stdbool.h>

/** Tell whether a function is an allocator, or only passes a call on to one (operator new,
 *  std::allocator, strdup). function is a symbol or a demangled name (C++, Rust); what varies in
 *  such names does not matter (heap/queries/function_name.h). With any other namespace or class it
 *  is another function, except for a class's own operator new or delete. NULL and "" are none. */
bool alloc_wrapper_matches(const char *function);

#endif
