// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/help.h"

#include "console/commands.h"

#include <string.h>

void help_print_list(FILE *out)
{
	size_t i;

	for (i = 0; i < num_commands; i++)
		fprintf(out, "  %-12s%s\n", commands[i].name, commands[i].summary);
}

static void print_option(FILE *out, const struct command_option *option)
{
	_cleanup_free_ char *left = NULL;

	if (asprintf(&left, "%s %s", option->name, option->value ? option->value : "") < 0) {
		left = NULL;
		return;
	}
	// A long left column stands alone on its line.
	if (strlen(left) > 20)
		fprintf(out, "  %s\n  %-22s%s\n", left, "", option->help);
	else
		fprintf(out, "  %-22s%s\n", left, option->help);
}

void help_print_command(FILE *out, const struct command *command)
{
	_cleanup_free_ char *synopsis = command_synopsis(command);
	const struct command_option *option;

	fprintf(out, "%s\n", synopsis ? synopsis : command->name);
	fprintf(out, "  %s\n", command->summary);
	if (*command->help)
		fprintf(out, "\n%s", command->help);
	if (command->options[0].name)
		fputc('\n', out);
	for (option = command->options; option->name; option++)
		print_option(out, option);
}

static struct err *help_json(struct console *console, const struct command *only)
{
	struct jsonl *doc = jsonl_begin("help");
	size_t i;

	jsonl_open_array(doc, "commands");
	for (i = 0; i < num_commands; i++) {
		_cleanup_free_ char *synopsis = command_synopsis(&commands[i]);

		if (only && only != &commands[i])
			continue;
		jsonl_open_object(doc, NULL);
		jsonl_string(doc, "name", commands[i].name);
		jsonl_string(doc, "synopsis", synopsis);
		jsonl_string(doc, "summary", commands[i].summary);
		jsonl_close(doc);
	}
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

struct err *cmd_help(struct console *console, const struct args *args)
{
	const struct command *command;
	struct err *err;

	if (args->num_words) {
		err = command_find(args->words[0], &command);
		if (err)
			return err;
		if (console->want_json)
			return help_json(console, command);
		help_print_command(console->out, command);
		return NULL;
	}
	if (console->want_json)
		return help_json(console, NULL);
	help_print_list(console->out);
	fputs("\n`help COMMAND` explains one. Names may be abbreviated while unambiguous.\n"
	      "Every command takes --json.\n",
	      console->out);
	return NULL;
}
