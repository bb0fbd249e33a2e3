// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "console/shell/complete.h"

#include "console/syntax/command.h"
#include "console/syntax/tokens.h"
#include "heap/stats.h"
#include "supervisor/code.h"
#include "supervisor/snapshots.h"

#include <string.h>

/** A long list of functions helps nobody. */
#define MAX_FUNCTIONS 200

struct completer {
	const struct command_table *table;
	struct traced *traced;
	const char *text;
	struct completions *out;
};

static void offer(struct completer *completer, const char *word)
{
	char *copy;

	if (strncmp(word, completer->text, strlen(completer->text)) != 0)
		return;
	copy = strdup(word);
	if (copy && !vec_push(&completer->out->list, copy))
		free(copy);
}

static void offer_function(void *ctx, const char *name)
{
	offer(ctx, name);
}

static void offer_snapshots(struct completer *completer)
{
	size_t num = traced_num_snapshots(completer->traced), i;

	for (i = 0; i < num; i++)
		offer(completer, traced_get_snapshot(completer->traced, i)->name);
}

/** The words of "a|b|c". */
static void offer_fixed(struct completer *completer, const char *fixed)
{
	while (*fixed) {
		size_t n = strcspn(fixed, "|");
		_cleanup_free_ char *word = strndup(fixed, n);

		if (word)
			offer(completer, word);
		fixed += n + (fixed[n] == '|');
	}
}

/** fixed: or NULL. */
static void offer_kinds(struct completer *completer, unsigned kinds, const char *fixed)
{
	size_t i;

	for (i = 0; (kinds & COMPLETE_COMMAND) && i < completer->table->num; i++)
		offer(completer, completer->table->rows[i].name);
	if (kinds & COMPLETE_FILE)
		completer->out->want_files = true;
	if (kinds & COMPLETE_SNAPSHOT)
		offer_snapshots(completer);
	if (fixed)
		offer_fixed(completer, fixed);
	for (i = 0; (kinds & COMPLETE_KEY) && i < NUM_KEYS; i++)
		offer(completer, group_key_names[i]);
	if (kinds & (COMPLETE_CALL | COMPLETE_FUNCTION))
		traced_complete_function(completer->traced, completer->text, MAX_FUNCTIONS,
					 offer_function, completer);
}

static void offer_options(struct completer *completer, const struct command *command)
{
	const struct command_option *option;

	for (option = command->options; option->name; option++)
		offer(completer, option->name);
}

static void offer_value(struct completer *completer, const struct command_option *option)
{
	if (strchr(option->value, '|'))
		offer_fixed(completer, option->value);
	else
		offer_kinds(completer, option->kinds, option->fixed);
}

/** The option that the last token is, if its value is what comes next, or NULL. Counts the tokens
 *  before that are no options and no values. */
static const struct command_option *pending_option(const struct command *command,
						   const struct tokens *tokens,
						   size_t *num_words_ret)
{
	const struct command_option *pending = NULL;
	size_t i;

	*num_words_ret = 0;
	for (i = 1; i < tokens->list.num; i++) {
		const char *word = tokens->list.items[i];
		const struct command_option *option;
		struct err *err;

		if (pending) {
			pending = NULL;
		} else if (word[0] != '-') {
			++*num_words_ret;
		} else {
			err = command_find_option(command, word, &option);
			if (!err && option->value)
				pending = option;
			err_destroy(err);
		}
	}
	return pending;
}

static void complete_argument(struct completer *completer, const struct command *command,
			      const struct tokens *tokens)
{
	const struct command_option *option;
	size_t num;
	unsigned kinds;

	option = pending_option(command, tokens, &num);
	if (option) {
		offer_value(completer, option);
		return;
	}
	if (completer->text[0] == '-') {
		offer_options(completer, command);
		return;
	}
	if (num >= command->max_words)
		return;
	kinds = command->kinds[num];
	if ((kinds & COMPLETE_CALL) && strcmp(tokens->list.items[1], "call") != 0)
		kinds = 0;
	offer_kinds(completer, kinds, command->fixed[num]);
}

void complete(const struct command_table *table, struct traced *traced, const char *before,
	      const char *text, struct completions *ret)
{
	struct completer completer = {table, traced, text, ret};
	_cleanup_tokens_ struct tokens tokens = {0};
	const struct command *command;
	_cleanup_err_ struct err *err = tokens_split(before, &tokens);

	if (err)
		return;
	if (!tokens.list.num) {
		offer_kinds(&completer, COMPLETE_COMMAND, NULL);
		return;
	}
	err = command_find(table, tokens.list.items[0], &command);
	if (!err)
		complete_argument(&completer, command, &tokens);
}

void completions_deinit(struct completions *completions)
{
	size_t i;

	for (i = 0; i < completions->list.num; i++)
		free(completions->list.items[i]);
	vec_deinit(&completions->list);
	completions->want_files = false;
}
