// SPDX-License-Identifier: GPL-3.0-or-later
// The console runs a line: it finds the command, holds the session meanwhile, sees to it that
// there is one JSON document, prints news, and puts the command's name in front of an error.
#include "config.h"

#include "console/commands/console.h"

#include "base/utf8.h"
#include "console/commands/commands.h"
#include "console/commands/measured.h"
#include "console/commands/merge.h"
#include "console/syntax/line.h"
#include "heap/domain.h"
#include "heap/merged.h"
#include "supervisor/measure.h"
#include "supervisor/notes.h"
#include "supervisor/processes.h"
#include "supervisor/session.h"
#include "supervisor/traced.h"

#include <errno.h>
#include <string.h>

static void print_news(void *console)
{
	console_print_notes(console);
}

struct err *console_create(struct session *session, const struct console_config *config,
			   struct console **ret)
{
	struct console *console = calloc(1, sizeof(*console));
	struct err *err;

	if (!console)
		return &err_nomem;
	err = skip_rules_create(&console->skip);
	if (err) {
		free(console);
		return err;
	}
	console->commands = config->commands;
	console->session = session;
	console->traced = session_first(session);
	console->out = config->out;
	console->is_interactive = config->is_interactive;
	console->is_coloured = config->is_coloured;
	console->is_json = config->is_json;
	console->is_long = config->is_long;
	session_on_news(session, print_news, console);
	*ret = console;
	return NULL;
}

void console_destroy(struct console *console)
{
	if (!console)
		return;
	session_on_news(console->session, NULL, NULL);
	stats_destroy(console->last);
	merged_destroy(console->last_merged);
	filters_clear(&console->filters);
	skip_rules_destroy(console->skip);
	free(console);
}

static struct err *flush(struct console *console)
{
	int errnum;

	if (fflush(console->out) == 0 && !ferror(console->out))
		return NULL;
	errnum = errno;
	clearerr(console->out);
	return err_sys(errnum, "cannot write the output");
}

struct err *commands_end_json(struct console *console, struct jsonl *doc)
{
	console->has_json = true;
	return jsonl_end(doc, console->out);
}

void commands_add_domain(struct jsonl *doc, uint32_t domain)
{
	char name[DOMAIN_NAME_MAX];

	jsonl_uint(doc, "domain", domain);
	jsonl_string(doc, "domain_name", domain_name(domain, name));
}

/** Run it, and see to it that there is a JSON document if there has to be one. */
static struct err *run_command(struct console *console, const struct args *args)
{
	struct err *err;

	console->want_json = console->is_json || args->want_json;
	console->has_json = false;
	if (!args->command->is_waiting)
		session_hold(console->session);
	err = args->command->run(console, args);
	merge_end(console);
	if (!args->command->is_waiting)
		session_let(console->session);
	if (!err && console->want_json && !console->has_json)
		err = jsonl_end(jsonl_begin(args->command->name), console->out);
	console->want_json = console->is_json;
	return err;
}

struct err *console_execute(struct console *console, const char *line)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	struct args args;
	struct err *err = line_parse(console->commands, line, &tokens, &args), *flush_err;

	if (err || !args.command)
		return err;
	err = run_command(console, &args);
	console_print_notes(console);
	flush_err = flush(console);
	if (err)
		err_destroy(flush_err);
	else
		err = flush_err;
	return line_name_error(args.command->name, err);
}

bool console_take_quit(struct console *console)
{
	bool wants_quit = console->wants_quit;

	console->wants_quit = false;
	return wants_quit;
}

/** of: the process it is about when it is one of several, or 0. */
static void print_note(struct console *console, const char *note, int of)
{
	struct jsonl *doc;

	if (!console->is_json) {
		fputs("# ", console->out);
		if (of && strncmp(note, "process ", strlen("process ")) != 0)
			fprintf(console->out, "process %d: ", of);
		utf8_print(console->out, note);
		fputc('\n', console->out);
		return;
	}
	doc = jsonl_begin("note");
	if (of)
		jsonl_int(doc, "pid", of);
	jsonl_string(doc, "text", note);
	err_destroy(jsonl_end(doc, console->out));
}

void console_note(struct console *console, const char *text)
{
	print_note(console, text, 0);
}

struct skip_rules *console_skip(const struct console *console)
{
	return console->skip;
}

bool console_has_failed_gate(const struct console *console)
{
	return console->has_failed_gate;
}

static void print_news_of(struct console *console, bool is_one_of_several)
{
	struct measured_result *measured;
	int of = is_one_of_several ? (int)traced_pid(console->traced) : 0;
	char *note;

	while ((measured = traced_take_measured(console->traced))) {
		measured_print(console, measured);
		measured_result_destroy(measured);
	}
	while ((note = traced_take_note(console->traced))) {
		print_note(console, note, of);
		free(note);
	}
}

void console_print_notes(struct console *console)
{
	struct traced *current = console->traced;
	size_t num, i;

	// First: what comes from now on makes it readable again.
	session_quiet_notes(console->session);
	session_hold(console->session);
	num = session_num_processes(console->session);
	for (i = 0; i < num; i++) {
		console->traced = session_process(console->session, i);
		print_news_of(console, num > 1);
	}
	console->traced = current;
	session_let(console->session);
	fflush(console->out);
}

void console_choose(struct console *console, struct traced *process)
{
	if (process == console->traced)
		return;
	console->traced = process;
	session_choose(console->session, process);
	// It speaks of stacks of the other one.
	stats_destroy(console->last);
	merged_destroy(console->last_merged);
	console->last = NULL;
	console->last_merged = NULL;
}

const struct command_table *console_commands(const struct console *console)
{
	return console->commands;
}

FILE *console_out(const struct console *console)
{
	return console->out;
}

struct session *console_session(const struct console *console)
{
	return console->session;
}

struct traced *console_traced(const struct console *console)
{
	return console->traced;
}
