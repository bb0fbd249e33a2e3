// SPDX-License-Identifier: GPL-3.0-or-later
// Which frames do not name a row: skip.
#include "config.h"

#include "base/utf8.h"
#include "console/commands/commands.h"

#include <string.h>

struct err *check_skip(const struct args *args)
{
	const char *what = args->words[0];

	if (strcmp(what, "add") == 0)
		return args->num_words == 2
			       ? skip_rule_check(args->words[1])
			       : err_create(ERR_USAGE,
					    "what is to be skipped? usage: skip add RULE");
	if (strcmp(what, "list") != 0 && strcmp(what, "clear") != 0)
		return err_create(ERR_USAGE, "skip can add, list and clear, not '%s'", what);
	if (args->num_words > 1)
		return err_create(ERR_USAGE, "too many arguments for 'skip %s'", what);
	if (args_has(args, "--all") && strcmp(what, "list") != 0)
		return err_create(ERR_USAGE, "--all is for 'skip list'");
	return NULL;
}

static struct err *list_json(struct console *console, bool want_all)
{
	struct jsonl *doc = jsonl_begin("skip");
	bool is_users;
	size_t i;

	jsonl_open_array(doc, "rules");
	for (i = 0; i < skip_rules_num(console->skip); i++) {
		const char *text = skip_rules_get(console->skip, i, &is_users);

		if (!want_all && !is_users)
			continue;
		jsonl_open_object(doc, NULL);
		jsonl_string(doc, "rule", text);
		jsonl_bool(doc, "installed", !is_users);
		jsonl_close(doc);
	}
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

static struct err *list(struct console *console, bool want_all)
{
	size_t num_installed = 0, num_users = 0, i;
	bool is_users;

	if (console->want_json)
		return list_json(console, want_all);
	for (i = 0; i < skip_rules_num(console->skip); i++) {
		const char *text = skip_rules_get(console->skip, i, &is_users);

		num_installed += !is_users;
		num_users += is_users;
		if (!want_all && !is_users)
			continue;
		utf8_print(console->out, text);
		fputc('\n', console->out);
	}
	if (!num_users)
		fputs("# no rules of yours; 'skip add' adds one\n", console->out);
	if (num_installed && !want_all)
		fprintf(console->out, "# and %zu installed rules; 'skip list --all' shows them\n",
			num_installed);
	return NULL;
}

struct err *cmd_skip(struct console *console, const struct args *args)
{
	const char *what = args->words[0];
	struct err *err = check_skip(args);

	if (err)
		return err;
	if (strcmp(what, "list") == 0)
		return list(console, args_has(args, "--all"));
	if (strcmp(what, "clear") == 0) {
		skip_rules_clear(console->skip);
		return NULL;
	}
	return skip_rules_add(console->skip, args->words[1], true);
}
