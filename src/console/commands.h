// SPDX-License-Identifier: GPL-3.0-or-later
/** Inside of the console: what the command handlers share. Included by src/console/ only. */
#ifndef CONSOLE_COMMANDS_H
#define CONSOLE_COMMANDS_H

#include "console/args.h"
#include "console/console.h"
#include "heap/stats.h"
#include "supervisor/session.h"

#include <stdio.h>

struct console {
	struct session *session;
	/** Where output goes; borrowed. */
	FILE *out;
	bool is_interactive;
	/** Headings may be bold. */
	bool is_coloured;
	/** `quit` was given. */
	bool wants_quit;
	/** Result of the last `top` or `diff`, for `traceback`; NULL: none yet. */
	struct stats *last;
	bool is_last_diff;
};

/** Handlers, one per row of the table; the header command.h says what they get and return. */
struct err *cmd_start(struct console *console, const struct args *args) __must_check;
struct err *cmd_stop(struct console *console, const struct args *args) __must_check;
struct err *cmd_status(struct console *console, const struct args *args) __must_check;
struct err *cmd_probes(struct console *console, const struct args *args) __must_check;
struct err *cmd_memory(struct console *console, const struct args *args) __must_check;
struct err *cmd_reset_peak(struct console *console, const struct args *args) __must_check;
struct err *cmd_clear(struct console *console, const struct args *args) __must_check;
struct err *cmd_snapshot(struct console *console, const struct args *args) __must_check;
struct err *cmd_snapshots(struct console *console, const struct args *args) __must_check;
struct err *cmd_drop(struct console *console, const struct args *args) __must_check;
struct err *cmd_top(struct console *console, const struct args *args) __must_check;
struct err *cmd_diff(struct console *console, const struct args *args) __must_check;
struct err *cmd_traceback(struct console *console, const struct args *args) __must_check;
struct err *cmd_where(struct console *console, const struct args *args) __must_check;
struct err *cmd_blocks(struct console *console, const struct args *args) __must_check;
struct err *cmd_wait(struct console *console, const struct args *args) __must_check;
struct err *cmd_measure(struct console *console, const struct args *args) __must_check;
struct err *cmd_detach(struct console *console, const struct args *args) __must_check;
struct err *cmd_kill(struct console *console, const struct args *args) __must_check;
struct err *cmd_quit(struct console *console, const struct args *args) __must_check;
struct err *cmd_help(struct console *console, const struct args *args) __must_check;

/** Print a result of `measure`. */
void measured_print(struct console *console, const struct session_measured *measured);

#endif
