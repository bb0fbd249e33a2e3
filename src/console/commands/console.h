// SPDX-License-Identifier: GPL-3.0-or-later
/** The console: runs command lines on a session and prints what they find. The same for the prompt,
 *  -e and scripts; who calls it decides what an error means. */
#ifndef CONSOLE_COMMANDS_CONSOLE_H
#define CONSOLE_COMMANDS_CONSOLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct command_table;
struct console;
struct session;
struct skip_rules;
struct traced;

struct console_config {
	/** What it knows; borrowed. */
	const struct command_table *commands;
	/** Output of the commands; borrowed, flushed after each command. */
	FILE *out;
	/** Somebody sits in front of it. */
	bool is_interactive;
	/** Every command prints one JSON document (traces and blocks: one a row), notes do too. */
	bool is_json;
	/** Names in rows and frames are not shortened. */
	bool is_long;
	/** out is a terminal that shows bold text, and the user has not said NO_COLOR. */
	bool is_coloured;
};

/** The session is borrowed and must outlive the console. */
struct err *console_create(struct session *session, const struct console_config *config,
			   struct console **ret) __must_check;
void console_destroy(struct console *console);

/** Run one line; an empty one and a comment do nothing. Output is flushed also after a failure.
 *  Errors read "COMMAND: text"; &err_stop: a wait was interrupted; ERR_OTHER also when the output
 *  cannot be written. */
struct err *console_execute(struct console *console, const char *line) __must_check;

/** `quit` has been run since this was asked last. */
bool console_take_quit(struct console *console);

/** A `check` has found more growth than allowed, at any time. */
bool console_has_failed_gate(const struct console *console);

/** Print the session's notes, one a line, each with "# " in front, and the results of `measure`.
 *  Both are printed when they come, during waits, too; at a prompt session_note_fd() tells when to
 *  call this. */
void console_print_notes(struct console *console);

/** Print a note of our own, as those of the session. */
void console_note(struct console *console, const char *text);
/** Which frames name no row, for all queries of this console. It begins without any rule. */
struct skip_rules *console_skip(const struct console *console);

/** The table of the configuration. */
const struct command_table *console_commands(const struct console *console);
/** The stream of the configuration. */
FILE *console_out(const struct console *console);
/** Let commands be about another process of the session, which is held (session_hold()) by the
 *  caller. */
void console_choose(struct console *console, struct traced *process);
/** The session that the console was created with. */
struct session *console_session(const struct console *console);
/** The process that commands are about: at the beginning session_first(). */
struct traced *console_traced(const struct console *console);

#endif
