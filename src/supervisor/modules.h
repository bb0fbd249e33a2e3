// SPDX-License-Identifier: GPL-3.0-or-later
/** The objects of a process, or those that files tell of, and their debug information. */
#ifndef SUPERVISOR_MODULES_H
#define SUPERVISOR_MODULES_H

#include "base/err.h"
#include "obj/debug_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct traced;

struct traced_module {
	const char *path;
	/** Size 0: none. */
	const uint8_t *build_id;
	size_t build_id_size;
	/** It is mapped now. */
	bool is_live;
	/** Known from a file only: debug.place is DEBUG_IN_FILE if its lines were stored, else
	 *  DEBUG_NONE, and nothing was tried. */
	bool is_stored;
	struct debug_state debug;
	/** The package that would bring what is missing; NULL: not known, or nothing is missing. */
	const char *package;
	/** A server of debug files may have it. */
	bool may_be_fetched;
};

/** Call fn for each object, in the order in which they were found, then for those of files. Opens
 *  the debug files of all of them. What fn gets is valid during the call. */
struct err *traced_modules(struct traced *t,
			   void (*fn)(void *ctx, const struct traced_module *module),
			   void *ctx) __must_check;

#endif
