// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/syntax/line.h"

#include <string.h>

struct err *line_name_error(const char *command, struct err *err)
{
	struct err *named;

	if (!err || err == &err_stop)
		return err;
	named = err_create(err->code, "%s: %s", command, err_text(err));
	err_destroy(err);
	return named;
}

struct err *line_parse(const struct command_table *table, const char *line, struct tokens *tokens,
		       struct args *args_ret)
{
	const struct command *command;
	struct err *err = tokens_split(line, tokens);

	*args_ret = (struct args){0};
	if (err || !tokens->list.num)
		return err;
	err = command_find(table, tokens->list.items[0], &command);
	if (err)
		return err;
	return line_name_error(command->name, args_parse(command, tokens, args_ret));
}

struct err *line_check_form(const struct command_table *table, const char *line)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	struct args args;

	return line_parse(table, line, &tokens, &args);
}

struct err *line_check(const struct command_table *table, const char *line)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	struct args args;
	struct err *err = line_parse(table, line, &tokens, &args);

	if (err || !args.command || !args.command->check)
		return err;
	return line_name_error(args.command->name, args.command->check(&args));
}

bool line_is_leaving(const struct command_table *table, const char *line)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	struct args args;
	struct err *err = line_parse(table, line, &tokens, &args);

	err_destroy(err);
	return !err && args.command && args.command->is_leaving;
}

const char *line_bare_text(const struct command_table *table, const char *line,
			   const struct err *err)
{
	_cleanup_tokens_ struct tokens tokens = {0};
	const char *text = err_text(err);
	const struct command *command;
	struct err *found = tokens_split(line, &tokens);
	size_t len;

	if (!found && tokens.list.num)
		found = command_find(table, tokens.list.items[0], &command);
	if (!found && tokens.list.num) {
		len = strlen(command->name);
		if (strncmp(text, command->name, len) == 0 && strncmp(text + len, ": ", 2) == 0)
			text += len + 2;
	}
	err_destroy(found);
	return text;
}
