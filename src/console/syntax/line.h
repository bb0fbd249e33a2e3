// SPDX-License-Identifier: GPL-3.0-or-later
/** What a line of the console says, found out without running it. */
#ifndef CONSOLE_SYNTAX_LINE_H
#define CONSOLE_SYNTAX_LINE_H

#include "console/syntax/args.h"

/** The command of a line and its arguments, which borrow from tokens. *args_ret has no command:
 *  nothing to do. Errors of the command's arguments read "COMMAND: text". */
struct err *line_parse(const struct command_table *table, const char *line, struct tokens *tokens,
		       struct args *args_ret) __must_check;

/** "COMMAND: " in front of an error's text; takes err over. &err_stop is an outcome, not an error,
 *  and stays what it is. */
struct err *line_name_error(const char *command, struct err *err) __must_check;

/** What can be said of a line without running it: quoting, command, options, number of arguments.
 *  Errors read "COMMAND: text". */
struct err *line_check_form(const struct command_table *table, const char *line) __must_check;

/** The same, and keys, numbers, filters ...: whatever needs no session. Domains that a file will
 *  bring are unknown. */
struct err *line_check(const struct command_table *table, const char *line) __must_check;

/** The command of the line says what becomes of the target: `detach`, `kill` and `quit`. */
bool line_is_leaving(const struct command_table *table, const char *line);

/** The text of an error of this line without the "COMMAND: " in front; lives as long as err. */
const char *line_bare_text(const struct command_table *table, const char *line,
			   const struct err *err);

#endif
