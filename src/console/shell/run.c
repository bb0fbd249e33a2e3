// SPDX-License-Identifier: GPL-3.0-or-later
// One run of malloscope: open the output, launch or attach, prompt or batch, leave, exit status.
#include "config.h"

#include "console/run.h"

#include "base/create.h"
#include "base/log.h"
#include "console/commands/console.h"
#include "console/commands/table.h"
#include "console/options.h"
#include "console/shell/batch.h"
#include "console/shell/interactive.h"
#include "console/shell/wrappers.h"
#include "console/terminal/signals.h"
#include "supervisor/session.h"
#include "supervisor/storing.h"
#include "supervisor/traced.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/** The stream of all output. A copy of standard error rather than stderr itself: that one writes
 *  each piece on its own. */
static struct err *open_output(const struct options *options, FILE **ret)
{
	// Without a prompt, standard output is the launched program's.
	bool is_ours = options->is_interactive || options->mode >= MODE_OPEN;
	struct err *err;
	FILE *out = NULL;
	int fd = -1;

	if (options->output) {
		err = create_report(options->output, &fd);
		if (err)
			return err;
	} else {
		fd = fcntl(is_ours ? STDOUT_FILENO : STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	}
	if (fd < 0)
		return err_sys(errno, "cannot open the output");
	out = fdopen(fd, "w");
	if (!out) {
		close(fd);
		return &err_nomem;
	}
	*ret = out;
	return NULL;
}

static bool has_colour(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static struct err *begin_files(struct session *session, const struct options *options)
{
	struct err *err = session_open(session, NULL);

	if (err)
		return err;
	if (options->other_file)
		return traced_load_pair(session_first(session), options->file, options->other_file);
	return traced_load(session_first(session), options->file, options->file, NULL);
}

static struct err *begin(struct session *session, const struct options *options)
{
	if (options->mode == MODE_OPEN)
		return session_open(session, options->file);
	if (options->mode >= MODE_TOP)
		return begin_files(session, options);
	if (options->mode == MODE_RUN)
		return session_launch(session, options->program);
	return session_attach(session, options->pid);
}

/** What the exit status is when nothing went wrong; asked before leaving the target. */
static struct err *exit_status(struct session *session, const struct options *options, int *ret)
{
	struct traced_status status;
	struct err *err = traced_status(session_first(session), &status);

	if (err)
		return err;
	*ret = EXIT_OK;
	if (options->is_interactive || options->mode != MODE_RUN || status.state != TARGET_ENDED)
		return NULL;
	*ret = WIFSIGNALED(status.exit_status) ? EXIT_SIGNAL + WTERMSIG(status.exit_status)
					       : WEXITSTATUS(status.exit_status);
	return NULL;
}

/** Destroys the other. */
static struct err *first_error(struct err *first, struct err *second)
{
	if (!first)
		return second;
	err_destroy(second);
	return first;
}

/** Everything between the output's opening and its closing. */
static struct err *run_with_output(struct session *session, const struct options *options,
				   const struct batch *batch, FILE *out, int *status_ret)
{
	struct console_config config = {.commands = &all_commands,
					.out = out,
					.is_interactive = options->is_interactive,
					.is_json = options->is_json,
					.is_long = options->is_long,
					.is_coloured = has_colour(out)};
	struct err *detach_err, *store_err;
	struct console *console;
	struct err *err = console_create(session, &config, &console), *lost;

	if (err)
		return err;
	err = wrappers_load(console, options->skips.items, options->skips.num);
	if (!err)
		err = begin(session, options);
	if (!err)
		err = signals_install(session, options->is_interactive,
				      options->mode != MODE_ATTACH);
	if (!err && options->period_ns)
		err = traced_every(session_first(session), options->period_ns, options->store);
	if (!err)
		err = options->is_interactive ? interactive_run(console)
					      : batch_run(batch, console);
	if (!options->is_interactive && (!err || err == &err_gone)) {
		lost = session_lost_tracer(session, err == &err_gone);
		err = lost ? lost : err;
	}
	if (!err)
		err = exit_status(session, options, status_ret);
	if (!err && !options->is_interactive && console_has_failed_gate(console))
		*status_ret = EXIT_GATE;
	detach_err = session_detach(session);
	// With a last snapshot, which may have something to tell.
	store_err = traced_every(session_first(session), 0, NULL);
	console_print_notes(console);
	console_destroy(console);
	return first_error(err, first_error(detach_err, store_err));
}

/** A prompt in the background stops us. That has to happen here, as in a shell: later there is a
 *  target, which would have to wait for us. */
static struct err *need_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	if (group < 0 || group == getpgrp())
		return NULL;
	raise(SIGTTIN);
	if (tcgetpgrp(STDIN_FILENO) == getpgrp())
		return NULL;
	return err_create(ERR_OTHER, "there is no prompt in the background; give commands with -e");
}

static struct err *run(struct session *session, const struct options *options, int *status_ret)
{
	_cleanup_(batch_deinit) struct batch batch = {0};
	FILE *out = NULL;
	struct err *err = NULL;

	if (options->is_interactive)
		err = need_foreground();
	else
		err = batch_load(&all_commands, options, &batch);
	if (!err && options->store)
		err = session_check_store(options->store);
	if (!err)
		err = open_output(options, &out);
	if (err)
		return err;
	err = run_with_output(session, options, &batch, out, status_ret);
	if (fclose(out) != 0 && !err)
		err = err_sys(errno, "cannot write %s",
			      options->output ? options->output : "the output");
	return err;
}

int run_session(struct session *session, const struct options *options)
{
	int status = EXIT_OK;
	struct err *err = run(session, options, &status);

	if (err) {
		log_error("%s", err_text(err));
		err_destroy(err);
		return EXIT_ERROR;
	}
	return signals_fatal() ? EXIT_SIGNAL + signals_fatal() : status;
}
