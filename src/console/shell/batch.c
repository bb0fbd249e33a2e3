// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/shell/batch.h"

#include "base/io.h"
#include "console/commands/console.h"
#include "console/commands/foresee.h"
#include "console/options.h"
#include "console/syntax/line.h"
#include "console/terminal/signals.h"
#include "supervisor/processes.h"
#include "supervisor/session.h"

#include <signal.h>
#include <string.h>

#define SCRIPT_MAX_SIZE (1 << 20)
/** So much of a command is quoted in front of its error. */
#define MAX_QUOTED 60

/** from: all of the line but its text. */
static struct err *add_line(struct batch *batch, const char *text, size_t len,
			    struct batch_line from)
{
	struct batch_line line = from;

	line.text = strndup(text, len);
	if (line.text && vec_push(&batch->lines, line))
		return NULL;
	free(line.text);
	return &err_nomem;
}

/** What stands behind a NUL would be lost without a word, a `check` for one. */
static struct err *refuse_nul(const char *path, const char *text)
{
	unsigned number = 1;

	for (; *text; text++)
		number += *text == '\n';
	return err_create(ERR_FORMAT, "%s:%u: a NUL byte: a script is text", path, number);
}

static struct err *add_script(struct batch *batch, const char *path)
{
	struct batch_line line = {.script = path};
	_cleanup_free_ char *text = NULL;
	const char *p;
	size_t size = 0;
	struct err *err = io_read_file(path, SCRIPT_MAX_SIZE, &text, &size);

	if (err == &err_gone)
		return err_create(ERR_OTHER, "cannot open %s: no such file", path);
	if (err)
		return err;
	if (strlen(text) < size)
		return refuse_nul(path, text);
	for (p = text; *p;) {
		size_t len = strcspn(p, "\n");

		line.number++;
		err = add_line(batch, p, len, line);
		if (err)
			return err;
		p += len + (p[len] == '\n');
	}
	return NULL;
}

/** A word as tokens_split() takes it back. */
static void print_quoted(FILE *f, const char *word)
{
	putc('"', f);
	for (; *word; word++)
		fprintf(f, strchr("\"\\", *word) ? "\\%c" : "%c", *word);
	putc('"', f);
}

/** The line of `malloscope top`, `diff` and `tree`. The snapshots are loaded under what the user
 *  wrote. */
static struct err *add_file_command(struct batch *batch, const struct options *options)
{
	const char *name = options->mode == MODE_TREE   ? "tree"
			   : options->mode == MODE_DIFF ? "diff"
							: "top";
	_cleanup_free_ char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return &err_nomem;
	fprintf(f, options->other_file ? "%s " : "%s --snapshot ", name);
	print_quoted(f, options->file);
	if (options->other_file) {
		putc(' ', f);
		print_quoted(f, options->other_file);
	}
	for (i = 0; i < options->words.num; i++) {
		putc(' ', f);
		print_quoted(f, options->words.items[i]);
	}
	if (fclose(f) != 0)
		return &err_nomem;
	return add_line(batch, text, size, (struct batch_line){0});
}

static struct err *add_word(struct batch *batch, const char *text, struct batch_line from)
{
	return add_line(batch, text, strlen(text), from);
}

static struct err *add_all(struct batch *batch, const struct options *options)
{
	struct err *err = NULL;
	size_t i;

	if (options->mode >= MODE_TOP)
		return add_file_command(batch, options);
	for (i = 0; i < options->sources.num && !err; i++) {
		const struct options_source *source = &options->sources.items[i];

		if (source->is_script)
			err = add_script(batch, source->text);
		else
			err = add_word(batch, source->text, (struct batch_line){.is_quoted = true});
	}
	if (!options->sources.num) {
		const char *first = options->mode == MODE_OPEN ? "snapshots" : "wait exit";
		const char *second = "top";

		batch->is_implicit = true;
		batch->has_children =
			options->mode != MODE_OPEN && options->session.follow & SESSION_FOLLOW_FORK;
		if (batch->has_children) {
			first = "wait all";
			second = "processes";
		}
		err = add_word(batch, first, (struct batch_line){0});
		if (!err)
			err = add_word(batch, second, (struct batch_line){0});
	}
	return err;
}

/** Say which command an error is of. */
static struct err *place_error(const struct command_table *table, const struct batch_line *line,
			       struct err *err)
{
	struct err *placed;

	if (!err || err == &err_stop || (!line->script && !line->is_quoted))
		return err;
	if (line->script)
		placed = err_create(err->code, "%s:%u: %s", line->script, line->number,
				    err_text(err));
	else
		placed = err_create(err->code, "-e '%.*s%s': %s", MAX_QUOTED, line->text,
				    strlen(line->text) > MAX_QUOTED ? "..." : "",
				    line_bare_text(table, line->text, err));
	err_destroy(err);
	return placed;
}

/** Errors as batch_load() has them. */
static struct err *check_lines(const struct command_table *table, const struct batch *batch,
			       const struct options *options)
{
	_cleanup_(foresight_deinit) struct foresight foresight = {0};
	struct err *err = NULL;
	size_t i;

	for (i = 0; i < batch->lines.num && !err; i++) {
		const char *text = batch->lines.items[i].text;

		// Files bring domains and names of their own, and there is no target to be spared.
		if (options->mode >= MODE_OPEN) {
			err = line_check_form(table, text);
		} else {
			err = line_check(table, text);
			if (!err)
				err = foresee_line(table, &foresight, text);
		}
		err = place_error(table, &batch->lines.items[i], err);
	}
	return err;
}

struct err *batch_load(const struct command_table *table, const struct options *options,
		       struct batch *ret)
{
	_cleanup_(batch_deinit) struct batch batch = {0};
	struct err *err = add_all(&batch, options);

	if (!err)
		err = check_lines(table, &batch, options);
	if (err)
		return err;
	*ret = batch;
	batch = (struct batch){0};
	return NULL;
}

void batch_deinit(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->lines.num; i++)
		free(batch->lines.items[i].text);
	vec_deinit(&batch->lines);
}

/** What became of each process. */
static struct err *report_each(struct console *console)
{
	struct session *session = console_session(console);
	size_t num, i;
	struct err *err = NULL;

	session_hold(session);
	num = session_num_processes(session);
	for (i = 0; i < num && !err; i++) {
		console_choose(console, session_process(session, i));
		err = console_execute(console, "process");
		if (!err)
			err = console_execute(console, "top");
	}
	session_let(session);
	return err;
}

/** Only the first error is told. What fails later fails mostly because of it: there is no target to
 *  kill. */
static struct err *add_error(struct err *first, struct err *err)
{
	if (!first)
		return err;
	err_destroy(err);
	return first;
}

struct err *batch_run(const struct batch *batch, struct console *console)
{
	const struct command_table *table = console_commands(console);
	struct err *failed = NULL;
	size_t i;

	for (i = 0; i < batch->lines.num; i++) {
		const struct batch_line *line = &batch->lines.items[i];
		struct err *err;
		int sig = signals_fatal();

		if (sig && !(batch->is_implicit && sig == SIGINT && i > 0))
			return failed;
		// What was to become of the target does not depend on the rest.
		if (failed && !line_is_leaving(table, line->text))
			continue;
		err = console_execute(console, line->text);
		// The signal is looked at above: SIGINT may leave something to do.
		if (err == &err_stop)
			continue;
		failed = add_error(failed, place_error(table, line, err));
		if (console_take_quit(console))
			return failed;
	}
	if (failed)
		return failed;
	return batch->has_children ? report_each(console) : NULL;
}
