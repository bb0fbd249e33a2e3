// SPDX-License-Identifier: GPL-3.0-or-later
/** Where a process has executable memory, of files or made at run time. Private to obj/. */
#ifndef OBJ_MODULES_CODE_MAP_H
#define OBJ_MODULES_CODE_MAP_H

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct code_range {
	uint64_t start;
	uint64_t end;
};

/** Zero-filled: nothing was looked at yet. */
struct code_map {
	/** Ascending, without overlap. */
	VEC(struct code_range) ranges;
	/** Path of the newest file of that name form, jit-PID.dump, that is mapped executable: so
	 *  a runtime tells where its jitdump is. Owned; NULL: none was seen. */
	char *jitdump;
};

void code_map_deinit(struct code_map *map);

/** Is there executable memory at pc in process pid? Looks at /proc/PID/maps again if there was none
 *  the last time. True also if that cannot be read. O(log ranges), or O(mappings). */
bool code_map_has(struct code_map *map, pid_t pid, uint64_t pc);

#endif
