// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/commands/help.h"

#include "base/cleanup.h"
#include "console/syntax/command.h"

#include <string.h>

void help_print_list(FILE *out, const struct command_table *table)
{
	size_t i;

	for (i = 0; i < table->num; i++)
		fprintf(out, "  %-12s%s\n", table->rows[i].name, table->rows[i].summary);
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
