// SPDX-License-Identifier: GPL-3.0-or-later
// The command line as a whole. Its first word says which parser reads the rest: those of
// options_modes.c or options_files.c.
#include "config.h"

#include "console/options.h"

#include "base/cleanup.h"
#include "console/commands/help.h"
#include "console/commands/table.h"
#include "console/shell/options_internal.h"
#include "supervisor/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_FORMAT "ARGP_HELP_FMT"
#define MAIN_USAGE  "usage: malloscope run|attach|open|top|diff|tree ..., see malloscope --help"

#define PROGRAM_NAME "malloscope"

static char *make_command_list(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs("Console commands (at the prompt, after -e, in scripts):\n\n", f);
	help_print_list(f, &all_commands);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static char *filter_main_help(int key, const char *text, void *input)
{
	(void)input;
	if (key == ARGP_KEY_HELP_EXTRA)
		return make_command_list();
	return (char *)text;
}

/** Parse the rest, from the word "run" or "attach" on, with a parser of its own. */
static error_t parse_mode(struct argp_state *state, const struct argp *argp, unsigned flags,
			  const char *name)
{
	int argc = state->argc - state->next + 1;
	char **argv = &state->argv[state->next - 1];
	_cleanup_free_ char *full_name = NULL;
	char *word = argv[0];
	error_t error;

	if (asprintf(&full_name, "%s %s", state->name, name) < 0) {
		full_name = NULL;
		return options_out_of_memory(state->input);
	}
	// argp takes the name for its messages from there.
	argv[0] = full_name;
	error = argp_parse(argp, argc, argv, flags | PARSE_FLAGS, NULL, state->input);
	argv[0] = word;
	state->next = state->argc;
	return error;
}

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options_silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case ARGP_KEY_ARG:
		if (strcmp(arg, "run") == 0) {
			parse->options.mode = MODE_RUN;
			return parse_mode(state, &options_run_argp, ARGP_IN_ORDER, arg);
		} else if (strcmp(arg, "attach") == 0) {
			parse->options.mode = MODE_ATTACH;
			return parse_mode(state, &options_attach_argp, 0, arg);
		} else if (strcmp(arg, "open") == 0) {
			parse->options.mode = MODE_OPEN;
			return parse_mode(state, &options_open_argp, 0, arg);
		} else if (strcmp(arg, "top") == 0) {
			parse->options.mode = MODE_TOP;
			return options_parse_files(state, parse, arg);
		} else if (strcmp(arg, "diff") == 0) {
			parse->options.mode = MODE_DIFF;
			return options_parse_files(state, parse, arg);
		} else if (strcmp(arg, "tree") == 0) {
			parse->options.mode = MODE_TREE;
			return options_parse_files(state, parse, arg);
		} else {
			return options_usage_error(parse, "unknown command '%s': " MAIN_USAGE, arg);
		}
	case ARGP_KEY_NO_ARGS:
		return options_usage_error(parse, MAIN_USAGE);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp main_argp = {
	.parser = parse_main,
	.children = options_help_child,
	.help_filter = filter_main_help,
	.args_doc = "run " RUN_ARGS "\nattach " ATTACH_ARGS "\nopen " OPEN_ARGS "\ntop " TOP_ARGS
		    "\ndiff " DIFF_ARGS "\ntree " TREE_ARGS,
	.doc = "Find out which code holds the memory of a native program, from outside: "
	       "launch it or attach to it, take snapshots, compare them, store them.\v"
	       "`malloscope run --help' lists the options of run; likewise for the others.",
};

static void restore_help_format(const char *old_format)
{
	if (old_format)
		setenv(HELP_FORMAT, old_format, 1);
	else
		unsetenv(HELP_FORMAT);
}

/** What getopt has said: without the name of the program, and without the newline. */
static error_t take_complaint(struct parse *parse, char *text)
{
	size_t len = strlen(PROGRAM_NAME), size = strlen(text);
	char *colon;

	if (size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	colon = strncmp(text, PROGRAM_NAME, len) == 0 ? strstr(text, ": ") : NULL;
	return options_usage_error(parse, "%s", colon ? colon + 2 : *text ? text : MAIN_USAGE);
}

/** getopt writes what it does not like to stderr, escape sequences and all. So stderr is a string
 *  meanwhile, and the name in front is ours. */
static error_t parse_words(struct parse *parse, int argc, char **argv)
{
	static char name[] = PROGRAM_NAME;
	char *old_name = argc ? argv[0] : NULL, *text = NULL;
	FILE *old_stderr = stderr, *complaint;
	error_t error;
	size_t size;

	complaint = open_memstream(&text, &size);
	if (!complaint)
		return options_out_of_memory(parse);
	if (argc)
		argv[0] = name;
	stderr = complaint;
	error = argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER | PARSE_FLAGS, NULL, parse);
	stderr = old_stderr;
	if (argc)
		argv[0] = old_name;
	if (fclose(complaint) != 0 || (error && error != PARSE_DONE && error != EINVAL))
		error = options_out_of_memory(parse);
	else if (error && error != PARSE_DONE)
		error = take_complaint(parse, text);
	free(text);
	return error;
}

static void complete_options(struct options *options)
{
	options->is_interactive = !options->sources.num && isatty(STDIN_FILENO) &&
				  isatty(STDOUT_FILENO) && options->mode < MODE_TOP;
	if (options->is_interactive && options->mode == MODE_RUN) {
		options->session.want_own_group = true;
		if (!options->session.stdin_path)
			options->session.stdin_path = "/dev/null";
	}
	options->session.probes = options->probes.items;
	options->session.num_probes = options->probes.num;
}

struct err *options_parse(int argc, char **argv, struct options *ret)
{
	const char *format = getenv(HELP_FORMAT);
	_cleanup_free_ char *old_format = format ? strdup(format) : NULL;
	struct parse parse = {
		.options.session = {.nframe = NFRAME_DEFAULT, .follow = SESSION_FOLLOW_EXEC}};

	// argp's remark on "long options' arguments" only lengthens a short list. A launched
	// program must not see this.
	setenv(HELP_FORMAT, "no-dup-args-note", 1);
	parse_words(&parse, argc, argv);
	restore_help_format(old_format);
	if (parse.err) {
		options_deinit(&parse.options);
		return parse.err;
	}
	complete_options(&parse.options);
	*ret = parse.options;
	return NULL;
}

void options_deinit(struct options *options)
{
	vec_deinit(&options->sources);
	vec_deinit(&options->words);
	vec_deinit(&options->probes);
	while (options->probe_files.num)
		free(options->probe_files.items[--options->probe_files.num]);
	vec_deinit(&options->probe_files);
	vec_deinit(&options->skips);
}
