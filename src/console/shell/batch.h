// SPDX-License-Identifier: GPL-3.0-or-later
/** Commands from -e and scripts, run in order. */
#ifndef CONSOLE_SHELL_BATCH_H
#define CONSOLE_SHELL_BATCH_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>

struct command_table;
struct console;
struct options;

struct batch_line {
	/** Owned. */
	char *text;
	/** Script, which belongs to the options, or NULL; line in it from 1. */
	const char *script;
	unsigned number;
	/** From -e: its errors quote it. */
	bool is_quoted;
};

/** Zero-filled is empty. */
struct batch {
	VEC(struct batch_line) lines;
	/** Neither -e nor -x was given: the lines are `wait exit` and `top`. */
	bool is_implicit;
	/** Implicit, and children are followed: the lines are `wait all` and `processes`, and then
	 *  `process` and `top` for each process. */
	bool has_children;
};

/** Collect all lines and check them as far as that goes without a target, so that a typing error
 *  does not cost a run. Errors: a script that cannot be read, or has a NUL byte; those of
 *  line_check() and foresee_line(), behind SCRIPT:LINE or -e 'COMMAND'. */
struct err *batch_load(const struct command_table *table, const struct options *options,
		       struct batch *ret) __must_check;
void batch_deinit(struct batch *batch);

/** Run the lines until `quit`, a failure or a signal. After a failure only `detach`, `kill` and
 *  `quit` are run. The error is that of the first line that failed, behind its place as in
 *  batch_load(). A signal is no error (signals_fatal() tells); SIGINT during the implicit wait
 *  still lets `top` run. */
struct err *batch_run(const struct batch *batch, struct console *console) __must_check;

#endif
