// SPDX-License-Identifier: GPL-3.0-or-later
/** The file of a mapping, as a descriptor: the file itself, or a copy of the process's memory.
 *  Private to obj/. */
#ifndef OBJ_ELF_MAPPED_FILE_H
#define OBJ_ELF_MAPPED_FILE_H

#include "obj/maps.h"

#include <stddef.h>
#include <sys/types.h>

struct target;

/** Open the file of a mapping of process pid, which is the target, as target_file.h says: through
 *  /proc/PID/map_files; its path in the target's directories; in ours. Never another file that has
 *  taken the path. -1: cannot be opened. */
int mapped_file_open(const struct target *target, pid_t pid, const struct map_entry *entry);

/** A copy of all mappings of the file of entry (or of the vDSO) in the maps text, as a file: for
 *  deleted files that may not be opened. -1: the memory cannot be read. */
int mapped_file_copy(pid_t pid, const char *maps, size_t maps_size, const struct map_entry *entry);

#endif
