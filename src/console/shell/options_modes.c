// SPDX-License-Identifier: GPL-3.0-or-later
// The options of `malloscope run`, `attach` and `open`: parsers, tables and the texts of --help.
// Options that all of them have are a child parser of argp, those of run and attach another.
#include "config.h"

#include "console/shell/options_internal.h"

#include <stdio.h>

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
#define KEY_ENGINE  0x10a
#define KEY_SAMPLE  0x10b
#define KEY_LONG    0x10c
#define KEY_SKIP    0x10d
#define KEY_PROBES  0x10e

void options_silence_advice(struct argp_state *state)
{
	state->err_stream = NULL;
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
		return vec_push(&parse->options.sources, source) ? 0 : options_out_of_memory(parse);
	case 'o':
		parse->options.output = arg;
		return 0;
	case KEY_JSON:
		parse->options.is_json = true;
		return 0;
	case KEY_LONG:
		parse->options.is_long = true;
		return 0;
	case KEY_SERVERS:
		return options_parse_servers(parse, arg);
	case KEY_SKIP:
		return options_parse_skip(parse, arg);
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
		return options_parse_nframe(parse, arg);
	case KEY_EVERY:
		return options_parse_period(parse, arg);
	case KEY_STORE:
		options->store = arg;
		return 0;
	case KEY_FOLLOW:
		return options_parse_follow(parse, arg);
	case KEY_ALONE:
		options->session.follow = 0;
		return 0;
	case KEY_MEMORY:
		return options_parse_max_memory(parse, arg);
	case KEY_SAMPLE:
		return options_parse_sample(parse, arg);
	case KEY_PROBE:
		return options_parse_probe(parse, arg);
	case KEY_PROBES:
		return options_parse_probes(parse, arg);
	case KEY_ENGINE:
		return options_parse_engine(parse, arg);
	case ARGP_KEY_SUCCESS:
		if (!options->period_ns != !options->store)
			return options_usage_error(parse,
						   "--every SECONDS and --store FILE go together");
		return options_default_engine(parse);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_run(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options_silence_advice(state);
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
		return options_usage_error(parse, "which program? usage: malloscope run " RUN_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_attach(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options_silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			return options_usage_error(parse, "one process only: '%s' is too many",
						   arg);
		return options_parse_pid(parse, arg);
	case ARGP_KEY_NO_ARGS:
		return options_usage_error(parse,
					   "which process? usage: malloscope attach " ATTACH_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_open(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options_silence_advice(state);
		state->child_inputs[0] = parse;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			return options_usage_error(parse, "one file only: '%s' is too many", arg);
		parse->options.file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		return options_usage_error(parse, "which file? usage: malloscope open " OPEN_ARGS);
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
	return PARSE_DONE;
}

// clang-format off
static const struct argp_option common_options[] = {
	{"execute", 'e', "COMMAND", 0,
	 "Run a console command; repeatable. malloscope ends after the last one", 0},
	{"script", 'x', "FILE", 0,
	 "Run each line of FILE as a console command; # begins a comment line", 0},
	{"output", 'o', "FILE", 0,
	 "Write what malloscope prints to FILE "
	 "(default of run and attach without a prompt: standard error)",
	 0},
	{"json", KEY_JSON, NULL, 0, "Print JSON Lines: one document for every command", 0},
	{"long", KEY_LONG, NULL, 0, "Print whole names of C++ and Rust functions, not short ones", 0},
	{"debuginfod", KEY_SERVERS, "SECONDS", OPTION_ARG_OPTIONAL,
	 "Ask the servers of DEBUGINFOD_URLS for missing debug information, at most SECONDS "
	 "(default " SERVERS_SECONDS ") for each file",
	 0},
	{"skip", KEY_SKIP, "RULE", 0,
	 "Let rows not be named by these frames, as `skip add` does; repeatable: my_alloc, "
	 "'file:*/mylib/*', 'module:libfoo*'",
	 0},
	{0},
};

static const struct argp_option tracing_options[] = {
	{"nframe", 'n', "N", 0, "Keep at most N frames of a stack, 1 to 65535 (default 32)", 0},
	{"every", KEY_EVERY, "SECONDS", 0,
	 "Append a snapshot to the file of --store every SECONDS", 0},
	{"store", KEY_STORE, "FILE", 0, "The file of --every", 0},
	{"max-memory", KEY_MEMORY, "SIZE", 0,
	 "Limit the tables of each process to SIZE, as in 64MiB; new stacks beyond it count as "
	 "one stack",
	 0},
	{"sample", KEY_SAMPLE, "BYTES", 0,
	 "Record a sample of the allocations, one in BYTES allocated (as in 512KiB); sizes and counts "
	 "are estimates, marked by ~",
	 0},
	{"follow", KEY_FOLLOW, "LIST", 0,
	 "Follow fork (trace children), exec (trace executed programs) or fork,exec (default: "
	 "exec)",
	 0},
	{"no-follow", KEY_ALONE, NULL, 0,
	 "Follow neither: tracing ends when the program executes another", 0},
	{"probe", KEY_PROBE, "SPEC", 0,
	 "Trace an allocator of your own; repeatable: domain=NAME,alloc=F(size=N),free=F(ptr=N)",
	 0},
	{"probes", KEY_PROBES, "FILE", 0, "The same for each SPEC in FILE, one a line", 0},
	{"engine", KEY_ENGINE, "ENGINE", 0,
	 "How calls are captured: auto (the default: the agent where it can work), agent (code in "
	 "the program), or breakpoint (single bytes, slower); `status` shows what is in use, and why",
	 0},
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
const struct argp_child options_help_child[] = {{&help_argp, 0, NULL, 0}, {0}};
static const struct argp common_argp = {
	.options = common_options, .parser = parse_common, .children = options_help_child,
};
static const struct argp_child common_child[] = {{&common_argp, 0, NULL, 0}, {0}};
static const struct argp tracing_argp = {
	.options = tracing_options, .parser = parse_tracing, .children = common_child,
};
static const struct argp_child tracing_child[] = {{&tracing_argp, 0, NULL, 0}, {0}};

const struct argp options_run_argp = {
	.options = run_options, .parser = parse_run, .children = tracing_child,
	.args_doc = "[--] PROGRAM [ARG...]",
	.doc = "Launch a program and trace its memory from the first allocation."
	       "\vWith a terminal and neither -e nor -x there is a prompt; `help` lists its "
	       "commands. Otherwise malloscope runs the given commands, or `wait exit` and `top` "
	       "if there are none. The exit status is that of PROGRAM (128 + signal number if it "
	       "was killed), or 0 if it still runs.\n\n"
	       "  malloscope run -- sqlite3 my.db < queries.sql\n"
	       "  malloscope run -e 'wait call f' -e snapshot -e 'wait exit' -e diff -- ./prog",
};

const struct argp options_attach_argp = {
	.parser = parse_attach, .children = tracing_child,
	.args_doc = "PID",
	.doc = "Trace the memory of a running process; it runs on when malloscope detaches."
	       "\vWith a terminal and neither -e nor -x there is a prompt; `help` lists its "
	       "commands. Otherwise malloscope runs the given commands, or `wait exit` and `top` "
	       "if there are none; Ctrl-C ends the wait.\n\n"
	       "  malloscope attach 4711\n"
	       "  malloscope attach -e snapshot -e 'wait 60' -e 'diff --sort growth' 4711",
};

const struct argp options_open_argp = {
	.parser = parse_open, .children = common_child,
	.args_doc = "FILE",
	.doc = "Look at stored snapshots; no process and no binaries are needed."
	       "\vWith a terminal and neither -e nor -x there is a prompt. Otherwise malloscope "
	       "runs the given commands, or `snapshots` and `top` if there are none.\n\n"
	       "  malloscope open -e 'diff e1 e60 function' prog.msnap",
};
// clang-format on
