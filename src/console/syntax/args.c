// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/syntax/args.h"

#include "base/clock.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/** Longest period, about 30 years. */
#define PERIOD_MAX_S 1e9

/** Place of value in "a|b|c", or -1. */
static int choice_index(const char *choices, const char *value)
{
	size_t len = strlen(value);
	int index = 0;

	for (;; index++) {
		size_t n = strcspn(choices, "|");

		if (n == len && strncmp(choices, value, n) == 0)
			return index;
		if (!choices[n])
			return -1;
		choices += n + 1;
	}
}

/** Split "--by=calls" and "-n5" into name and value; a plain "--by" has no value (NULL). */
static struct err *split_option(const char *word, char **name_ret, const char **value_ret)
{
	size_t len = strlen(word);
	const char *value = NULL;

	if (word[1] == '-') {
		const char *equals = strchr(word, '=');

		if (equals) {
			len = equals - word;
			value = equals + 1;
		}
	} else if (len > 2) {
		len = 2;
		value = word + 2;
	}
	*name_ret = strndup(word, len);
	if (!*name_ret)
		return &err_nomem;
	*value_ret = value;
	return NULL;
}

static struct err *check_value(const struct command_option *option, const char *value)
{
	if (strchr(option->value, '|') && choice_index(option->value, value) < 0)
		return err_create(ERR_USAGE, "%s takes one of %s, not '%s'", option->name,
				  option->value, value);
	return NULL;
}

/** The option at token *i; *i advances over a value that is a token of its own. */
static struct err *parse_option(const struct tokens *tokens, size_t *i, struct args *args)
{
	const struct command_option *option;
	_cleanup_free_ char *name = NULL;
	const char *value = NULL;
	struct err *err = split_option(tokens->list.items[*i], &name, &value);

	if (!err)
		err = command_find_option(args->command, name, &option);
	if (err)
		return err;
	if (!option->value) {
		if (value)
			return err_create(ERR_USAGE, "%s takes no value", option->name);
		value = "";
	} else {
		if (!value && *i + 1 < tokens->list.num)
			value = tokens->list.items[++*i];
		if (!value)
			return err_create(ERR_USAGE, "%s needs a value, %s %s", option->name,
					  option->name, option->value);
		err = check_value(option, value);
		if (err)
			return err;
	}
	args->values[option - args->command->options] = value;
	return NULL;
}

static struct err *wrong_number(const struct command *command, const char *what)
{
	_cleanup_free_ char *usage = command_synopsis(command);

	return usage ? err_create(ERR_USAGE, "%s; usage: %s", what, usage) : &err_nomem;
}

/** Tokens for the handler, as they are. */
static struct err *take_raw(struct args *args, const struct tokens *tokens)
{
	args->raw = (const char *const *)tokens->list.items + 1;
	args->num_raw = tokens->list.num - 1;
	if (args->num_raw && strcmp(args->raw[args->num_raw - 1], "--json") == 0) {
		args->want_json = true;
		args->num_raw--;
	}
	return args->num_raw < args->command->min_words
		       ? wrong_number(args->command, "argument missing")
		       : NULL;
}

struct err *args_parse(const struct command *command, const struct tokens *tokens, struct args *ret)
{
	struct args args = {.command = command};
	bool has_options = true;
	struct err *err;
	size_t i;

	if (command->want_raw) {
		err = take_raw(&args, tokens);
		if (!err)
			*ret = args;
		return err;
	}
	for (i = 1; i < tokens->list.num; i++) {
		const char *word = tokens->list.items[i];

		if (has_options && strcmp(word, "--") == 0) {
			has_options = false;
		} else if (has_options && strcmp(word, "--json") == 0) {
			args.want_json = true;
		} else if (has_options && word[0] == '-' && word[1] &&
			   !isdigit((unsigned char)word[1])) {
			err = parse_option(tokens, &i, &args);
			if (err)
				return err;
		} else if (args.num_words == command->max_words) {
			return wrong_number(command, "too many arguments");
		} else {
			args.words[args.num_words++] = word;
		}
	}
	if (args.num_words < command->min_words)
		return wrong_number(command, "argument missing");
	*ret = args;
	return NULL;
}

/** Place of an option in the table of the command. */
static size_t option_index(const struct args *args, const char *name)
{
	size_t i = 0;

	while (strcmp(args->command->options[i].name, name) != 0) {
		i++;
		assert(args->command->options[i].name);
	}
	return i;
}

const char *args_value(const struct args *args, const char *option)
{
	return args->values[option_index(args, option)];
}

unsigned args_choice(const struct args *args, const char *option)
{
	size_t i = option_index(args, option);

	return args->values[i] ? choice_index(args->command->options[i].value, args->values[i]) : 0;
}

struct err *args_parse_number(const char *text, long min, long *ret)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || text[0] == ' ')
		return err_create(ERR_USAGE, "'%s' is no whole number", text);
	if (value < min)
		return err_create(ERR_USAGE, "%ld is too small, at least %ld is needed", value,
				  min);
	*ret = value;
	return NULL;
}

struct err *args_parse_period(const char *text, uint64_t *ret)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !isfinite(value) || value < 0.001 || value > PERIOD_MAX_S)
		return err_create(ERR_USAGE, "'%s' is no number of seconds, at least 0.001", text);
	*ret = (uint64_t)(value * (double)NS_PER_S);
	return NULL;
}
