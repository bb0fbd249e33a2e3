// SPDX-License-Identifier: GPL-3.0-or-later
// Which frames do not name a row: skip.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/query.h"
#include "console/commands/snapshot_ref.h"
#include "console/terminal/progress.h"
#include "heap/suggest.h"
#include "supervisor/code.h"

#include <inttypes.h>
#include <string.h>

struct err *check_skip(const struct args *args)
{
	const char *what = args->words[0];
	size_t rows;

	if (strcmp(what, "add") == 0)
		return args->num_words == 2
			       ? skip_rule_check(args->words[1])
			       : err_create(ERR_USAGE,
					    "what is to be skipped? usage: skip add RULE");
	if (strcmp(what, "list") != 0 && strcmp(what, "clear") != 0 && strcmp(what, "suggest") != 0)
		return err_create(ERR_USAGE, "skip can add, list, clear and suggest, not '%s'",
				  what);
	if (args->num_words > 1)
		return err_create(ERR_USAGE, "too many arguments for 'skip %s'", what);
	if (args_has(args, "--all") && strcmp(what, "list") != 0)
		return err_create(ERR_USAGE, "--all is for 'skip list'");
	if (args_has(args, "-n") && strcmp(what, "suggest") != 0)
		return err_create(ERR_USAGE, "-n is for 'skip suggest'");
	return query_parse_rows(args, &rows);
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

static struct err *suggest_json(struct console *console, const struct suggestions *suggestions,
				size_t num)
{
	const struct strtab *strings = traced_resolver(console->traced)->strings;
	struct jsonl *doc = jsonl_begin("skip");
	size_t i;

	jsonl_open_array(doc, "suggestions");
	for (i = 0; i < num; i++) {
		const struct suggestion *s = &suggestions->items[i];

		jsonl_open_object(doc, NULL);
		jsonl_string(doc, "rule", s->rule);
		jsonl_string(doc, "function", strtab_get(strings, s->function));
		jsonl_string(doc, "module", s->module ? strtab_get(strings, s->module) : NULL);
		jsonl_uint(doc, "callers", s->num_callers);
		jsonl_uint(doc, "size", s->size);
		jsonl_uint(doc, "count", s->count);
		jsonl_close(doc);
	}
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

static void print_suggestion(FILE *out, const struct suggestion *s, const struct strtab *strings)
{
	bool is_plain = !s->rule[strcspn(s->rule, " '\"\\#")];
	char size[FMT_SIZE_MAX];

	utf8_print(out, strtab_get(strings, s->function));
	fprintf(out, ": callers=%zu, size=%s, count=%" PRIu64 "\n  skip add %s", s->num_callers,
		fmt_size((double)s->size, false, size), s->count, is_plain ? "" : "'");
	utf8_print(out, s->rule);
	fputs(is_plain ? "\n" : "'\n", out);
}

static struct err *suggest(struct console *console, const struct args *args)
{
	_cleanup_suggestions_ struct suggestions *suggestions = NULL;
	const struct resolver *resolver = traced_resolver(console->traced);
	_cleanup_snapshot_ref_ struct snapshot_ref ref = {0};
	struct progress *progress;
	size_t rows = 0, i;
	struct err *err = query_parse_rows(args, &rows);

	if (!err)
		err = snapshot_ref_find(console, NULL, &ref);
	progress = progress_begin(console->traced, console->out, NULL);
	if (!err)
		err = suggestions_create(ref.snapshot, console->skip, resolver, &suggestions);
	progress_end(progress);
	if (err)
		return err;
	if (rows > suggestions->num)
		rows = suggestions->num;
	if (console->want_json)
		return suggest_json(console, suggestions, rows);
	for (i = 0; i < rows; i++)
		print_suggestion(console->out, &suggestions->items[i], resolver->strings);
	if (!suggestions->num)
		fputs("# no function looks like a wrapper\n", console->out);
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
	if (strcmp(what, "suggest") == 0)
		return suggest(console, args);
	return skip_rules_add(console->skip, args->words[1], true);
}
