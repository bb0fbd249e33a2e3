// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/options.h"
#include "test_util.h"

#include <fcntl.h>
#include <stdio.h>

/** Parse "malloscope" and these words, NULL at the end; they live until the next call. */
static void parse(struct options *ret, const char *const *words)
{
	static char text[32][64];
	static char *argv[33];
	int argc = 1;

	strcpy(text[0], "malloscope");
	for (; *words; words++, argc++)
		snprintf(text[argc], sizeof(text[argc]), "%s", *words);
	for (int i = 0; i < argc; i++)
		argv[i] = text[i];
	argv[argc] = NULL;
	ck_ok(options_parse(argc, argv, ret));
}

#define PARSE(ret, ...) parse((ret), (const char *const[]){__VA_ARGS__, NULL})

/** No terminal is wanted as standard input: whether there is one decides on the mode. */
static void setup(void)
{
	int fd = open("/dev/null", O_RDWR);

	dup2(fd, STDIN_FILENO);
	close(fd);
}

#suite console_options

#tcase good

#test run
	struct options options;

	PARSE(&options, "run", "-n", "5", "-e", "top", "-x", "script", "--execute=wait exit", "-o",
	      "out", "--stdin", "in", "--", "prog", "-n", "7", "--help");
	ck_assert_int_eq(options.mode, MODE_RUN);
	ck_assert_uint_eq(options.session.nframe, 5);
	ck_assert_uint_eq(options.sources.num, 3);
	ck_assert(!options.sources.items[0].is_script);
	ck_assert_str_eq(options.sources.items[0].text, "top");
	ck_assert(options.sources.items[1].is_script);
	ck_assert_str_eq(options.sources.items[1].text, "script");
	ck_assert_str_eq(options.sources.items[2].text, "wait exit");
	ck_assert_str_eq(options.output, "out");
	ck_assert_str_eq(options.session.stdin_path, "in");
	ck_assert_str_eq(options.program[0], "prog");
	ck_assert_str_eq(options.program[1], "-n");
	ck_assert_str_eq(options.program[3], "--help");
	ck_assert_ptr_null(options.program[4]);
	ck_assert(!options.is_interactive);
	options_deinit(&options);

#test run_without_dashes
	struct options options;

	PARSE(&options, "run", "prog", "-e", "--", "x");
	ck_assert_uint_eq(options.session.nframe, 32);
	ck_assert_uint_eq(options.sources.num, 0);
	ck_assert_str_eq(options.program[1], "-e");
	ck_assert_str_eq(options.program[2], "--");
	ck_assert_str_eq(options.program[3], "x");
	ck_assert_ptr_null(options.session.stdin_path);
	ck_assert(!options.session.want_own_group);
	options_deinit(&options);

#test follow
	static const struct {
		const char *option;
		unsigned follow;
	} cases[] = {
		{"-n5", SESSION_FOLLOW_EXEC},
		{"--follow=fork", SESSION_FOLLOW_FORK},
		{"--follow=exec", SESSION_FOLLOW_EXEC},
		{"--follow=fork,exec", SESSION_FOLLOW_FORK | SESSION_FOLLOW_EXEC},
		{"--follow=exec,fork", SESSION_FOLLOW_FORK | SESSION_FOLLOW_EXEC},
		{"--no-follow", 0},
	};
	struct options options;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PARSE(&options, "run", cases[i].option, "prog");
		ck_assert_uint_eq(options.session.follow, cases[i].follow);
		options_deinit(&options);
		PARSE(&options, "attach", cases[i].option, "17");
		ck_assert_uint_eq(options.session.follow, cases[i].follow);
		options_deinit(&options);
	}

#test attach
	struct options options;

	PARSE(&options, "attach", "4711", "-n65535", "-e", "top");
	ck_assert_int_eq(options.mode, MODE_ATTACH);
	ck_assert_int_eq(options.pid, 4711);
	ck_assert_uint_eq(options.session.nframe, 65535);
	ck_assert_uint_eq(options.sources.num, 1);
	options_deinit(&options);

#test files
	struct options options;

	PARSE(&options, "open", "-e", "top", "a:b");
	ck_assert_int_eq(options.mode, MODE_OPEN);
	ck_assert_str_eq(options.file, "a:b");
	options_deinit(&options);
	PARSE(&options, "top", "-n", "3", "a:b", "function", "--json");
	ck_assert_int_eq(options.mode, MODE_TOP);
	ck_assert_str_eq(options.file, "a:b");
	ck_assert(options.is_json);
	ck_assert_uint_eq(options.words.num, 3);
	ck_assert_str_eq(options.words.items[1], "3");
	ck_assert_str_eq(options.words.items[2], "function");
	options_deinit(&options);
	PARSE(&options, "diff", "a", "--sort=growth", "b", "-o", "out");
	ck_assert_str_eq(options.file, "a");
	ck_assert_str_eq(options.other_file, "b");
	ck_assert_str_eq(options.output, "out");
	ck_assert_uint_eq(options.words.num, 1);
	options_deinit(&options);

#test periodic
	struct options options;

	PARSE(&options, "run", "--every", "0.5", "--store", "f", "prog");
	ck_assert_uint_eq(options.period_ns, 500000000);
	ck_assert_str_eq(options.store, "f");
	options_deinit(&options);

#test max_memory
	struct options options;

	PARSE(&options, "attach", "--max-memory", "1.5MiB", "1");
	ck_assert_uint_eq(options.session.max_memory, 3 << 19);
	options_deinit(&options);
	PARSE(&options, "run", "prog");
	ck_assert_uint_eq(options.session.max_memory, 0);
	options_deinit(&options);

#test servers
	struct options options;

	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1/", 1);
	PARSE(&options, "attach", "1");
	ck_assert_uint_eq(options.session.debuginfod_ns, 0);
	options_deinit(&options);
	PARSE(&options, "attach", "--debuginfod", "1");
	ck_assert_uint_eq(options.session.debuginfod_ns, 60000000000);
	ck_assert_int_eq(options.pid, 1);
	options_deinit(&options);
	PARSE(&options, "open", "--debuginfod=0.5", "f");
	ck_assert_uint_eq(options.session.debuginfod_ns, 500000000);
	options_deinit(&options);
	PARSE(&options, "diff", "--debuginfod=2", "a", "b", "--debuginfo");
	ck_assert_uint_eq(options.session.debuginfod_ns, 2000000000);
	ck_assert_str_eq(options.other_file, "b");
	ck_assert_uint_eq(options.words.num, 1);
	options_deinit(&options);

#tcase bad

#test-exit(2) no_servers
	struct options options;

	unsetenv("DEBUGINFOD_URLS");
	PARSE(&options, "attach", "--debuginfod", "1");

#test-exit(2) servers_in_no_time
	struct options options;

	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1/", 1);
	PARSE(&options, "top", "--debuginfod=0", "f");

#test-exit(2) max_memory_too_small
	struct options options;

	PARSE(&options, "run", "--max-memory", "1048575", "prog");

#test-exit(2) max_memory_no_size
	struct options options;

	PARSE(&options, "run", "--max-memory", "much", "prog");

#test-exit(2) diff_with_one_file
	struct options options;

	PARSE(&options, "diff", "a", "-n", "3");

#test-exit(2) follow_nothing
	struct options options;

	PARSE(&options, "run", "--follow", "", "prog");

#test-exit(2) follow_unknown
	struct options options;

	PARSE(&options, "run", "--follow", "fork,clone", "prog");

#test-exit(2) follow_half
	struct options options;

	PARSE(&options, "run", "--follow", "fork,", "prog");

#test-exit(2) every_without_store
	struct options options;

	PARSE(&options, "run", "--every", "5", "prog");

#test-exit(2) nothing
	struct options options;

	parse(&options, (const char *const[]){NULL});

#test-exit(2) unknown_mode
	struct options options;

	PARSE(&options, "trace", "prog");

#test-exit(2) no_program
	struct options options;

	PARSE(&options, "run", "-e", "top");

#test-exit(2) unknown_option
	struct options options;

	PARSE(&options, "run", "--nosuchoption", "--", "prog");

#test-exit(2) option_of_the_other_mode
	struct options options;

	PARSE(&options, "attach", "--stdin", "x", "1");

#test-exit(2) missing_value
	struct options options;

	PARSE(&options, "attach", "1", "-e");

#test-exit(2) nframe_0
	struct options options;

	PARSE(&options, "run", "-n", "0", "prog");

#test-exit(2) nframe_65536
	struct options options;

	PARSE(&options, "run", "-n", "65536", "prog");

#test-exit(2) nframe_negative
	struct options options;

	PARSE(&options, "run", "-n", "-1", "prog");

#test-exit(2) nframe_huge
	struct options options;

	PARSE(&options, "run", "-n", "99999999999999999999", "prog");

#test-exit(2) nframe_no_number
	struct options options;

	PARSE(&options, "run", "-n", "many", "prog");

#test-exit(2) no_pid
	struct options options;

	PARSE(&options, "attach");

#test-exit(2) pid_no_number
	struct options options;

	PARSE(&options, "attach", "12x");

#test-exit(2) pid_0
	struct options options;

	PARSE(&options, "attach", "0");

#test-exit(2) pid_too_large
	struct options options;

	PARSE(&options, "attach", "4294967297");

#test-exit(2) two_pids
	struct options options;

	PARSE(&options, "attach", "1", "2");

#tcase information

#test-exit(0) help
	struct options options;

	PARSE(&options, "--help");

#test-exit(0) help_of_run
	struct options options;

	PARSE(&options, "run", "--help");

#test-exit(0) usage_of_attach
	struct options options;

	PARSE(&options, "attach", "--usage");

#test-exit(0) version
	struct options options;

	PARSE(&options, "--version");

#main-pre
	tcase_add_unchecked_fixture(tc1_1, setup, NULL);
