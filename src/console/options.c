// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/options.h"

#include "base/fmt.h"
#include "base/log.h"
#include "console/command.h"
#include "console/help.h"

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
/** For one debug file. */
#define SERVERS_SECONDS "60"
#define HELP_FORMAT     "ARGP_HELP_FMT"
#define RUN_ARGS        "[OPTION...] [--] PROGRAM [ARG...]"
#define ATTACH_ARGS     "[OPTION...] PID"
#define OPEN_ARGS       "[OPTION...] FILE"
#define TOP_ARGS        "[OPTION...] FILE[:SNAPSHOT] [KEY]"
#define DIFF_ARGS       "[OPTION...] FILE[:OLD] FILE[:NEW] [KEY]"
#define MAIN_USAGE      "usage: malloscope run|attach|open|top|diff ..., see malloscope --help"

const char *argp_program_version = PACKAGE_STRING;

/** What the parsers of the two modes share. */
struct parse {
	struct options options;
	bool is_out_of_memory;
};

/** One line on standard error, and the end. (argp_error() would add a second line.) */
static void usage_error(const char *format, ...) __printf(1, 2) __attribute__((noreturn));
static void usage_error(const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	log_error("%s", text ? text : "wrong usage");
	exit(EXIT_USAGE);
}

/** What getopt says of an unknown option is enough: argp's advice on a line of its own goes
 *  nowhere. */
static void silence_advice(struct argp_state *state)
{
	FILE *nowhere = fopen("/dev/null", "we");

	if (nowhere)
		state->err_stream = nowhere;
}

static void parse_nframe(struct options *options, const char *text)
{
	char *end, why[128];
	long value;
	struct err *err;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end)
		usage_error("-n: '%s' is no number; the default is %d", text, NFRAME_DEFAULT);
	if (errno)
		value = LONG_MAX;
	err = session_check_nframe(value);
	if (err) {
		snprintf(why, sizeof(why), "%s", err_text(err));
		err_destroy(err);
		usage_error("%s", why);
	}
	options->session.nframe = (uint32_t)value;
}

/** A list of fork and exec. */
static void parse_follow(struct options *options, const char *text)
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
			usage_error("--follow: '%s' is no list of fork and exec, such as fork,exec",
				    text);
		if (!word[len])
			break;
		word += len + 1;
	}
	options->session.follow = follow;
}

static void parse_max_memory(struct options *options, const char *text)
{
	struct err *err = fmt_parse_size(text, &options->session.max_memory);
	char why[128];

	if (err) {
		snprintf(why, sizeof(why), "%s", err_text(err));
		err_destroy(err);
		usage_error("--max-memory: %s", why);
	}
	if (options->session.max_memory < SESSION_MIN_MEMORY)
		usage_error("--max-memory: %s is less than 1MiB", text);
}

/** seconds: NULL for the default. */
static void parse_servers(struct options *options, const char *seconds)
{
	struct err *err = options_parse_period(seconds ? seconds : SERVERS_SECONDS,
					       &options->session.debuginfod_ns);
	char why[512];

	if (err) {
		snprintf(why, sizeof(why), "%s", err_text(err));
		err_destroy(err);
		usage_error("--debuginfod: %s", why);
	}
	if (!session_has_servers())
		usage_error("--debuginfod: DEBUGINFOD_URLS is not set, as to "
			    "https://debuginfod.elfutils.org");
}

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct options_source source = {.is_script = key == 'x', .text = arg};

	switch (key) {
	case 'e':
	case 'x':
		if (!vec_push(&parse->options.sources, source))
			parse->is_out_of_memory = true;
		return 0;
	case 'o':
		parse->options.output = arg;
		return 0;
	case KEY_JSON:
		parse->options.is_json = true;
		return 0;
	case KEY_SERVERS:
		parse_servers(&parse->options, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** Options of run and attach alone. */
static error_t parse_tracing(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct options *options = &parse->options;
	struct err *err;
	char why[512];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = parse;
		return 0;
	case 'n':
		parse_nframe(options, arg);
		return 0;
	case KEY_EVERY:
		err = options_parse_period(arg, &options->period_ns);
		if (!err)
			return 0;
		snprintf(why, sizeof(why), "%s", err_text(err));
		err_destroy(err);
		usage_error("--every: %s", why);
	case KEY_STORE:
		options->store = arg;
		return 0;
	case KEY_FOLLOW:
		parse_follow(options, arg);
		return 0;
	case KEY_ALONE:
		options->session.follow = 0;
		return 0;
	case KEY_MEMORY:
		parse_max_memory(options, arg);
		return 0;
	case KEY_PROBE:
		err = session_check_probe(arg);
		if (!err && !vec_push(&options->probes, arg))
			parse->is_out_of_memory = true;
		if (!err)
			return 0;
		snprintf(why, sizeof(why), "%s", err_text(err));
		err_destroy(err);
		usage_error("--probe: %s", why);
	case ARGP_KEY_SUCCESS:
		if (!options->period_ns != !options->store)
			usage_error("--every SECONDS and --store FILE go together");
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
		usage_error("which program? usage: malloscope run " RUN_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void parse_pid(struct options *options, const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || end == text || *end || pid <= 0 || pid > INT_MAX)
		usage_error("'%s' is no process id; usage: malloscope attach " ATTACH_ARGS, text);
	options->pid = (pid_t)pid;
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
			usage_error("one process only: '%s' is too many", arg);
		parse_pid(&parse->options, arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		usage_error("which process? usage: malloscope attach " ATTACH_ARGS);
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
			usage_error("one file only: '%s' is too many", arg);
		parse->options.file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		usage_error("which file? usage: malloscope open " OPEN_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/** The next word, the value of an option. */
static const char *take_value(struct argp_state *state, const char *option)
{
	if (state->next >= state->argc)
		usage_error("option '%s' requires an argument", option);
	return state->argv[state->next++];
}

/** `malloscope top` and `diff`: files, -o, --json; whatever else belongs to the command of that name. */
static void parse_file_command(struct argp_state *state, struct parse *parse, const char *name)
{
	struct options *options = &parse->options;
	bool is_diff = options->mode == MODE_DIFF, is_value = false;
	const struct command_option *option;
	const struct command *command;
	const char *word;

	err_destroy(command_find(name, &command));
	while (state->next < state->argc) {
		word = state->argv[state->next++];
		if (!is_value && strcmp(word, "--help") == 0) {
			printf("usage: malloscope %s %s\n\n", name, is_diff ? DIFF_ARGS : TOP_ARGS);
			help_print_command(stdout, command);
			printf("  %-22s%s\n  %-22s%s\n  %-22s%s\n", "-o, --output FILE",
			       "where the output goes", "--json", "as JSON", "--debuginfod",
			       "ask servers for debug information, as run does");
			exit(0);
		}
		if (!is_value && (strcmp(word, "-o") == 0 || strcmp(word, "--output") == 0)) {
			options->output = take_value(state, word);
		} else if (!is_value && strcmp(word, "--json") == 0) {
			options->is_json = true;
		} else if (!is_value && strncmp(word, "--debuginfod", 12) == 0 &&
			   (!word[12] || word[12] == '=')) {
			parse_servers(options, word[12] ? word + 13 : NULL);
		} else if (!is_value && word[0] != '-' && !options->file) {
			options->file = word;
		} else if (!is_value && word[0] != '-' && is_diff && !options->other_file) {
			options->other_file = word;
		} else {
			if (!vec_push(&options->words, word))
				parse->is_out_of_memory = true;
			if (!is_value && word[0] == '-' && word[1]) {
				struct err *err = command_find_option(command, word, &option);

				is_value = !err && option->value;
				err_destroy(err);
				continue;
			}
		}
		is_value = false;
	}
	if (!options->file)
		usage_error("which file? usage: malloscope %s %s", name,
			    is_diff ? DIFF_ARGS : TOP_ARGS);
	if (is_diff && !options->other_file)
		usage_error("what is %s to be compared with? usage: malloscope diff " DIFF_ARGS,
			    options->file);
}

// clang-format off
static const struct argp_option common_options[] = {
	{"execute", 'e', "COMMAND", 0,
	 "Run a console command; repeatable. After the last one malloscope leaves", 0},
	{"script", 'x', "FILE", 0, "The same with each line of FILE; # begins a comment line", 0},
	{"output", 'o', "FILE", 0,
	 "Write what malloscope prints to FILE (batch default: standard error)", 0},
	{"json", KEY_JSON, NULL, 0, "Print a JSON document a line for every command", 0},
	{"debuginfod", KEY_SERVERS, "SECONDS", OPTION_ARG_OPTIONAL,
	 "Ask the servers of DEBUGINFOD_URLS for debug information that is missing, at most SECONDS "
	 "(default " SERVERS_SECONDS ") for a file",
	 0},
	{0},
};

static const struct argp_option tracing_options[] = {
	{"nframe", 'n', "N", 0, "Keep at most N frames of a stack, 1 to 65535 (default 32)", 0},
	{"every", KEY_EVERY, "SECONDS", 0, "Append a snapshot to the file of --store every SECONDS", 0},
	{"store", KEY_STORE, "FILE", 0, "The file of --every", 0},
	{"max-memory", KEY_MEMORY, "SIZE", 0,
	 "Let the tables of a process take at most SIZE, as 64MiB; stacks that come later count as "
	 "one",
	 0},
	{"follow", KEY_FOLLOW, "LIST", 0,
	 "What is traced on: fork (children, too), exec (new images), fork,exec (default: exec)", 0},
	{"no-follow", KEY_ALONE, NULL, 0, "Neither: tracing ends when another program is executed", 0},
	{"probe", KEY_PROBE, "SPEC", 0,
	 "Trace an allocator of your own; repeatable: domain=NAME,alloc=F(size=N),free=F(ptr=N)", 0},
	{0},
};

static const struct argp_option run_options[] = {
	{"stdin", KEY_STDIN, "FILE", 0,
	 "Let PROGRAM read FILE (default: our standard input; at the prompt /dev/null)", 0},
	{0},
};

static const struct argp common_argp = {.options = common_options, .parser = parse_common};
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
	       "commands. Otherwise the commands given are run, `wait exit` and `top` if there are "
	       "none, and the exit status is that of PROGRAM (128 + signal number when it was "
	       "killed), 0 when it still runs.\n\n"
	       "  malloscope run -- sqlite3 my.db < queries.sql\n"
	       "  malloscope run -e 'wait call f' -e snapshot -e 'wait exit' -e diff -- ./prog",
};

static const struct argp attach_argp = {
	.parser = parse_attach, .children = tracing_child,
	.args_doc = "PID",
	.doc = "Trace the memory of a running process; it goes on when malloscope leaves."
	       "\vWith a terminal and neither -e nor -x there is a prompt; `help` lists its "
	       "commands. Otherwise the commands given are run, `wait exit` and `top` if there are "
	       "none; Ctrl-C then ends the wait.\n\n"
	       "  malloscope attach 4711\n"
	       "  malloscope attach -e snapshot -e 'wait 60' -e 'diff --sort growth' 4711",
};

static const struct argp open_argp = {
	.parser = parse_open, .children = common_child,
	.args_doc = "FILE",
	.doc = "Look at stored snapshots; no process and no binaries are needed."
	       "\vWith a terminal and neither -e nor -x there is a prompt; otherwise the commands "
	       "given are run, `snapshots` and `top` if there are none.\n\n"
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
	help_print_list(f);
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
static void parse_mode(struct argp_state *state, const struct argp *argp, unsigned flags,
		       const char *name)
{
	int argc = state->argc - state->next + 1;
	char **argv = &state->argv[state->next - 1];
	_cleanup_free_ char *full_name = NULL;
	char *word = argv[0];

	if (asprintf(&full_name, "%s %s", state->name, name) < 0) {
		full_name = NULL;
		((struct parse *)state->input)->is_out_of_memory = true;
		return;
	}
	// argp takes the name for its messages from there.
	argv[0] = full_name;
	argp_parse(argp, argc, argv, flags, NULL, state->input);
	argv[0] = word;
	program_invocation_name = state->argv[0];
	state->next = state->argc;
}

static error_t parse_main(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		silence_advice(state);
		return 0;
	case ARGP_KEY_ARG:
		if (strcmp(arg, "run") == 0) {
			parse->options.mode = MODE_RUN;
			parse_mode(state, &run_argp, ARGP_IN_ORDER, arg);
		} else if (strcmp(arg, "attach") == 0) {
			parse->options.mode = MODE_ATTACH;
			parse_mode(state, &attach_argp, 0, arg);
		} else if (strcmp(arg, "open") == 0) {
			parse->options.mode = MODE_OPEN;
			parse_mode(state, &open_argp, 0, arg);
		} else if (strcmp(arg, "top") == 0) {
			parse->options.mode = MODE_TOP;
			parse_file_command(state, parse, arg);
		} else if (strcmp(arg, "diff") == 0) {
			parse->options.mode = MODE_DIFF;
			parse_file_command(state, parse, arg);
		} else {
			usage_error("unknown command '%s': " MAIN_USAGE, arg);
		}
		return 0;
	case ARGP_KEY_NO_ARGS:
		usage_error(MAIN_USAGE);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp main_argp = {
	.parser = parse_main,
	.help_filter = filter_main_help,
	.args_doc = "run " RUN_ARGS "\nattach " ATTACH_ARGS "\nopen " OPEN_ARGS "\ntop " TOP_ARGS
		    "\ndiff " DIFF_ARGS,
	.doc = "Find out which code holds the memory of a native program, from outside: "
	       "launch it or attach to it, take snapshots, compare them, store them.\v"
	       "`malloscope run --help' and so on list the options of each.",
};

static void restore_help_format(const char *old_format)
{
	if (old_format)
		setenv(HELP_FORMAT, old_format, 1);
	else
		unsetenv(HELP_FORMAT);
}

struct err *options_parse(int argc, char **argv, struct options *ret)
{
	const char *format = getenv(HELP_FORMAT);
	_cleanup_free_ char *old_format = format ? strdup(format) : NULL;
	struct parse parse = {
		.options.session = {.nframe = NFRAME_DEFAULT, .follow = SESSION_FOLLOW_EXEC}};
	struct options *options = &parse.options;

	argp_err_exit_status = EXIT_USAGE;
	// argp's remark on "long options' arguments" only lengthens a short list. A launched
	// program must not see this.
	setenv(HELP_FORMAT, "no-dup-args-note", 1);
	argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &parse);
	restore_help_format(old_format);
	if (parse.is_out_of_memory) {
		options_deinit(options);
		return &err_nomem;
	}
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
	*ret = *options;
	return NULL;
}

void options_deinit(struct options *options)
{
	vec_deinit(&options->sources);
	vec_deinit(&options->words);
	vec_deinit(&options->probes);
}
