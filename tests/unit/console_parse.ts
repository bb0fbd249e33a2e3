// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/args.h"
#include "console/command.h"
#include "console/words.h"
#include "test_util.h"

#include <stdio.h>

/** The words of a line, each in brackets; static storage. */
static const char *split(const char *line)
{
	static char text[256];
	_cleanup_words_ struct words words = {0};
	size_t used = 0, i;

	ck_ok(words_split(line, &words));
	text[0] = '\0';
	for (i = 0; i < words.list.num; i++)
		used += snprintf(text + used, sizeof(text) - used, "[%s]", words.list.items[i]);
	return text;
}

static void check_quoting_error(const char *line, const char *part)
{
	struct words words = {0};

	ck_err(words_split(line, &words), ERR_USAGE, part);
	ck_assert_ptr_null(words.list.items);
}

static const char *found(const char *word)
{
	const struct command *command = NULL;

	ck_ok(command_find(word, &command));
	return command->name;
}

static void check_not_found(const char *word, const char *text)
{
	const struct command *command = NULL;
	_cleanup_err_ struct err *err = command_find(word, &command);

	ck_assert_ptr_nonnull(err);
	ck_assert_int_eq(err->code, ERR_USAGE);
	ck_assert_str_eq(err_text(err), text);
	ck_assert_ptr_null(command);
}

/** Arguments of a line; the words live until the next call. */
static struct err *parse(const char *line, struct args *ret)
{
	static struct words words;
	const struct command *command = NULL;

	words_deinit(&words);
	ck_ok(words_split(line, &words));
	ck_ok(command_find(words.list.items[0], &command));
	return args_parse(command, &words, ret);
}

#suite console_parse

#tcase words

#test blanks
	ck_assert_str_eq(split(""), "");
	ck_assert_str_eq(split(" \t\r\n"), "");
	ck_assert_str_eq(split("top"), "[top]");
	ck_assert_str_eq(split("  top \t lineno\r\n"), "[top][lineno]");

#test quotes
	ck_assert_str_eq(split("wait call 'f(int, char)' 2"), "[wait][call][f(int, char)][2]");
	ck_assert_str_eq(split("a'b c'd"), "[ab cd]");
	ck_assert_str_eq(split("''"), "[]");
	ck_assert_str_eq(split("\"a 'b' \\\" \\\\ \\n\""), "[a 'b' \" \\ \\n]");
	ck_assert_str_eq(split("'a\\'"), "[a\\]");
	ck_assert_str_eq(split("a\\ b \\'c"), "[a b]['c]");

#test comments
	ck_assert_str_eq(split("# a comment"), "");
	ck_assert_str_eq(split("   #'"), "");
	ck_assert_str_eq(split("traceback #2"), "[traceback][#2]");

#test bad_quoting
	check_quoting_error("top 'a", "closing '");
	check_quoting_error("top \"a'", "closing \"");
	check_quoting_error("top a\\", "backslash");

#tcase commands

#test exact_and_prefix
	ck_assert_str_eq(found("top"), "top");
	ck_assert_str_eq(found("mem"), "memory");
	ck_assert_str_eq(found("r"), "reset-peak");
	ck_assert_str_eq(found("q"), "quit");

#test prefix_of_all_candidates_wins
	ck_assert_str_eq(found("sn"), "snapshot");
	ck_assert_str_eq(found("snapshot"), "snapshot");
	ck_assert_str_eq(found("snapshots"), "snapshots");

#test ambiguous
	check_not_found("st", "st: ambiguous, could be start, stop, status");
	check_not_found("s", "s: ambiguous, could be start, stop, status, snapshot, snapshots");
	check_not_found("t", "t: ambiguous, could be top, traces, traceback");

#test unknown
	check_not_found("frob", "frob: unknown command, 'help' lists them all");
	check_not_found("topp", "topp: unknown command, 'help' lists them all");
	check_not_found("", ": unknown command, 'help' lists them all");
	check_not_found("TOP", "TOP: unknown command, 'help' lists them all");

#test synopsis
	const struct command *command = NULL;
	_cleanup_free_ char *text = NULL;

	ck_ok(command_find("traceback", &command));
	text = command_synopsis(command);
	ck_assert_str_eq(text, "traceback [#RANK] [-n LIMIT] [--most-recent-first] [--compat]");

#test table_is_sound
	size_t i, j;

	for (i = 0; i < num_commands; i++) {
		const struct command *command = &commands[i];

		ck_assert_ptr_nonnull(command->run);
		ck_assert_ptr_nonnull(command->summary);
		ck_assert_uint_le(command->max_words, COMMAND_MAX_WORDS);
		ck_assert_uint_le(command->min_words, command->max_words);
		ck_assert_int_eq(*command->arguments != '\0', command->max_words > 0);
		ck_assert_str_eq(found(command->name), command->name);
		for (j = 0; command->options[j].name; j++)
			ck_assert_int_eq(command->options[j].name[0], '-');
		for (j = 0; j < i; j++)
			ck_assert_str_ne(commands[j].name, command->name);
	}

#tcase arguments

#test words_and_options
	struct args args;

	ck_ok(parse("diff a -n 5 b lineno --sort growth --changed", &args));
	ck_assert_uint_eq(args.num_words, 3);
	ck_assert_str_eq(args.words[0], "a");
	ck_assert_str_eq(args.words[2], "lineno");
	ck_assert_str_eq(args_value(&args, "-n"), "5");
	ck_assert_uint_eq(args_choice(&args, "--sort"), 1);
	ck_assert(args_has(&args, "--changed"));
	ck_assert(!args_has(&args, "--cumulative"));

#test option_forms
	struct args args;

	ck_ok(parse("top -n5 --by=calls --cum", &args));
	ck_assert_str_eq(args_value(&args, "-n"), "5");
	ck_assert_uint_eq(args_choice(&args, "--by"), 3);
	ck_assert(args_has(&args, "--cumulative"));
	ck_ok(parse("top", &args));
	ck_assert_ptr_null(args_value(&args, "-n"));
	ck_assert_uint_eq(args_choice(&args, "--by"), 0);
	ck_ok(parse("traceback -n -2", &args));
	ck_assert_str_eq(args_value(&args, "-n"), "-2");
	ck_ok(parse("drop -- -n", &args));
	ck_assert_str_eq(args.words[0], "-n");

#test wrong_options
	struct args args;

	ck_err(parse("memory --all", &args), ERR_USAGE, "unknown option --all; usage: memory");
	ck_err(parse("top --foo=3", &args), ERR_USAGE, "unknown option --foo; usage: top [KEY]");
	ck_err(parse("diff --c", &args), ERR_USAGE,
	       "--c: ambiguous, could be --cumulative, --changed");
	ck_err(parse("top -n", &args), ERR_USAGE, "-n needs a value, -n N");
	ck_err(parse("top --by", &args), ERR_USAGE, "--by needs a value");
	ck_err(parse("top --all=1", &args), ERR_USAGE, "--all takes no value");
	ck_err(parse("top --by foo", &args), ERR_USAGE,
	       "--by takes one of size|count|allocated|calls, not 'foo'");
	ck_err(parse("top --by call", &args), ERR_USAGE, "not 'call'");
	ck_err(parse("top --by=", &args), ERR_USAGE, "not ''");

#test wrong_number_of_words
	struct args args;

	ck_err(parse("drop", &args), ERR_USAGE, "argument missing; usage: drop NAME");
	ck_err(parse("memory now", &args), ERR_USAGE, "too many arguments; usage: memory");

#test numbers
	long value = 7;

	ck_ok(args_parse_number("12", 0, &value));
	ck_assert_int_eq(value, 12);
	ck_ok(args_parse_number("-3", -5, &value));
	ck_assert_int_eq(value, -3);
	ck_err(args_parse_number("-3", 0, &value), ERR_USAGE, "too small");
	ck_err(args_parse_number("3x", 0, &value), ERR_USAGE, "'3x' is no whole number");
	ck_err(args_parse_number("", 0, &value), ERR_USAGE, "no whole number");
	ck_err(args_parse_number("99999999999999999999", 0, &value), ERR_USAGE, "no whole");
	ck_assert_int_eq(value, -3);
