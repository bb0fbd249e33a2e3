// SPDX-License-Identifier: GPL-3.0-or-later
/** TAB completion, made of the command table. */
#ifndef CONSOLE_SHELL_COMPLETE_H
#define CONSOLE_SHELL_COMPLETE_H

#include "base/vec.h"

#include <stdbool.h>

struct command_table;
struct traced;

/** Candidates, each a string of its own; free with completions_deinit(). */
struct completions {
	VEC(char *) list;
	/** The path of a file may stand here, too; it is not in the list. */
	bool want_files;
};

/** What the word text may become that begins where the line `before` ends. Candidates begin with
 *  text, in the order of the tables. Unfinished quoting or an unknown command: none. Out of memory:
 *  fewer. */
void complete(const struct command_table *table, struct traced *traced, const char *before,
	      const char *text, struct completions *ret);
void completions_deinit(struct completions *completions);

#endif
