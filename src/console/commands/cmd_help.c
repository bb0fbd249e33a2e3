// SPDX-License-Identifier: GPL-3.0-or-later
// What there is: help.
#include "config.h"

#include "console/commands/commands.h"
#include "console/commands/help.h"

static struct err *help_json(struct console *console, const struct command *only)
{
	struct jsonl *doc = jsonl_begin("help");
	const struct command_table *table = console->commands;
	size_t i;

	jsonl_open_array(doc, "commands");
	for (i = 0; i < table->num; i++) {
		_cleanup_free_ char *synopsis = command_synopsis(&table->rows[i]);

		if (only && only != &table->rows[i])
			continue;
		jsonl_open_object(doc, NULL);
		jsonl_string(doc, "name", table->rows[i].name);
		jsonl_string(doc, "synopsis", synopsis);
		jsonl_string(doc, "summary", table->rows[i].summary);
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
		err = command_find(console->commands, args->words[0], &command);
		if (err)
			return err;
		if (console->want_json)
			return help_json(console, command);
		help_print_command(console->out, command);
		return NULL;
	}
	if (console->want_json)
		return help_json(console, NULL);
	help_print_list(console->out, console->commands);
	fputs("\n`help COMMAND` explains one. Names may be abbreviated while unambiguous.\n"
	      "Every command takes --json.\n",
	      console->out);
	return NULL;
}
