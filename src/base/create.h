// SPDX-License-Identifier: GPL-3.0-or-later
/** Files that we write. They hold what is in somebody's memory, and their folder may be open to
 *  other users. So we create them for their owner alone (mode 0600), never follow a link, and write
 *  to an existing file only when it is ours. */
#ifndef BASE_CREATE_H
#define BASE_CREATE_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/stat.h>

/** Create a file for writing. &err_not_found: something of this name exists already. */
struct err *create_new(const char *path, int *ret) __must_check;

/** Tell whether an existing file may be written to: it must be regular and belong to our effective
 *  user. st comes from lstat() or fstat(). The error says why not. */
struct err *create_check_own(const char *path, const struct stat *st) __must_check;

/** Open a file for a report. It may be a new file; a file of ours, which is emptied; a character
 *  device (/dev/null, a terminal); or a FIFO of ours, where the call waits for a reader.
 *  /dev/stdout, /dev/stderr and /dev/fd/N mean those descriptors. */
struct err *create_report(const char *path, int *ret) __must_check;

#endif
