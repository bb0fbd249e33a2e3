// SPDX-License-Identifier: GPL-3.0-or-later
/** Which snapshots there will be, told from a list of commands before the first of them runs. A
 *  command that is certain to fail for want of one is refused before anything begins. When in
 *  doubt it passes. */
#ifndef CONSOLE_COMMANDS_FORESEE_H
#define CONSOLE_COMMANDS_FORESEE_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>

struct args;
struct command_table;

/** What there is when the next line runs. Zero-filled is the beginning of a session. */
struct foresight {
	/** Names of the snapshots that are kept, each once, owned. */
	VEC(char *) names;
	/** Number of the last default name, s1, s2 ... */
	unsigned num_default_names;
	/** There may be others, of names that cannot be known: of a file, or of another process. */
	bool has_unknown;
	/** There is a table that `traceback` can be about. */
	bool has_rows;
	/** `quit` comes before. */
	bool is_over;
};

void foresight_deinit(struct foresight *foresight);

/** Look at the next line, which has passed line_check(). Errors read "COMMAND: text".
 *  ERR_NOT_FOUND: it needs a snapshot, or a table, that nothing before it makes. ERR_USAGE: a
 *  snapshot cannot have this name. */
struct err *foresee_line(const struct command_table *table, struct foresight *foresight,
			 const char *line) __must_check;

/** What single commands need and make; rows of the table name these. Errors come without the name
 *  of the command. */
struct err *foresee_snapshot(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_drop(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_dump(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_load(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_top(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_traces(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_diff(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_tree(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_growth(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_check(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_traceback(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_process(struct foresight *f, const struct args *args) __must_check;
struct err *foresee_quit(struct foresight *f, const struct args *args) __must_check;

#endif
