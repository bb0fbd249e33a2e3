// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/options.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/args.h"
#include "console/help.h"
#include "console/table.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_STDIN   0x100
#define KEY_JSON    0x101
#define KEY_EVERY   0x102
#define KEY_STORE   0x103
#define KEY_FOLLOW  0x104
#define KEY_ALONE   0x105
#define KEY_PROBE   0x106
#define KEY_MEMORY  0x107
#define KEY_SERVERS 0x108
#define KEY_USAGE   0x109
/** For one debug file. */
#define SERVERS_SECONDS "60"
#define HELP_FORMAT     "ARGP_HELP_FMT"
#define RUN_ARGS        "[OPTION...] [--] PROGRAM [ARG...]"
#define ATTACH_ARGS     "[OPTION...] PID"
#define OPEN_ARGS       "[OPTION...] FILE"
#define TOP_ARGS        "[OPTION...] FILE[:SNAPSHOT] [KEY]"
#define DIFF_ARGS       "[OPTION...] FILE[:OLD] FILE[:NEW] [KEY]"
#define MAIN_USAGE      "usage: malloscope run|attach|open|top|diff ..., see malloscope --help"

#define PROGRAM_NAME "malloscope"
/** Longest description of what is wrong, in characters. */
#define MAX_MESSAGE 400
/** Nothing of argp's own that ends the process. */
#define PARSE_FLAGS (ARGP_NO_EXIT | ARGP_NO_HELP)
/** A parser has printed what was asked for, or has set parse.err. */
#define DONE ECANCELED

/** What the parsers of the modes share. */
struct parse {
	struct options options;
	struct err *err;
};

/** What is wrong with the command line. The result is for argp, which stops with it. (argp_error() would print two lines.) */
static error_t usage_error(struct parse *parse, const char *format, ...) __printf(2, 3);
static error_t usage_error(struct parse *parse, const char *format, ...)
{
	_cleanup_free_ char *text = NULL, *shown = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		shown = utf8_shorten(text, MAX_MESSAGE);
	err_destroy(parse->err);
	parse->err = shown ? err_create(ERR_USAGE, "%s", shown) : &err_nomem;
	return DONE;
}

/** The same with a reason in front of which something is to stand; destroys it. */
static error_t usage_reason(struct parse *parse, const char *what, struct err *reason)
{
	error_t error = usage_error(parse, "%s%s", what, err_text(reason));

	err_destroy(reason);
	return error;
}

static error_t out_of_memory(struct parse *parse)
{
	err_destroy(parse->err);
	parse->err = &err_nomem;
	return DONE;
}

/** What getopt says of an unknown option is enough: argp's advice on a line of its own goes
 *  nowhere. */
static void silence_advice(struct argp_state *state)
{
	state->err_stream = NULL;
}

static error_t parse_nframe(struct parse *parse, const char *text)
{
	long value;
	char *end;
	struct err *err;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end)
		return usage_error(parse, "-n: '%s' is no number; the default is %d", text,
				   NFRAME_DEFAULT);
	if (errno)
		value = LONG_MAX;
	err = session_check_nframe(value);
	if (err)
		return usage_reason(parse, "", err);
	parse->options.session.nframe = (uint32_t)value;
	return 0;
}

/** A list of fork and exec. */
static error_t parse_follow(struct parse *parse, const char *text)
{
	const char *word = text;
	unsigned follow = 0;
	size_t len;

	for (;;) {
		len = strcspn(word, ",");
		if (len == 4 && strncmp(word, "fork", len) == 0)
			follow |= SESSION_FOLLOW_FORK;
		else if (len == 4 && strncmp(word, "exec", len) == 0)
			follow |= SESSION_FOLLOW_EXEC;
		else
			return usage_error(
				parse,
				"--follow: '%s' is no list of fork and exec, such as fork,exec",
				text);
		if (!word[len])
			break;
		word += len + 1;
	}
	parse->options.session.follow = follow;
	return 0;
}

static error_t parse_max_memory(struct parse *parse, const char *text)
{
	uint64_t *size = &parse->options.session.max_memory;
	struct err *err = fmt_parse_size(text, size);

	if (err)
		return usage_reason(parse, "--max-memory: ", err);
	if (*size < SESSION_MIN_MEMORY)
		return usage_error(parse, "--max-memory: %s is less than 1MiB", text);
	return 0;
}

static error_t parse_period(struct parse *parse, const char *text)
{
	struct err *err = args_parse_period(text, &parse->options.period_ns);

	return err ? usage_reason(parse, "--every: ", err) : 0;
}

static error_t parse_probe(struct parse *parse, const char *spec)
{
	struct err *err = session_check_probe(spec);

	if (err)
		return usage_reason(parse, "--probe: ", err);
	return vec_push(&parse->options.probes, spec) ? 0 : out_of_memory(parse);
}

/** seconds: NULL for the default. */
static error_t parse_servers(struct parse *parse, const char *seconds)
{
	struct err *err = args_parse_period(seconds ? seconds : SERVERS_SECONDS,
					    &parse->options.session.debuginfod_ns);

	if (err)
		return usage_reason(parse, "--debuginfod: ", err);
	if (!session_has_servers())
		return usage_error(parse, "--debuginfod: DEBUGINFOD_URLS is not set, as to "
					  "https://debuginfod.elfutils.org");
	return 0;
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct options_source source = {.is_script = key == 'x', .text = arg};

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = parse;
		return 0;
	case 'e':
	case 'x':
		return vec_push(&parse->options.sources, source) ? 0 : out_of_memory(parse);
	case 'o':
		parse->options.output = arg;
		return 0;
	case KEY_JSON:
		parse->options.is_json = true;
		return 0;
	case KEY_SERVERS:
		return parse_servers(parse, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** Options of run and attach alone. */
static error_t parse_tracing(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct options *options = &parse->options;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = parse;
		return 0;
	case 'n':
		return parse_nframe(parse, arg);
	case KEY_EVERY:
		return parse_period(parse, arg);
	case KEY_STORE:
		options->store = arg;
		return 0;
	case KEY_FOLLOW:
		return parse_follow(parse, arg);
	case KEY_ALONE:
		options->session.follow = 0;
		return 0;
	case KEY_MEMORY:
		return parse_max_memory(parse, arg);
	case KEY_PROBE:
		return parse_probe(parse, arg);
	case ARGP_KEY_SUCCESS:
		if (!options->period_ns != !options->store)
			return usage_error(parse, "--every SECONDS and --store FILE go together");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case KEY_STDIN:
		parse->options.session.stdin_path = arg;
		return 0;
	case ARGP_KEY_ARG:
		// What follows belongs to the program.
		parse->options.program = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		return usage_error(parse, "which program? usage: malloscope run " RUN_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_pid(struct parse *parse, const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || end == text || *end || pid <= 0 || pid > INT_MAX)
		return usage_error(parse,
				   "'%s' is no process id; usage: malloscope attach " ATTACH_ARGS,
				   text);
	parse->options.pid = (pid_t)pid;
	return 0;
}

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			return usage_error(parse, "one process only: '%s' is too many", arg);
		return parse_pid(parse, arg);
	case ARGP_KEY_NO_ARGS:
		return usage_error(parse, "which process? usage: malloscope attach " ATTACH_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_open(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			return usage_error(parse, "one file only: '%s' is too many", arg);
		parse->options.file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		return usage_error(parse, "which file? usage: malloscope open " OPEN_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_file_help(const struct command *command, const char *name, bool is_diff)
{
	printf("usage: malloscope %s %s\n\n", name, is_diff ? DIFF_ARGS : TOP_ARGS);
	help_print_command(stdout, command);
	printf("  %-22s%s\n  %-22s%s\n  %-22s%s\n", "-o, --output FILE", "write the output to FILE",
	       "--json", "print JSON Lines", "--debuginfod",
	       "ask servers for debug information, as run does");
}

/** A word of `malloscope top` and `diff` that belongs to the command of that name; *is_value_ret: so does the next one. */
static error_t take_word(struct parse *parse, const struct command *command, const char *word,
			 bool is_value, bool *is_value_ret)
{
	const struct command_option *option;
	struct err *err;

	*is_value_ret = false;
	if (!vec_push(&parse->options.words, word))
		return out_of_memory(parse);
	if (!is_value && word[0] == '-' && word[1]) {
		err = command_find_option(command, word, &option);
		*is_value_ret = !err && option->value;
		err_destroy(err);
	}
	return 0;
}

/** `malloscope top` and `diff`: files, -o, --json; whatever else belongs to the command of that name. */
static error_t parse_file_command(struct argp_state *state, struct parse *parse, const char *name)
{
	struct options *options = &parse->options;
	bool is_diff = options->mode == MODE_DIFF, is_value = false;
	const struct command *command;
	error_t error = 0;
	const char *word;

	err_destroy(command_find(&all_commands, name, &command));
	while (!error && state->next < state->argc) {
		word = state->argv[state->next++];
		if (is_value) {
			error = take_word(parse, command, word, true, &is_value);
		} else if (strcmp(word, "--help") == 0) {
			print_file_help(command, name, is_diff);
			options->mode = MODE_NONE;
			return DONE;
		} else if (strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0) {
			if (state->next == state->argc)
				return usage_error(parse, "option '%s' requires an argument", word);
			options->output = state->argv[state->next++];
		} else if (strcmp(word, "--json") == 0) {
			options->is_json = true;
		} else if (strncmp(word, "--debuginfod", 12) == 0 &&
			   (!word[12] || word[12] == '=')) {
			error = parse_servers(parse, word[12] ? word + 13 : NULL);
		} else if (word[0] != '-' && !options->file) {
			options->file = word;
		} else if (word[0] != '-' && is_diff && !options->other_file) {
			options->other_file = word;
		} else {
			error = take_word(parse, command, word, false, &is_value);
		}
	}
	if (!error && !options->file)
		return usage_error(parse, "which file? usage: malloscope %s %s", name,
				   is_diff ? DIFF_ARGS : TOP_ARGS);
	if (!error && is_diff && !options->other_file)
		return usage_error(
			parse, "what is %s to be compared with? usage: malloscope diff " DIFF_ARGS,
			options->file);
	return error;
}

/** argp's own options, which would end the process. */
static error_t parse_help(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	(void)arg;
	switch (key) {
	case '?':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case KEY_USAGE:
		argp_state_help(state, stdout, ARGP_HELP_USAGE | ARGP_HELP_EXIT_OK);
		break;
	case 'V':
		puts(PACKAGE_STRING);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	parse->options.mode = MODE_NONE;
	return DONE;
}

// clang-format off
static const struct argp_option common_options[] = {
	{"execute", 'e', "COMMAND", 0,
	 "Run a console command; repeatable. malloscope ends after the last one", 0},
	{"script", 'x', "FILE", 0, "Run each line of FILE as a console command; # begins a comment line", 0},
	{"output", 'o', "FILE", 0,
	 "Write what malloscope prints to FILE (default of run and attach without a prompt: standard error)", 0},
	{"json", KEY_JSON, NULL, 0, "Print JSON Lines: one document for every command", 0},
	{"debuginfod", KEY_SERVERS, "SECONDS", OPTION_ARG_OPTIONAL,
	 "Ask the servers of DEBUGINFOD_URLS for missing debug information, at most SECONDS "
	 "(default " SERVERS_SECONDS ") for each file",
	 0},
	{0},
};

static const struct argp_option tracing_options[] = {
	{"nframe", 'n', "N", 0, "Keep at most N frames of a stack, 1 to 65535 (default 32)", 0},
	{"every", KEY_EVERY, "SECONDS", 0, "Append a snapshot to the file of --store every SECONDS", 0},
	{"store", KEY_STORE, "FILE", 0, "The file of --every", 0},
	{"max-memory", KEY_MEMORY, "SIZE", 0,
	 "Limit the tables of each process to SIZE, as in 64MiB; new stacks beyond it count as "
	 "one stack",
	 0},
	{"follow", KEY_FOLLOW, "LIST", 0,
	 "Follow fork (trace children), exec (trace executed programs) or fork,exec (default: exec)",
	 0},
	{"no-follow", KEY_ALONE, NULL, 0, "Follow neither: tracing ends when the program executes another", 0},
	{"probe", KEY_PROBE, "SPEC", 0,
	 "Trace an allocator of your own; repeatable: domain=NAME,alloc=F(size=N),free=F(ptr=N)", 0},
	{0},
};

static const struct argp_option run_options[] = {
	{"stdin", KEY_STDIN, "FILE", 0,
	 "Standard input of PROGRAM (default: that of malloscope; with a prompt /dev/null)", 0},
	{0},
};

static const struct argp_option help_options[] = {
	{"help", '?', NULL, 0, "Print this help list", -1},
	{"usage", KEY_USAGE, NULL, 0, "Print a short usage message", 0},
	{"version", 'V', NULL, 0, "Print the version", -1},
	{0},
};

static const struct argp help_argp = {.options = help_options, .parser = parse_help};
static const struct argp_child help_child[] = {{&help_argp, 0, NULL, 0}, {0}};
static const struct argp common_argp = {
	.options = common_options, .parser = parse_common, .children = help_child,
};
static const struct argp_child common_child[] = {{&common_argp, 0, NULL, 0}, {0}};
static const struct argp tracing_argp = {
	.options = tracing_options, .parser = parse_tracing, .children = common_child,
};
static const struct argp_child tracing_child[] = {{&tracing_argp, 0, NULL, 0}, {0}};

static const struct argp run_argp = {
	.options = run_options, .parser = parse_run, .children = tracing_child,
	.args_doc = "[--] PROGRAM [ARG...]",
	.doc = "Launch a program and trace its memory from the first allocation."
	       "\vWith a terminal and neither -e nor -x there is a prompt; `help` lists its "
	       "commands. Otherwise malloscope runs the given commands, or `wait exit` and `top` if "
	       "there are none. The exit status is that of PROGRAM (128 + signal number if it was "
	       "killed), or 0 if it still runs.\n\n"
	       "  malloscope run -- sqlite3 my.db < queries.sql\n"
	       "  malloscope run -e 'wait call f' -e snapshot -e 'wait exit' -e diff -- ./prog",
};

static const struct argp attach_argp = {
	.parser = parse_attach, .children = tracing_child,
	.args_doc = "PID",
	.doc = "Trace the memory of a running process; it runs on when malloscope detaches."
	       "\vWith a terminal and neither -e nor -x there is a prompt; `help` lists its "
	       "commands. Otherwise malloscope runs the given commands, or `wait exit` and `top` if "
	       "there are none; Ctrl-C ends the wait.\n\n"
	       "  malloscope attach 4711\n"
	       "  malloscope attach -e snapshot -e 'wait 60' -e 'diff --sort growth' 4711",
};

static const struct argp open_argp = {
	.parser = parse_open, .children = common_child,
	.args_doc = "FILE",
	.doc = "Look at stored snapshots; no process and no binaries are needed."
	       "\vWith a terminal and neither -e nor -x there is a prompt. Otherwise malloscope runs "
	       "the given commands, or `snapshots` and `top` if there are none.\n\n"
	       "  malloscope open -e 'diff e1 e60 function' prog.msnap",
};
// clang-format on

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
		return out_of_memory(state->input);
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
		silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case ARGP_KEY_ARG:
		if (strcmp(arg, "run") == 0) {
			parse->options.mode = MODE_RUN;
			return parse_mode(state, &run_argp, ARGP_IN_ORDER, arg);
		} else if (strcmp(arg, "attach") == 0) {
			parse->options.mode = MODE_ATTACH;
			return parse_mode(state, &attach_argp, 0, arg);
		} else if (strcmp(arg, "open") == 0) {
			parse->options.mode = MODE_OPEN;
			return parse_mode(state, &open_argp, 0, arg);
		} else if (strcmp(arg, "top") == 0) {
			parse->options.mode = MODE_TOP;
			return parse_file_command(state, parse, arg);
		} else if (strcmp(arg, "diff") == 0) {
			parse->options.mode = MODE_DIFF;
			return parse_file_command(state, parse, arg);
		} else {
			return usage_error(parse, "unknown command '%s': " MAIN_USAGE, arg);
		}
	case ARGP_KEY_NO_ARGS:
		return usage_error(parse, MAIN_USAGE);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp main_argp = {
	.parser = parse_main,
	.children = help_child,
	.help_filter = filter_main_help,
	.args_doc = "run " RUN_ARGS "\nattach " ATTACH_ARGS "\nopen " OPEN_ARGS "\ntop " TOP_ARGS
		    "\ndiff " DIFF_ARGS,
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
	return usage_error(parse, "%s", colon ? colon + 2 : *text ? text : MAIN_USAGE);
}

/** getopt writes what it does not like to stderr as it was given, escape sequences and all. The name that it writes before
 *  is ours. */
static error_t parse_words(struct parse *parse, int argc, char **argv)
{
	static char name[] = PROGRAM_NAME;
	char *old_name = argc ? argv[0] : NULL, *text = NULL;
	FILE *old_stderr = stderr, *complaint;
	error_t error;
	size_t size;

	complaint = open_memstream(&text, &size);
	if (!complaint)
		return out_of_memory(parse);
	if (argc)
		argv[0] = name;
	stderr = complaint;
	error = argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER | PARSE_FLAGS, NULL, parse);
	stderr = old_stderr;
	if (argc)
		argv[0] = old_name;
	if (fclose(complaint) != 0 || (error && error != DONE && error != EINVAL))
		error = out_of_memory(parse);
	else if (error && error != DONE)
		error = take_complaint(parse, text);
	free(text);
	return error;
}

static void complete_options(struct options *options)
{
	options->is_interactive = !options->sources.num && isatty(STDIN_FILENO) &&
				  isatty(STDOUT_FILENO) && options->mode != MODE_TOP &&
				  options->mode != MODE_DIFF;
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
}
