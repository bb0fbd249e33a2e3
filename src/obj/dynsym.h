// SPDX-License-Identifier: GPL-3.0-or-later
/** Functions of .dynsym by name, through its hash table: a look-up that misses costs one or two
 *  small reads, so forty names in 150 files take a few milliseconds. Private to obj/. */
#ifndef OBJ_DYNSYM_H
#define OBJ_DYNSYM_H

#include "obj/image.h"

/** Calls fn for each defined STT_FUNC symbol of that name (a file may have several, of different
 *  versions). A file without .dynsym or with a malformed one has none. fn returns an error to
 *  stop. */
struct err *dynsym_find(const struct image *image, const char *name,
			struct err *(*fn)(void *ctx, uint64_t addr, uint64_t size),
			void *ctx) __must_check;

#endif
