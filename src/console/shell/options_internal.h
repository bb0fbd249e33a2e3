// SPDX-License-Identifier: GPL-3.0-or-later
/** Inside of the options: what the parsers of the modes share. Included by options*.c only. */
#ifndef CONSOLE_SHELL_OPTIONS_INTERNAL_H
#define CONSOLE_SHELL_OPTIONS_INTERNAL_H

#include "console/options.h"

#include <argp.h>
#include <errno.h>

#define RUN_ARGS    "[OPTION...] [--] PROGRAM [ARG...]"
#define ATTACH_ARGS "[OPTION...] PID"
#define OPEN_ARGS   "[OPTION...] FILE"
#define TOP_ARGS    "[OPTION...] FILE[:SNAPSHOT] [KEY]"
#define DIFF_ARGS   "[OPTION...] FILE[:OLD] FILE[:NEW] [KEY]"
#define TREE_ARGS   "[OPTION...] FILE[:OLD] [FILE[:NEW]]"
/** The engine where --engine is not given. */
#define ENGINE_VARIABLE "MALLOSCOPE_ENGINE"
/** For one debug file. */
#define SERVERS_SECONDS "60"

/** Nothing of argp's own that ends the process. */
#define PARSE_FLAGS (ARGP_NO_EXIT | ARGP_NO_HELP)
/** A parser has printed what was asked for, or has set parse.err. */
#define PARSE_DONE ECANCELED

/** What the parsers of the modes share. */
struct parse {
	/** What is known so far. */
	struct options options;
	/** --engine was given. */
	bool has_engine;
	/** What is wrong, or NULL. */
	struct err *err;
};

/** What is wrong with the command line. The result is for argp, which stops with it. (argp_error()
 *  would print two lines.) */
error_t options_usage_error(struct parse *parse, const char *format, ...) __printf(2, 3);
/** The same with a reason in front of which something is to stand; destroys it. */
error_t options_usage_reason(struct parse *parse, const char *what, struct err *reason);
/** The same, for want of memory. */
error_t options_out_of_memory(struct parse *parse);

/** What getopt says of an unknown option is enough: argp's advice on a line of its own goes
 *  nowhere. */
void options_silence_advice(struct argp_state *state);

/** Take the value of an option, or say what is wrong with it. */
error_t options_parse_nframe(struct parse *parse, const char *text);
/** A list of fork and exec. */
error_t options_parse_follow(struct parse *parse, const char *text);
error_t options_parse_max_memory(struct parse *parse, const char *text);
error_t options_parse_sample(struct parse *parse, const char *text);
error_t options_parse_period(struct parse *parse, const char *text);
error_t options_parse_probe(struct parse *parse, const char *spec);
/** A file with a SPEC in each line. */
error_t options_parse_probes(struct parse *parse, const char *path);
error_t options_parse_skip(struct parse *parse, const char *rule);
error_t options_parse_engine(struct parse *parse, const char *name);
/** Of run and attach without --engine: what the environment wishes, else ENGINE_AUTO. */
error_t options_default_engine(struct parse *parse);
/** seconds: NULL for the default. */
error_t options_parse_servers(struct parse *parse, const char *seconds);
error_t options_parse_pid(struct parse *parse, const char *text);

/** `malloscope top`, `diff` and `tree`: files, -o, --json; whatever else belongs to the command of
 *  that name. */
error_t options_parse_files(struct argp_state *state, struct parse *parse, const char *name);

/** The parsers of the other modes; their input is a struct parse. */
extern const struct argp options_run_argp;
extern const struct argp options_attach_argp;
extern const struct argp options_open_argp;
/** --help, --usage and --version, which all of them have. */
extern const struct argp_child options_help_child[];

#endif
