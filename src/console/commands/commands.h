// SPDX-License-Identifier: GPL-3.0-or-later
/** Inside of the console: what the command handlers share. Included by src/console/commands/
 *  only. */
#ifndef CONSOLE_COMMANDS_COMMANDS_H
#define CONSOLE_COMMANDS_COMMANDS_H

#include "console/commands/console.h"
#include "console/syntax/args.h"
#include "heap/filter.h"
#include "heap/skip.h"
#include "heap/stats.h"
#include "report/json.h"

#include <stdio.h>

struct merged;

struct console {
	/** What it knows; borrowed. */
	const struct command_table *commands;
	struct session *session;
	/** The process of it that commands are about. */
	struct traced *traced;
	/** Where output goes; borrowed. */
	FILE *out;
	bool is_interactive;
	/** Headings may be bold. */
	bool is_coloured;
	/** Names are not shortened. */
	bool is_long;
	/** --json was given on the command line. */
	bool is_json;
	/** The command that runs is to print JSON; it has done so. */
	bool want_json;
	bool has_json;
	/** A gate was exceeded. */
	bool has_failed_gate;
	/** What `top` and the like apply. */
	struct filters filters;
	/** Which frames name no row. */
	struct skip_rules *skip;
	/** `quit` was given. */
	bool wants_quit;
	/** Result of the last `top` or `diff`, for `traceback`; NULL: none yet. */
	struct stats *last;
	/** With --merge: what the running command works on, and what last is about; else NULL. */
	struct merged *merged;
	struct merged *last_merged;
	bool is_last_diff;
};

/** Checks of words, for some rows of the table. */
struct err *check_start(const struct args *args) __must_check;
struct err *check_top(const struct args *args) __must_check;
struct err *check_tree(const struct args *args) __must_check;
struct err *check_growth(const struct args *args) __must_check;
struct err *check_check(const struct args *args) __must_check;
struct err *check_every(const struct args *args) __must_check;
struct err *check_filter(const struct args *args) __must_check;
struct err *check_skip(const struct args *args) __must_check;
struct err *check_where(const struct args *args) __must_check;
struct err *check_process(const struct args *args) __must_check;
struct err *check_wait(const struct args *args) __must_check;
struct err *check_measure(const struct args *args) __must_check;

/** Handlers, one per row of the table; the header command.h says what they get and return. */
struct err *cmd_start(struct console *console, const struct args *args) __must_check;
struct err *cmd_stop(struct console *console, const struct args *args) __must_check;
struct err *cmd_status(struct console *console, const struct args *args) __must_check;
struct err *cmd_modules(struct console *console, const struct args *args) __must_check;
struct err *cmd_probes(struct console *console, const struct args *args) __must_check;
struct err *cmd_memory(struct console *console, const struct args *args) __must_check;
struct err *cmd_reset_peak(struct console *console, const struct args *args) __must_check;
struct err *cmd_clear(struct console *console, const struct args *args) __must_check;
struct err *cmd_snapshot(struct console *console, const struct args *args) __must_check;
struct err *cmd_snapshots(struct console *console, const struct args *args) __must_check;
struct err *cmd_drop(struct console *console, const struct args *args) __must_check;
struct err *cmd_top(struct console *console, const struct args *args) __must_check;
struct err *cmd_diff(struct console *console, const struct args *args) __must_check;
struct err *cmd_tree(struct console *console, const struct args *args) __must_check;
struct err *cmd_traces(struct console *console, const struct args *args) __must_check;
struct err *cmd_growth(struct console *console, const struct args *args) __must_check;
struct err *cmd_check(struct console *console, const struct args *args) __must_check;
struct err *cmd_filter(struct console *console, const struct args *args) __must_check;
struct err *cmd_skip(struct console *console, const struct args *args) __must_check;
struct err *cmd_dump(struct console *console, const struct args *args) __must_check;
struct err *cmd_load(struct console *console, const struct args *args) __must_check;
struct err *cmd_every(struct console *console, const struct args *args) __must_check;
struct err *cmd_traceback(struct console *console, const struct args *args) __must_check;
struct err *cmd_where(struct console *console, const struct args *args) __must_check;
struct err *cmd_blocks(struct console *console, const struct args *args) __must_check;
struct err *cmd_processes(struct console *console, const struct args *args) __must_check;
struct err *cmd_process(struct console *console, const struct args *args) __must_check;
struct err *cmd_wait(struct console *console, const struct args *args) __must_check;
struct err *cmd_measure(struct console *console, const struct args *args) __must_check;
struct err *cmd_detach(struct console *console, const struct args *args) __must_check;
struct err *cmd_kill(struct console *console, const struct args *args) __must_check;
struct err *cmd_quit(struct console *console, const struct args *args) __must_check;
struct err *cmd_help(struct console *console, const struct args *args) __must_check;

/** Write the command's one document, and destroy it in any case. */
struct err *commands_end_json(struct console *console, struct jsonl *doc) __must_check;

/** `domain` and `domain_name`. */
void commands_add_domain(struct jsonl *doc, uint32_t domain);

#endif
