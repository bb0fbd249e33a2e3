// SPDX-License-Identifier: GPL-3.0-or-later
/** The names of functions without what varies: a demangled name (C++, Rust) reduced to namespaces,
 *  class and function. Return type, argument list, template arguments, ABI tags, symbol version
 *  (@GLIBC_...), clone suffix (.part.0, [clone ...]), Rust hash and glibc's __GI_ are left out. So
 *  are namespaces without meaning: (anonymous namespace), and the inline ones of the C++ libraries
 *  (std::__cxx11, std::__1). */
#ifndef HEAP_QUERIES_FUNCTION_NAME_H
#define HEAP_QUERIES_FUNCTION_NAME_H

#include <stdbool.h>

/** The longest reduced name; a longer one has none. */
#define FUNCTION_NAME_MAX 256

struct function_name {
	/** `a::Type::f`. Of Rust's `<a::Type as b::Trait>::f` the same; but "" if the type has no
	 *  path, as in `<T as b::Trait>::f` or `<[u8] as b::Trait>::f`. */
	char name[FUNCTION_NAME_MAX];
	/** `b::Trait::f`, or "". */
	char trait[FUNCTION_NAME_MAX];
	/** Arguments followed, as in C++. Names of C and Rust have none. */
	bool has_arguments;
};

/** Reduce a symbol or a demangled name. False: it is not of such a form. What Rust's
 *  `<[T]>::to_vec` is called is `core::to_vec`, because only the core library can give a type
 *  without a path its own functions. O(length). */
bool function_name_reduce(const char *function, struct function_name *ret);

/** Tell whether s begins with prefix. */
bool function_name_begins(const char *s, const char *prefix);

#endif
