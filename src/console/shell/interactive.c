// SPDX-License-Identifier: GPL-3.0-or-later
// The prompt: a loop over lines, notes and signals. It asks before a traced target is left.
#include "config.h"

#include "console/shell/interactive.h"

#include "base/utf8.h"
#include "console/commands/console.h"
#include "console/shell/history.h"
#include "console/shell/lineedit.h"
#include "console/terminal/signals.h"
#include "supervisor/notes.h"
#include "supervisor/processes.h"
#include "supervisor/session.h"
#include "supervisor/snapshots.h"
#include "supervisor/traced.h"

#include <inttypes.h>
#include <string.h>

#define PROMPT "(malloscope) "
/** Of several processes, with the current one's id. */
#define PROMPT_OF "(malloscope %d) "
/** Of a table of several. */
#define PROMPT_OF_ALL "(malloscope *) "

struct dialogue {
	struct console *console;
	struct session *session;
	/** The next line answers whether to leave. */
	bool is_asking;
	/** The user has had enough. */
	bool is_over;
	/** The question, with the target's pid. */
	char question[96];
};

static struct err *greet(const struct dialogue *dialogue)
{
	struct traced_status status;
	struct err *err = traced_status(session_first(dialogue->session), &status);
	FILE *out = console_out(dialogue->console);
	_cleanup_free_ char *exe = err ? NULL : utf8_printable(status.exe);

	if (err || !exe)
		return err ? err : &err_nomem;
	if (status.is_stored) {
		fprintf(out, "malloscope %s: %zu snapshots%s%s\n", PACKAGE_VERSION,
			traced_num_snapshots(session_first(dialogue->session)), *exe ? " of " : "",
			exe);
		fputs("`help` lists the commands, TAB completes; `quit` leaves\n", out);
		console_print_notes(dialogue->console);
		return NULL;
	}
	fprintf(out, "malloscope %s: tracing %d%s%s, %s, %" PRIu32 " frames a stack\n",
		PACKAGE_VERSION, (int)status.pid, *exe ? " " : "", exe,
		status.is_from_launch ? "from its launch" : "from now on", status.nframe);
	fputs("`help` lists the commands, TAB completes; `quit` leaves, the program runs on\n",
	      out);
	console_print_notes(dialogue->console);
	return NULL;
}

/** `quit`: ask first while the target is traced. */
static void begin_to_leave(struct dialogue *dialogue)
{
	struct traced_status status;
	struct err *err = traced_status(session_first(dialogue->session), &status);

	if (err || status.is_stored || !session_has_living(dialogue->session)) {
		err_destroy(err);
		dialogue->is_over = true;
		return;
	}
	if (status.state == TARGET_RUNNING || status.state == TARGET_HELD)
		snprintf(dialogue->question, sizeof(dialogue->question),
			 "%d is being traced. Leave it running? (y/n; `kill` ends it) ",
			 (int)status.pid);
	else
		snprintf(dialogue->question, sizeof(dialogue->question),
			 "Children of %d are being traced. Leave them running? (y/n) ",
			 (int)status.pid);
	dialogue->is_asking = true;
}

static void take_answer(struct dialogue *dialogue, const char *line)
{
	line += strspn(line, " \t");
	if (*line == 'y' || *line == 'Y')
		dialogue->is_over = true;
	if (*line && strchr("yYnN", *line))
		dialogue->is_asking = false;
}

static void print_error(const struct err *err)
{
	utf8_print(stderr, err_text(err));
	fputc('\n', stderr);
}

static void run_line(struct dialogue *dialogue, const char *line)
{
	struct err *err;

	history_add(line);
	err = console_execute(dialogue->console, line);
	if (err == &err_stop)
		fputs("# interrupted\n", stderr);
	else if (err)
		print_error(err);
	err_destroy(err);
	if (console_take_quit(dialogue->console))
		begin_to_leave(dialogue);
}

static void take_line(struct dialogue *dialogue, const char *line)
{
	if (dialogue->is_asking)
		take_answer(dialogue, line);
	else
		run_line(dialogue, line);
}

static void take_signal(struct dialogue *dialogue)
{
	bool was_interrupted = signals_take_interrupt();

	if (signals_fatal()) {
		dialogue->is_over = true;
	} else if (was_interrupted) {
		lineedit_abandon();
		dialogue->is_asking = false;
	}
}

static void take_event(struct dialogue *dialogue)
{
	const char *prompt = dialogue->is_asking ? dialogue->question : PROMPT;
	struct traced *current = console_traced(dialogue->console);
	char *line = NULL, of[48];

	if (!dialogue->is_asking && session_num_processes(dialogue->session) > 1) {
		if (traced_pid(current))
			snprintf(of, sizeof(of), PROMPT_OF, (int)traced_pid(current));
		else
			strcpy(of, PROMPT_OF_ALL);
		prompt = of;
	}
	lineedit_use(current);
	switch (lineedit_wait(prompt, session_note_fd(dialogue->session), signals_fd(), &line)) {
	case LINEEDIT_LINE:
		take_line(dialogue, line);
		break;
	case LINEEDIT_END:
		fputc('\n', stdout);
		dialogue->is_over = true;
		break;
	case LINEEDIT_NOTE:
		lineedit_hide();
		console_print_notes(dialogue->console);
		break;
	case LINEEDIT_SIGNAL:
		take_signal(dialogue);
		break;
	}
	free(line);
}

struct err *interactive_run(struct console *console)
{
	struct dialogue dialogue = {.console = console, .session = console_session(console)};
	struct err *err = greet(&dialogue);

	if (!err)
		err = session_release(dialogue.session);
	if (err)
		return err;
	lineedit_init(console_commands(console), console_traced(console));
	while (!dialogue.is_over)
		take_event(&dialogue);
	lineedit_deinit();
	return NULL;
}
