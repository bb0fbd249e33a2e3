// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/batch.h"

#include "base/io.h"
#include "console/console.h"
#include "console/options.h"
#include "console/signals.h"

#include <signal.h>
#include <string.h>

#define SCRIPT_MAX_SIZE (1 << 20)

static struct err *add_line(struct batch *batch, const char *text, size_t len, const char *script,
			    unsigned number)
{
	struct batch_line line = {.script = script, .number = number};

	line.text = strndup(text, len);
	if (line.text && vec_push(&batch->lines, line))
		return NULL;
	free(line.text);
	return &err_nomem;
}

static struct err *add_script(struct batch *batch, const char *path)
{
	_cleanup_free_ char *text = NULL;
	const char *p;
	unsigned number = 0;
	struct err *err = io_read_file(path, SCRIPT_MAX_SIZE, &text, NULL);

	if (err == &err_gone)
		return err_create(ERR_OTHER, "cannot open %s: no such file", path);
	if (err)
		return err;
	for (p = text; *p;) {
		size_t len = strcspn(p, "\n");

		err = add_line(batch, p, len, path, ++number);
		if (err)
			return err;
		p += len + (p[len] == '\n');
	}
	return NULL;
}

/** A word as words_split() takes it back. */
static void print_quoted(FILE *f, const char *word)
{
	putc('"', f);
	for (; *word; word++)
		fprintf(f, strchr("\"\\", *word) ? "\\%c" : "%c", *word);
	putc('"', f);
}

/** The line of `malloscope top` and `malloscope diff`; the snapshots are loaded under their specs. */
static struct err *add_file_command(struct batch *batch, const struct options *options)
{
	bool is_diff = options->mode == MODE_DIFF;
	_cleanup_free_ char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return &err_nomem;
	fputs(is_diff ? "diff " : "top --snapshot ", f);
	print_quoted(f, options->file);
	if (is_diff) {
		putc(' ', f);
		print_quoted(f, options->other_file);
	}
	for (i = 0; i < options->words.num; i++) {
		putc(' ', f);
		print_quoted(f, options->words.items[i]);
	}
	if (fclose(f) != 0)
		return &err_nomem;
	return add_line(batch, text, size, NULL, 0);
}

static struct err *add_all(struct batch *batch, const struct options *options)
{
	struct err *err = NULL;
	size_t i;

	if (options->mode == MODE_TOP || options->mode == MODE_DIFF)
		return add_file_command(batch, options);
	for (i = 0; i < options->sources.num && !err; i++) {
		const struct options_source *source = &options->sources.items[i];

		if (source->is_script)
			err = add_script(batch, source->text);
		else
			err = add_line(batch, source->text, strlen(source->text), NULL, 0);
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
		err = add_line(batch, first, strlen(first), NULL, 0);
		if (!err)
			err = add_line(batch, second, strlen(second), NULL, 0);
	}
	return err;
}

/** Say where an error of a script stands. */
static struct err *place_error(const struct batch_line *line, struct err *err)
{
	struct err *placed;

	if (!err || !line->script || err == &err_stop)
		return err;
	placed = err_create(err->code, "%s:%u: %s", line->script, line->number, err_text(err));
	err_destroy(err);
	return placed;
}

struct err *batch_load(const struct options *options, struct batch *ret)
{
	_cleanup_(batch_deinit) struct batch batch = {0};
	struct err *err = add_all(&batch, options);
	size_t i;

	for (i = 0; i < batch.lines.num && !err; i++) {
		const char *text = batch.lines.items[i].text;

		// Files bring domains of their own, and there is no target to be spared.
		err = options->mode < MODE_OPEN ? console_check(text) : console_check_form(text);
		err = place_error(&batch.lines.items[i], err);
	}
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
	struct session *first = console_session(console);
	size_t num = session_num_processes(first), i;
	struct err *err = NULL;

	for (i = 0; i < num && !err; i++) {
		console_choose(console, session_process(first, i));
		err = console_execute(console, "process");
		if (!err)
			err = console_execute(console, "top");
	}
	return err;
}

struct err *batch_run(const struct batch *batch, struct console *console)
{
	size_t i;

	for (i = 0; i < batch->lines.num; i++) {
		const struct batch_line *line = &batch->lines.items[i];
		struct err *err;
		int sig = signals_fatal();

		if (sig && !(batch->is_implicit && sig == SIGINT && i > 0))
			return NULL;
		err = console_execute(console, line->text);
		// The signal is looked at above: SIGINT may leave something to do.
		if (err == &err_stop)
			continue;
		if (err)
			return place_error(line, err);
		if (console_take_quit(console))
			return NULL;
	}
	return batch->has_children ? report_each(console) : NULL;
}
