// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that we write. What stands in them is somebody's memory, and their names may lie where others write, too: so they are created
 *  for their owner alone (mode 0600), never through a link, and what is there already is written to only when it is ours. */
#ifndef BASE_CREATE_H
#define BASE_CREATE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

/** Create a file for writing. &err_not_found: something of this name is there already. */
struct err *create_new(const char *path, int *ret) __must_check;

/** May an existing file be written to: regular, and of our effective user? lstat() or fstat() made st. */
struct err *create_check_own(const char *path, const struct stat *st) __must_check;

/** Open a file for a report: a new one; one of ours, which is emptied; a character device (/dev/null, a terminal); a FIFO of
 *  ours, which waits for a reader. /dev/stdout, /dev/stderr and /dev/fd/N are those descriptors. */
struct err *create_report(const char *path, int *ret) __must_check;

#endif
