// SPDX-License-Identifier: GPL-3.0-or-later
#include "console/batch.h"
#include "console/console.h"
#include "console/foresee.h"
#include "console/options.h"
#include "console/run.h"
#include "console/signals.h"
#include "console_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static struct options options;
static struct session *s;
static char script_path[] = "/tmp/malloscope-test.XXXXXX";
static char output_path[] = "/tmp/malloscope-test.XXXXXX";

static void setup(void)
{
	static char *program[] = {(char *)"prog", NULL};

	close(mkstemp(script_path));
	close(mkstemp(output_path));
	options = (struct options){.mode = MODE_RUN, .program = program, .output = output_path};
	s = fake_session();
}

static void teardown(void)
{
	session_destroy(s);
	options_deinit(&options);
	unlink(script_path);
	unlink(output_path);
}

static void add_source(bool is_script, const char *text)
{
	struct options_source source = {is_script, text};

	ck_assert(vec_push(&options.sources, source));
}

static void write_script(const char *text)
{
	FILE *out = fopen(script_path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
	add_source(true, script_path);
}

/** All of the output, static storage. */
static const char *output(void)
{
	static char text[4096];
	FILE *in = fopen(output_path, "r");

	ck_assert_ptr_nonnull(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	return text;
}

/** The fake target ends while it is waited for. */
static void end_with_7(struct session *session)
{
	session->status.state = TARGET_ENDED;
	session->status.exit_status = 7 << 8;
}

static void end_by_segv(struct session *session)
{
	session->status.state = TARGET_ENDED;
	session->status.exit_status = SIGSEGV;
}

static void interrupt(struct session *session)
{
	(void)session;
	raise(SIGINT);
}

static void terminate(struct session *session)
{
	(void)session;
	raise(SIGTERM);
}

#define TOP_OF_NOTHING                                                              \
	"[ Top 0 ] live: 0 B in 0 blocks, 0 stacks, traced 0.0 s from launch\n" \
	"Total allocated size: 0 B\n"

#suite console_batch

#tcase load

#test order
	struct batch batch = {0};

	add_source(false, "memory");
	write_script("# comment\n\nwait exit\ntop");
	add_source(false, "quit");
	ck_ok(batch_load(&options, &batch));
	ck_assert_uint_eq(batch.lines.num, 6);
	ck_assert_str_eq(batch.lines.items[0].text, "memory");
	ck_assert_str_eq(batch.lines.items[3].text, "wait exit");
	ck_assert_uint_eq(batch.lines.items[3].number, 3);
	ck_assert_str_eq(batch.lines.items[4].text, "top");
	ck_assert_str_eq(batch.lines.items[5].text, "quit");
	ck_assert(!batch.is_implicit);
	batch_deinit(&batch);

#test default_commands
	struct batch batch = {0};

	ck_ok(batch_load(&options, &batch));
	ck_assert_uint_eq(batch.lines.num, 2);
	ck_assert_str_eq(batch.lines.items[0].text, "wait exit");
	ck_assert_str_eq(batch.lines.items[1].text, "top");
	ck_assert(batch.is_implicit);
	batch_deinit(&batch);

#test errors_are_found_before_anything_runs
	struct batch batch = {0};
	char expected[64];

	write_script("memory\n  frobnicate\n");
	snprintf(expected, sizeof(expected), "%s:2: frobnicate: unknown command", script_path);
	ck_err(batch_load(&options, &batch), ERR_USAGE, expected);
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "");

#test no_script
	struct batch batch = {0};

	add_source(true, "/nonexistent/script");
	ck_err(batch_load(&options, &batch), ERR_OTHER, "/nonexistent/script: no such file");

#test nul_in_script
	struct batch batch = {0};
	char expected[64];
	FILE *out;

	write_script("memory\n");
	out = fopen(script_path, "a");
	ck_assert_ptr_nonnull(out);
	fwrite("wait\0\ncheck growth a --max 1\n", 1, 30, out);
	fclose(out);
	snprintf(expected, sizeof(expected), "%s:2: a NUL byte", script_path);
	ck_err(batch_load(&options, &batch), ERR_FORMAT, expected);
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "");

#test errors_quote_the_command
	struct batch batch = {0};

	add_source(false, "top --snapshot nosuch");
	ck_err(batch_load(&options, &batch), ERR_NOT_FOUND,
	       "-e 'top --snapshot nosuch': no snapshot 'nosuch'");
	options.sources.items[0].text = "frobnicate";
	ck_err(batch_load(&options, &batch), ERR_USAGE,
	       "-e 'frobnicate': frobnicate: unknown command");
	options.sources.items[0].text =
		"drop 'a name that is much longer than anybody would like to read again'";
	ck_err(batch_load(&options, &batch), ERR_NOT_FOUND,
	       "-e 'drop 'a name that is much longer than anybody would like to ...': no snapshot");
	options.sources.items[0].text = "wait soon";
	ck_err(batch_load(&options, &batch), ERR_USAGE, "-e 'wait soon': 'soon' is no number");

#tcase foresee

#test needs_a_snapshot
	static const char *const bad[] = {
		"dump a f",      "drop a",        "diff a",        "diff",         "diff lineno",
		"diff live",     "diff peak a",   "growth",        "traceback #1", "traces --snapshot a",
		"top --since a", "top --snapshot a", "top --since live", "snapshot live", "snapshot lineno",
		"check growth a --max 1KiB", "check growth peak a --max 1KiB", "load f live",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct foresight f = {0};
		struct err *err = foresee_line(&f, bad[i]);

		ck_assert_msg(err != NULL, "%s", bad[i]);
		err_destroy(err);
		foresight_deinit(&f);
	}

#test has_what_it_needs
	static const char *const good[][4] = {
		{"snapshot a", "dump a f", "drop a"},
		{"snapshot", "diff s1", "traceback #1"},
		{"snapshot s1", "snapshot", "drop s2"},
		{"dump f", "top --snapshot s1", "diff peak live lineno"},
		{"dump live f", "top --since s1", "diff"},
		{"load f", "diff anything", "growth", "top --since other"},
		{"load f a", "drop a"},
		{"process 17", "drop anything", "traceback"},
		{"snapshot", "snapshot", "growth", "check growth s1 s2 --max 1"},
		{"snapshot a", "check growth a lineno 'x*' --max 1", "check growth peak live --max 1"},
		{"snapshot a", "check growth a peak filename 'x*' --max 1"},
		{"top", "traceback"},
		{"dump peak f", "top --snapshot peak", "traces --snapshot live", "diff peak"},
		{"# drop a", "", "quit", "drop a"},
	};
	size_t i, j;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct foresight f = {0};

		for (j = 0; j < 4 && good[i][j]; j++)
			ck_ok(foresee_line(&f, good[i][j]));
		foresight_deinit(&f);
	}

#test dropped_is_gone
	struct foresight f = {0};

	ck_ok(foresee_line(&f, "snapshot a"));
	ck_ok(foresee_line(&f, "snapshot b"));
	ck_ok(foresee_line(&f, "growth"));
	ck_ok(foresee_line(&f, "drop a"));
	ck_err(foresee_line(&f, "drop a"), ERR_NOT_FOUND, "drop: no snapshot 'a'; no command before");
	ck_err(foresee_line(&f, "growth"), ERR_NOT_FOUND, "growth needs two snapshots");
	ck_ok(foresee_line(&f, "diff b"));
	foresight_deinit(&f);

#test names_of_a_file_are_its_own
	struct batch batch = {0};

	options.mode = MODE_OPEN;
	options.file = "f";
	add_source(false, "diff e1 e2");
	ck_ok(batch_load(&options, &batch));
	batch_deinit(&batch);

#tcase run

#test status_of_the_target
	s->on_wait = end_with_7;
	ck_assert_int_eq(run_session(s, &options), 7);
	ck_assert_str_eq(s->log, "launch prog wait exit detach ");
	ck_assert_str_eq(output(), TOP_OF_NOTHING);

#test signal_of_the_target
	s->on_wait = end_by_segv;
	ck_assert_int_eq(run_session(s, &options), 128 + SIGSEGV);

#test left_running
	add_source(false, "wait 1");
	add_source(false, "memory");
	ck_assert_int_eq(run_session(s, &options), 0);
	ck_assert_str_eq(s->log, "launch prog wait 1000000000 detach ");
	ck_assert_str_eq(output(), "current=0 B (0 B), peak=0 B (0 B)\n");

#test attached_target_has_no_say
	options.mode = MODE_ATTACH;
	options.pid = 4711;
	s->on_wait = end_with_7;
	ck_assert_int_eq(run_session(s, &options), 0);
	ck_assert_str_eq(s->log, "attach 4711 wait exit detach ");

#test failing_command_ends_it
	add_source(false, "memory");
	add_source(false, "process 17");
	add_source(false, "memory");
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "launch prog detach ");
	ck_assert_str_eq(output(), "current=0 B (0 B), peak=0 B (0 B)\n");

#test kill_behind_a_failure_is_done
	add_source(false, "process 17");
	add_source(false, "clear");
	add_source(false, "ki");
	add_source(false, "reset-peak");
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "launch prog kill detach ");

#test detach_behind_a_failure_is_done
	write_script("process 17\nclear\n# detach\ndetach\nquit\nkill\n");
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "launch prog detach detach ");

#test failure_names_its_command
	struct batch batch = {0};
	struct console *console;
	struct console_config config = {.out = stderr};

	add_source(false, "wait 1");
	add_source(false, "process 17");
	ck_ok(batch_load(&options, &batch));
	ck_ok(console_create(s, &config, &console));
	ck_err(batch_run(&batch, console), ERR_NOT_FOUND,
	       "-e 'process 17': no process 17 is followed");
	console_destroy(console);
	batch_deinit(&batch);

#test quit_ends_it
	add_source(false, "quit");
	add_source(false, "kill");
	ck_assert_int_eq(run_session(s, &options), 0);
	ck_assert_str_eq(s->log, "launch prog detach ");

#test launch_fails
	static char *program[] = {(char *)"nosuch", NULL};

	options.program = program;
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "launch nosuch detach ");

#test output_cannot_be_written
	options.output = "/dev/full";
	add_source(false, "memory");
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "launch prog detach ");

#test output_cannot_be_opened
	options.output = "/nonexistent/out";
	ck_assert_int_eq(run_session(s, &options), 1);
	ck_assert_str_eq(s->log, "");

#tcase signals

#test interrupted_default_still_shows_top
	s->on_wait = interrupt;
	ck_assert_int_eq(run_session(s, &options), 128 + SIGINT);
	ck_assert_str_eq(s->log, "launch prog wait exit detach ");
	ck_assert_str_eq(output(), TOP_OF_NOTHING);

#test terminated_default_shows_nothing
	s->on_wait = terminate;
	ck_assert_int_eq(run_session(s, &options), 128 + SIGTERM);
	ck_assert_str_eq(s->log, "launch prog wait exit detach ");
	ck_assert_str_eq(output(), "");

#test interrupted_commands_end
	s->on_wait = interrupt;
	add_source(false, "wait exit");
	add_source(false, "top");
	ck_assert_int_eq(run_session(s, &options), 128 + SIGINT);
	ck_assert_str_eq(output(), "");

#test prompt_survives_interrupt
	ck_ok(signals_install(s, true, false));
	ck_assert(!signals_take_interrupt());
	raise(SIGINT);
	ck_assert_int_eq(signals_fatal(), 0);
	ck_assert(signals_take_interrupt());
	ck_assert(!signals_take_interrupt());
	// Before a wait it is not begun; in a wait the session is told.
	raise(SIGINT);
	ck_assert(!signals_wait_begin(s));
	signals_wait_end();
	ck_assert(signals_wait_begin(s));
	ck_assert(!s->stops_waits);
	raise(SIGINT);
	ck_assert(s->stops_waits);
	signals_wait_end();
	ck_assert(!signals_take_interrupt());
	raise(SIGTERM);
	ck_assert_int_eq(signals_fatal(), SIGTERM);

#main-pre
	tcase_add_checked_fixture(tc1_1, setup, teardown);
	tcase_add_checked_fixture(tc1_2, setup, teardown);
	tcase_add_checked_fixture(tc1_3, setup, teardown);
	tcase_add_checked_fixture(tc1_4, setup, teardown);
