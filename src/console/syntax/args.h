// SPDX-License-Identifier: GPL-3.0-or-later
/** The arguments of one command: its tokens, sorted into options and words by its row of the
 *  command table. Options stand anywhere: "-n 5", "-n5", "--by calls", "--by=calls". A long one
 *  may be cut short while unambiguous, and "--" ends them. The rest are words; so is a negative
 *  number. */
#ifndef CONSOLE_SYNTAX_ARGS_H
#define CONSOLE_SYNTAX_ARGS_H

#include "console/syntax/command.h"
#include "console/syntax/tokens.h"

#include <stdbool.h>
#include <stdint.h>

struct args {
	const struct command *command;
	/** Borrowed from the tokens that were parsed. */
	const char *words[COMMAND_MAX_WORDS];
	size_t num_words;
	/** Value of each option, in the order of the table: NULL when not given, "" for one that
	 *  takes none. */
	const char *values[COMMAND_MAX_OPTIONS];
	/** Command with want_raw: all tokens behind its name, borrowed likewise. */
	const char *const *raw;
	size_t num_raw;
	/** --json, which every command takes. */
	bool want_json;
};

/** Sort out tokens, the first of which is the command's name. ERR_USAGE: unknown option, value
 *  missing or not one of the choices, too few or too many words. */
struct err *args_parse(const struct command *command, const struct tokens *tokens,
		       struct args *ret) __must_check;

/** Value of an option, which must be in the table of this command; NULL when not given. */
const char *args_value(const struct args *args, const char *option);

static inline bool args_has(const struct args *args, const char *option)
{
	return args_value(args, option) != NULL;
}

/** Which of its choices an option "a|b|c" has, from 0; 0 too when it was not given. */
unsigned args_choice(const struct args *args, const char *option);

/** Parse text as a whole decimal number of at least min. ERR_USAGE: it is none. */
struct err *args_parse_number(const char *text, long min, long *ret) __must_check;

/** Parse "5" or "0.5" seconds as nanoseconds. ERR_USAGE: no number of seconds, or too small or
 *  large. */
struct err *args_parse_period(const char *text, uint64_t *ret) __must_check;

#endif
