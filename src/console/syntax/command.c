// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/syntax/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Name number i of a table, or NULL behind the last. */
typedef const char *(*name_fn)(const void *table, size_t i);

static const char *command_name(const void *table, size_t i)
{
	const struct command_table *list = table;

	return i < list->num ? list->rows[i].name : NULL;
}

static const char *option_name(const void *table, size_t i)
{
	const struct command_option *list = table;

	return list[i].name;
}

/** "a, b, c" of all names that begin with word. NULL: out of memory. */
static char *list_candidates(const void *table, name_fn name, const char *word)
{
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);
	const char *separator = "";

	if (!f)
		return NULL;
	for (i = 0; name(table, i); i++) {
		if (strncmp(name(table, i), word, strlen(word)) != 0)
			continue;
		fprintf(f, "%s%s", separator, name(table, i));
		separator = ", ";
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static struct err *ambiguous(const void *table, name_fn name, const char *word)
{
	_cleanup_free_ char *list = list_candidates(table, name, word);

	if (!list)
		return &err_nomem;
	return err_create(ERR_USAGE, "%s: ambiguous, could be %s", word, list);
}

/** Index of the name that word means. &err_not_found: none. ERR_USAGE: several. */
static struct err *find_name(const void *table, name_fn name, const char *word, size_t *ret)
{
	size_t len = strlen(word), shortest = 0, num = 0, i;

	for (i = 0; name(table, i); i++) {
		if (strncmp(name(table, i), word, len) != 0)
			continue;
		if (num++ == 0 || strlen(name(table, i)) < strlen(name(table, shortest)))
			shortest = i;
	}
	if (num == 0 || len == 0)
		return &err_not_found;
	len = strlen(name(table, shortest));
	for (i = 0; name(table, i); i++)
		if (strncmp(name(table, i), word, strlen(word)) == 0 &&
		    strncmp(name(table, i), name(table, shortest), len) != 0)
			return ambiguous(table, name, word);
	*ret = shortest;
	return NULL;
}

struct err *command_find(const struct command_table *table, const char *word,
			 const struct command **ret)
{
	size_t index = 0;
	struct err *err = find_name(table, command_name, word, &index);

	if (err == &err_not_found)
		return err_create(ERR_USAGE, "%s: unknown command, 'help' lists them all", word);
	if (err)
		return err;
	*ret = &table->rows[index];
	return NULL;
}

struct err *command_find_option(const struct command *command, const char *word,
				const struct command_option **ret)
{
	size_t index = 0;
	struct err *err = find_name(command->options, option_name, word, &index);

	if (err == &err_not_found) {
		_cleanup_free_ char *usage = command_synopsis(command);

		return usage ? err_create(ERR_USAGE, "unknown option %s; usage: %s", word, usage)
			     : &err_nomem;
	}
	if (err)
		return err;
	*ret = &command->options[index];
	return NULL;
}

char *command_synopsis(const struct command *command)
{
	const struct command_option *option;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(command->name, f);
	if (*command->arguments)
		fprintf(f, " %s", command->arguments);
	for (option = command->options; option->name; option++)
		fprintf(f, option->value ? " [%s %s]" : " [%s]", option->name, option->value);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
