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

/** The same words are wrong: one line with part in it, that neither drives a terminal nor fills it. */
static void refuse(const char *part, const char *const *words)
{
	struct options options;
	char *argv[32] = {strdup("malloscope")};
	struct err *err;
	int argc = 1, i;

	for (; *words; words++)
		argv[argc++] = strdup(*words);
	err = options_parse(argc, argv, &options);
	test_check_err("options_parse()", err, ERR_USAGE, part);
	ck_assert_uint_le(strlen(err_text(err)), 500);
	for (i = 0; err_text(err)[i]; i++)
		ck_assert(err_text(err)[i] >= ' ' && err_text(err)[i] < 0x7f);
	err_destroy(err);
	for (i = 0; i < argc; i++)
		free(argv[i]);
}

#define REFUSE(part, ...) refuse((part), (const char *const[]){__VA_ARGS__, NULL})

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

#test no_servers
	unsetenv("DEBUGINFOD_URLS");
	REFUSE("DEBUGINFOD_URLS is not set", "attach", "--debuginfod", "1");

#test servers_in_no_time
	setenv("DEBUGINFOD_URLS", "http://127.0.0.1:1/", 1);
	REFUSE("--debuginfod: ", "top", "--debuginfod=0", "f");

#test max_memory_too_small
	REFUSE("1048575 is less than 1MiB", "run", "--max-memory", "1048575", "prog");

#test max_memory_no_size
	REFUSE("--max-memory: ", "run", "--max-memory", "much", "prog");

#test diff_with_one_file
	REFUSE("what is a to be compared with", "diff", "a", "-n", "3");

#test follow_nothing
	REFUSE("is no list of fork and exec", "run", "--follow", "", "prog");

#test follow_unknown
	REFUSE("'fork,clone' is no list", "run", "--follow", "fork,clone", "prog");

#test follow_half
	REFUSE("'fork,' is no list", "run", "--follow", "fork,", "prog");

#test every_without_store
	REFUSE("go together", "run", "--every", "5", "prog");

#test nothing
	refuse("usage: malloscope run", (const char *const[]){NULL});

#test unknown_mode
	REFUSE("unknown command 'trace'", "trace", "prog");

#test no_program
	REFUSE("which program?", "run", "-e", "top");

#test unknown_option
	REFUSE("unrecognized option '--nosuchoption'", "run", "--nosuchoption", "--", "prog");

#test option_of_the_other_mode
	REFUSE("unrecognized option '--stdin'", "attach", "--stdin", "x", "1");

#test missing_value
	REFUSE("option requires an argument -- 'e'", "attach", "1", "-e");

#test nframe_0
	REFUSE("[1; 65535]", "run", "-n", "0", "prog");

#test nframe_65536
	REFUSE("[1; 65535]", "run", "-n", "65536", "prog");

#test nframe_negative
	REFUSE("[1; 65535]", "run", "-n", "-1", "prog");

#test nframe_huge
	REFUSE("[1; 65535]", "run", "-n", "99999999999999999999", "prog");

#test nframe_no_number
	REFUSE("'many' is no number", "run", "-n", "many", "prog");

#test no_pid
	REFUSE("which process?", "attach");

#test pid_no_number
	REFUSE("'12x' is no process id", "attach", "12x");

#test pid_0
	REFUSE("'0' is no process id", "attach", "0");

#test pid_too_large
	REFUSE("'4294967297' is no process id", "attach", "4294967297");

#test two_pids
	REFUSE("'2' is too many", "attach", "1", "2");

#test control_characters
	REFUSE("unrecognized option '--\\x1b[31m\\nno'", "run", "--\x1b[31m\nno", "prog");
	REFUSE("unknown command '\\x1b]0;title\\x07\\xff'", "\x1b]0;title\x07\xff");
	REFUSE("invalid option -- '\\x1b'", "-\x1b");
	REFUSE("domain", "run", "--probe", "domain=\x1b[31m", "prog");
	REFUSE("option '--st=\\x1b[31m' is ambiguous", "run", "--st=\x1b[31m", "prog");

#test long_words
	_cleanup_free_ char *word = malloc(100001);
	static const char *const options[] = {"--probe", "--every", "--max-memory", "-n", "--follow"};
	size_t i;

	memset(word, 'x', 100000);
	word[100000] = '\0';
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		REFUSE("...", "run", options[i], word, "prog");
	REFUSE("...", word);
	REFUSE("see malloscope --help", word);
	REFUSE("is no process id; usage: malloscope attach [OPTION...] PID", "attach", word);
	memcpy(word, "--", 2);
	REFUSE("unrecognized option '--xxxx", "run", word);
	REFUSE("is too many", "open", "f", word + 2);

#test stderr_is_back
	FILE *before = stderr;
	struct options options;

	REFUSE("", "--nosuch");
	ck_assert_ptr_eq(stderr, before);
	PARSE(&options, "open", "f");
	options_deinit(&options);
	ck_assert_ptr_eq(stderr, before);

#tcase information

#test help
	struct options options;

	PARSE(&options, "--help");
	ck_assert_int_eq(options.mode, MODE_NONE);
	options_deinit(&options);

#test help_of_run
	struct options options;

	PARSE(&options, "run", "--help");
	ck_assert_int_eq(options.mode, MODE_NONE);
	options_deinit(&options);

#test usage_of_attach
	struct options options;

	PARSE(&options, "attach", "--usage");
	ck_assert_int_eq(options.mode, MODE_NONE);
	options_deinit(&options);

#test version
	struct options options;

	PARSE(&options, "--version");
	ck_assert_int_eq(options.mode, MODE_NONE);
	options_deinit(&options);

#main-pre
	tcase_add_unchecked_fixture(tc1_1, setup, NULL);
