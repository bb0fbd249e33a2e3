// SPDX-License-Identifier: GPL-3.0-or-later
/** Interned strings: equal strings have equal ids. Ids count from 0, and id 0 is always "". Strings
 *  live as long as the table. Not thread-safe, with one exception: nothing in the table ever moves.
 *  So while one thread adds strings, others may call strtab_get() for ids that were handed to
 *  them. */
#ifndef BASE_STRTAB_H
#define BASE_STRTAB_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct strtab;

/** A new table that holds "" as id 0. */
struct err *strtab_create(struct strtab **ret) __must_check;
/** Free the table and every string in it; NULL is fine. */
void strtab_destroy(struct strtab *tab);

/** Find the id of s. A new string is copied into the table. O(length). &err_nomem: table
 *  unchanged. */
struct err *strtab_intern(struct strtab *tab, const char *s, uint32_t *ret) __must_check;

/** The string of an id that this table gave out. */
const char *strtab_get(const struct strtab *tab, uint32_t id);

/** Number of strings, "" included; ids are [0, num). */
size_t strtab_num(const struct strtab *tab);

#endif
