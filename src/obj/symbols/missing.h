// SPDX-License-Identifier: GPL-3.0-or-later
/** Debug information that a file should have and that cannot be used, in words for the user: once
 *  for each file, in the note of its view. Private to obj/. */
#ifndef OBJ_SYMBOLS_MISSING_H
#define OBJ_SYMBOLS_MISSING_H

#include "obj/elf/libdw_view.h"

/** The split units of the file cannot be found: the first, by its name there (NULL: it has none),
 *  and how many. Without memory there is no note. */
void missing_split_units(struct libdw_view *view, const char *first, size_t num);

/** The file has no DWARF that libdw can read: say so if that is because of its compression. */
void missing_compressed(struct libdw_view *view);

#endif
