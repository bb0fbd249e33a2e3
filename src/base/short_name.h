// SPDX-License-Identifier: GPL-3.0-or-later
/** Demangled C++ and Rust names, short enough for a row.
 *
 *  - Inline namespaces of std (__cxx11, __1), ABI tags, legacy Rust hashes (::h0123456789abcdef)
 *    and Rust's crate disambiguators ([1a2b3c]) are left out; {{closure}} is {closure}.
 *  - std::basic_string<char, ...> is std::string, and so are its relatives. Default arguments of
 *    std's containers and smart pointers are left out: allocators, comparators, hashes, deleters.
 *  - A list of template arguments that is long is <...>; nested lists are cut first, and the deeper
 *    they stand, the shorter they may be.
 *  - A list of parameters that is long is (...). A short one stays, because it tells overloads
 *    apart; of a long one `(...)` stays, because a name without parentheses is no C++ function.
 *  - A template function's return type is left out. A lambda shows no parameters: {lambda#1}. */
#ifndef BASE_SHORT_NAME_H
#define BASE_SHORT_NAME_H

/** The short form of a name; the caller frees it. Names of C functions stay as they are, and so
 *  does what cannot be parsed, as a function that returns a pointer to a function. NULL: out of
 *  memory. O(size * depth of brackets); deeper than SHORT_NAME_DEPTH_MAX, a name stays as it is. */
char *short_name(const char *name);

/** A text, with the short form of a name in place of the name where that is in it; the caller frees
 *  it. NULL: out of memory. */
char *short_name_within(const char *text, const char *name);

/** The most brackets inside one another. */
#define SHORT_NAME_DEPTH_MAX 64
/** The longest list of a template's arguments, of those in a list half as long, and so on; and of
 *  parameters. In bytes, without the brackets. */
#define SHORT_NAME_ARGUMENTS_MAX  48
#define SHORT_NAME_PARAMETERS_MAX 32

#endif
