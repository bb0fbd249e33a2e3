// SPDX-License-Identifier: GPL-3.0-or-later
// The options of `malloscope top`, `diff` and `tree`: a few of their own, and those of the console
// commands of these names, which are passed on as they are.
#include "config.h"

#include "console/commands/help.h"
#include "console/commands/table.h"
#include "console/shell/options_internal.h"

#include <stdio.h>
#include <string.h>

static const char *arguments_of(enum options_mode mode)
{
	return mode == MODE_TREE ? TREE_ARGS : mode == MODE_DIFF ? DIFF_ARGS : TOP_ARGS;
}

static void print_file_help(const struct command *command, const char *name, enum options_mode mode)
{
	printf("usage: malloscope %s %s\n\n", name, arguments_of(mode));
	help_print_command(stdout, command);
	printf("  %-22s%s\n  %-22s%s\n  %-22s%s\n  %-22s%s\n", "-o, --output FILE",
	       "write the output to FILE", "--json", "print JSON Lines", "--debuginfod",
	       "ask servers for debug information, as run does", "--skip RULE",
	       "let rows not be named by these frames, as run does");
}

/** Take a word that belongs to the console command. *is_value_ret: it is an option, and the next
 *  word is its value. */
static error_t take_word(struct parse *parse, const struct command *command, const char *word,
			 bool is_value, bool *is_value_ret)
{
	const struct command_option *option;
	struct err *err;

	*is_value_ret = false;
	if (!vec_push(&parse->options.words, word))
		return options_out_of_memory(parse);
	if (!is_value && word[0] == '-' && word[1]) {
		err = command_find_option(command, word, &option);
		*is_value_ret = !err && option->value;
		err_destroy(err);
	}
	return 0;
}

/** An option of ours with a value. *ret stays NULL if word is not that option. */
static error_t take_value(struct argp_state *state, struct parse *parse, const char *word,
			  const char *option, const char **ret)
{
	size_t size = strlen(option);

	if (strncmp(word, option, size) != 0 || (word[size] && word[size] != '='))
		return 0;
	if (word[size])
		*ret = word + size + 1;
	else if (state->next < state->argc)
		*ret = state->argv[state->next++];
	else
		return options_usage_error(parse, "option '%s' requires an argument", word);
	return 0;
}

static error_t check_files(struct parse *parse, const char *name)
{
	const struct options *options = &parse->options;

	if (!options->file)
		return options_usage_error(parse, "which file? usage: malloscope %s %s", name,
					   arguments_of(options->mode));
	if (options->mode == MODE_DIFF && !options->other_file)
		return options_usage_error(
			parse, "what is %s to be compared with? usage: malloscope diff " DIFF_ARGS,
			options->file);
	return 0;
}

error_t options_parse_files(struct argp_state *state, struct parse *parse, const char *name)
{
	struct options *options = &parse->options;
	bool can_be_two = options->mode != MODE_TOP, is_value = false;
	const struct command *command;
	error_t error = 0;
	const char *word, *rule;

	err_destroy(command_find(&all_commands, name, &command));
	while (!error && state->next < state->argc) {
		word = state->argv[state->next++];
		rule = NULL;
		if (!is_value)
			error = take_value(state, parse, word, "--skip", &rule);
		if (error)
			return error;
		if (rule) {
			error = options_parse_skip(parse, rule);
		} else if (is_value) {
			error = take_word(parse, command, word, true, &is_value);
		} else if (strcmp(word, "--help") == 0) {
			print_file_help(command, name, options->mode);
			options->mode = MODE_NONE;
			return PARSE_DONE;
		} else if (strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0) {
			if (state->next == state->argc)
				return options_usage_error(
					parse, "option '%s' requires an argument", word);
			options->output = state->argv[state->next++];
		} else if (strcmp(word, "--json") == 0) {
			options->is_json = true;
		} else if (strncmp(word, "--debuginfod", 12) == 0 &&
			   (!word[12] || word[12] == '=')) {
			error = options_parse_servers(parse, word[12] ? word + 13 : NULL);
		} else if (word[0] != '-' && !options->file) {
			options->file = word;
		} else if (word[0] != '-' && can_be_two && !options->other_file) {
			options->other_file = word;
		} else {
			error = take_word(parse, command, word, false, &is_value);
		}
	}
	return error ? error : check_files(parse, name);
}
