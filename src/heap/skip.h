// SPDX-License-Identifier: GPL-3.0-or-later
/** Rules that tell which frames do not name a row: allocators and what only passes an allocation
 *  on, containers, code of the system. Where one frame stands for a stack, the newest one that no
 *  rule skips does.
 *
 *  The rules are data, and each is a line of text. Patterns are those of heap/queries/pattern.h.
 *
 *  - PATTERN is for a function without arguments and template arguments (`ngx_alloc`, `std::*`,
 *    `Foo::clone`). With a '<' or '(' in it, it is for the whole name, as rows show it.
 *  - MODULE!PATTERN likewise, but only where the base name of the program or library matches the
 *    pattern MODULE.
 *  - rust:PATTERN likewise, but not for names with arguments, as those of C++.
 *  - file:PATTERN is for the whole path of a source file.
 *  - module:PATTERN is for the base name of a program or library; with a '/' for its whole path. */
#ifndef HEAP_SKIP_H
#define HEAP_SKIP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct skip_rules;

/** The longest rule, and how many there may be. */
#define SKIP_TEXT_MAX  1024
#define SKIP_RULES_MAX 20000

/** Rules without any; allocators themselves (heap/alloc_wrappers.h) are always skipped. */
struct err *skip_rules_create(struct skip_rules **ret) __must_check;
/** NULL is fine. */
void skip_rules_destroy(struct skip_rules *rules);

/** Check a rule. ERR_USAGE: it has no pattern, is too long, has control characters, would skip
 *  everything, or begins with a word and a colon that is none of the above. */
struct err *skip_rule_check(const char *text) __must_check;

/** Add a rule. is_users: it is not one of the installed ones. A rule that is there already is not
 *  added again. ERR_USAGE as above, or there are too many; then nothing changes. */
struct err *skip_rules_add(struct skip_rules *rules, const char *text, bool is_users) __must_check;

/** Add the lines of a file; blank ones, and those that begin with #, are none. size: of text, which
 *  may hold anything. name: what the file is called in errors, which are "NAME:LINE: ...". The
 *  lines before the one that is wrong are there then. */
struct err *skip_rules_add_lines(struct skip_rules *rules, const char *text, size_t size,
				 const char *name, bool is_users) __must_check;

/** Forget the user's rules. */
void skip_rules_clear(struct skip_rules *rules);

/** How many rules there are, and the text of one (i < num), in the order in which they came. */
size_t skip_rules_num(const struct skip_rules *rules);
const char *skip_rules_get(const struct skip_rules *rules, size_t i, bool *is_users_ret);

#endif
