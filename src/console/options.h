// SPDX-License-Identifier: GPL-3.0-or-later
/** The command line of malloscope. */
#ifndef CONSOLE_OPTIONS_H
#define CONSOLE_OPTIONS_H

#include "base/vec.h"
#include "supervisor/session.h"

#include <stdbool.h>
#include <sys/types.h>

/** Exit statuses of malloscope's own. */
enum exit_status {
	EXIT_OK = 0,
	/** Something went wrong. */
	EXIT_ERROR = 1,
	/** The command line is wrong. */
	EXIT_USAGE = 2,
	/** A `check` found more growth than allowed. */
	EXIT_GATE = 3,
	/** 128 + signal: of the target, or the one that ended malloscope. */
	EXIT_SIGNAL = 128,
};

enum options_mode {
	MODE_RUN,
	MODE_ATTACH,
	/** A file, with commands. */
	MODE_OPEN,
	/** One command about one or two files. */
	MODE_TOP,
	MODE_DIFF,
	MODE_TREE,
	/** Help or the version was printed: there is nothing to do. */
	MODE_NONE,
};

/** One -e or -x. */
struct options_source {
	bool is_script;
	/** The command, or the path of the script. */
	const char *text;
};

/** All strings belong to argv. */
struct options {
	enum options_mode mode;
	struct session_options session;
	/** MODE_RUN: the program and its arguments, NULL at the end. */
	char **program;
	/** MODE_ATTACH. */
	pid_t pid;
	/** MODE_OPEN: the file. MODE_TOP: FILE[:SNAPSHOT]. MODE_DIFF: two of these. MODE_TREE: one
	 *  or two. */
	const char *file;
	const char *other_file;
	/** MODE_TOP, MODE_DIFF, MODE_TREE: the other words of the command. */
	VEC(const char *) words;
	/** --probe and --probes; session.probes points there. */
	VEC(const char *) probes;
	/** What some of them are a part of; owned. */
	VEC(char *) probe_files;
	/** --skip. */
	VEC(const char *) skips;
	/** --every in nanoseconds and --store; 0 and NULL: not given. */
	uint64_t period_ns;
	const char *store;
	/** In the order of the command line. */
	VEC(struct options_source) sources;
	/** --json. */
	bool is_json;
	/** --long. */
	bool is_long;
	/** -o, or NULL. */
	const char *output;
	/** Terminal in front, and neither -e nor -x. */
	bool is_interactive;
};

/** Parse the command line. Prints what --help, --usage and --version ask for, and nothing else.
 *  ERR_USAGE: it is wrong; the text is one line of some hundred characters at most, none of them a
 *  control character. Not thread-safe. */
struct err *options_parse(int argc, char **argv, struct options *ret) __must_check;

void options_deinit(struct options *options);

#endif
