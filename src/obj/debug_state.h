// SPDX-License-Identifier: GPL-3.0-or-later
/** Which debug information a module has, where it was found, and what would provide it. */
#ifndef OBJ_DEBUG_STATE_H
#define OBJ_DEBUG_STATE_H

#include "obj/modules.h"

enum debug_place {
	/** There is none, or none that can be read. */
	DEBUG_NONE,
	/** In the file itself. */
	DEBUG_IN_FILE,
	/** In a separate file. */
	DEBUG_SEPARATE,
	/** From a server. */
	DEBUG_DOWNLOADED,
};

struct debug_state {
	enum debug_place place;
	/** The separate file, or NULL. */
	const char *path;
	/** Paths at which a separate file was looked for, and was not, or was of another build. */
	char *const *tried;
	size_t num_tried;
};

/** The state of a module. What it points at lives until a debug file is given to the module. The
 *  first call for a module opens its debug files. */
struct debug_state module_debug_state(struct modules *modules, uint32_t id);

struct owner_query {
	/** Path of a file as the process sees it; borrowed. */
	const char *path;
	/** Name of the package that would bring its debug information; NULL: nobody knows. Owned by
	 *  the caller. */
	char *package;
};

/** Look files up in the target's package database (that of dpkg), and derive the names of the
 *  packages with their debug information (-dbgsym). Only reads files. O(database). */
struct err *modules_debug_packages(const struct modules *modules, struct owner_query *queries,
				   size_t num) __must_check;

#endif
