// SPDX-License-Identifier: GPL-3.0-or-later
/** What a row of the command table holds. One table feeds dispatch, argument parsing, help,
 *  completion, `malloscope --help` and the check of the man page. Nothing here knows which commands
 *  there are: the table is handed in. */
#ifndef CONSOLE_SYNTAX_COMMAND_H
#define CONSOLE_SYNTAX_COMMAND_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct args;
struct console;
struct foresight;

/** What may stand at a place of a command line besides fixed words: bits, several may be set.
 *  Completion offers all of them. */
enum complete_kind {
	COMPLETE_COMMAND = 1 << 0,
	/** Names of kept snapshots. */
	COMPLETE_SNAPSHOT = 1 << 1,
	/** lineno, filename ... */
	COMPLETE_KEY = 1 << 2,
	/** Functions of the target, but only behind `wait call`. */
	COMPLETE_CALL = 1 << 3,
	/** Functions of the target. */
	COMPLETE_FUNCTION = 1 << 4,
	/** Paths of files, which the line editor knows. */
	COMPLETE_FILE = 1 << 5,
};

#define COMMAND_MAX_WORDS   5
#define COMMAND_MAX_OPTIONS 12

struct command_option {
	/** "-n" or "--snapshot"; NULL ends the list. */
	const char *name;
	/** Name of its value for the synopsis; NULL: it takes none. "a|b|c": one of these words,
	 *  nothing else. */
	const char *value;
	/** COMPLETE_* bits of the value. */
	unsigned kinds;
	/** Fixed words that the value may be besides what its kinds say, as "a|b|c"; NULL: none. */
	const char *fixed;
	/** Half a line. */
	const char *help;
};

struct command {
	const char *name;
	/** Synopsis of the words after the name, options left out; "" for none. */
	const char *arguments;
	/** How many such words there must and may be. */
	size_t min_words;
	size_t max_words;
	/** COMPLETE_* bits of each of them. */
	unsigned kinds[COMMAND_MAX_WORDS];
	/** Fixed words that each may be besides what its kinds say, as "a|b|c"; NULL: none. */
	const char *fixed[COMMAND_MAX_WORDS];
	struct command_option options[COMMAND_MAX_OPTIONS + 1];
	/** The handler sorts the words out itself (struct args, raw): options are for help and
	 *  completion alone. */
	bool want_raw;
	/** It waits for processes, which may be put together meanwhile. During all other commands
	 *  they are held (session_hold()). */
	bool is_waiting;
	/** It says what becomes of the target. Batch mode runs it also after a failure. */
	bool is_leaving;
	/** Half a line without full stop. */
	const char *summary;
	/** Some lines, the last one with its newline. */
	const char *help;
	/** What can be found wrong with the words without a session; NULL: nothing. Batch mode asks
	 *  before anything begins. */
	struct err *(*check)(const struct args *args);
	/** Which snapshots and rows it needs and makes (foresee.h); NULL: none. Batch mode asks
	 *  before anything begins. */
	struct err *(*foresee)(struct foresight *foresight, const struct args *args);
	/** Errors come without the command's name; console_execute() puts it in front. */
	struct err *(*run)(struct console *console, const struct args *args);
};

/** Commands, in the order of help. */
struct command_table {
	const struct command *rows;
	size_t num;
};

/** The command of a table that word means: its name or an unambiguous prefix. A prefix of several
 *  names means the one that begins all the others, if there is one: `sn` is `snapshot`, although
 *  `snapshots` begins so, too. ERR_USAGE: unknown, or ambiguous (lists the candidates). */
struct err *command_find(const struct command_table *table, const char *word,
			 const struct command **ret) __must_check;

/** The option of a command that word means, under the same rule. */
struct err *command_find_option(const struct command *command, const char *word,
				const struct command_option **ret) __must_check;

/** "top [KEY] [-n N] ..." as a string that the caller frees; NULL: out of memory. */
char *command_synopsis(const struct command *command);

#endif
