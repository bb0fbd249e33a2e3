// SPDX-License-Identifier: GPL-3.0-or-later
/** What a program is called by those who use it. A link may lead to a file of another name:
 *  redis-server to redis-check-rdb. Private to obj/. */
#ifndef OBJ_MODULES_CALLED_H
#define OBJ_MODULES_CALLED_H

#include "base/err.h"
#include "obj/elf/elf_file.h"
#include "obj/files/target_file.h"

#include <sys/types.h>

/** The absolute path by which process pid was executed, if it leads to this file and its last
 *  component differs from that of path. The caller frees it. NULL: it is not so, or no memory. */
char *program_called(const struct target *target, pid_t pid, const struct elf_file *file,
		     const char *path);

#endif
