// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/command.h"
#include "console/complete.h"
#include "fake_session.h"
#include "heap/stats.h"
#include "test_util.h"

#include <stdio.h>

static struct session *s;

static void setup(void)
{
	const struct snapshot *snapshot;

	s = fake_session();
	ck_ok(session_snapshot(s, "first", &snapshot));
	ck_ok(session_snapshot(s, "fifth", &snapshot));
}

static void teardown(void)
{
	session_destroy(s);
}

/** Candidates for the word text behind a line, with commas; the caller frees it. */
static char *candidates(const char *before, const char *text)
{
	struct completions found = {0};
	char *list = NULL;
	size_t size, i;
	FILE *f = open_memstream(&list, &size);

	complete(s, before, text, &found);
	for (i = 0; i < found.list.num; i++)
		fprintf(f, "%s%s", i ? "," : "", found.list.items[i]);
	fclose(f);
	completions_deinit(&found);
	return list;
}

static void check(const char *before, const char *text, const char *expected)
{
	_cleanup_free_ char *list = candidates(before, text);

	ck_assert_str_eq(list, expected);
}

#suite console_complete

#tcase complete

#test every_command
	struct completions found = {0};
	size_t i;

	complete(s, " ", "", &found);
	ck_assert_uint_eq(found.list.num, num_commands);
	for (i = 0; i < num_commands; i++)
		ck_assert_str_eq(found.list.items[i], commands[i].name);
	completions_deinit(&found);

#test every_option
	size_t i, j;

	for (i = 0; i < num_commands; i++) {
		struct completions found = {0};

		complete(s, commands[i].name, "-", &found);
		for (j = 0; j < found.list.num; j++)
			ck_assert_str_eq(found.list.items[j], commands[i].options[j].name);
		ck_assert_ptr_null(commands[i].options[j].name);
		completions_deinit(&found);
	}

#test commands_by_prefix
	check("", "st", "start,stop,status");
	check("", "x", "");
	check("help ", "re", "reset-peak");

#test keys_and_snapshots
	check("top ", "", "lineno,filename,function,module,traceback,domain,thread");
	check("top ", "f", "filename,function");
	check("drop ", "", "first,fifth");
	check("diff ", "f", "first,fifth,filename,function");
	check("diff first ", "l", "live,lineno");
	check("diff first live ", "f", "filename,function");
	check("diff first live lineno ", "", "");
	check("memory ", "", "");

#test option_values
	check("top --snapshot ", "", "first,fifth,live,peak");
	check("check ", "g", "growth");
	check("filter ", "", "add,list,clear");
	check("every ", "", "off");
	check("measure ", "l", "list,leak,list::append(int, char)");

#test files
	struct completions found = {0};

	complete(s, "dump first ", "", &found);
	ck_assert(found.want_files);
	ck_assert_uint_eq(found.list.num, 0);
	completions_deinit(&found);
	complete(s, "top ", "", &found);
	ck_assert(!found.want_files);
	completions_deinit(&found);

	check("top --by ", "", "size,count,allocated,calls");
	check("diff --sort ", "s", "shrink");
	check("top -n ", "", "");
	check("top -n 5 ", "m", "module");
	check("top --cum ", "m", "module");
	check("top --snap ", "fif", "fifth");

#test functions_behind_wait_call_only
	check("wait ", "", "exit,all,call");
	check("wait call ", "", "fill,leak,list::append(int, char),main");
	check("wait call ", "l", "leak,list::append(int, char)");
	check("wait exit ", "", "");
	check("wait call main ", "", "");

#test prefixes_of_commands
	check("wa c ", "", "");
	check("wa call ", "m", "main");
	check("st ", "", "");

#test unfinished_quotes
	check("top 'a ", "", "");

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
