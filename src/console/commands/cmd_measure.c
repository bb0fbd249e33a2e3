// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of a function: measure.
#include "config.h"

#include "base/utf8.h"
#include "console/commands/commands.h"
#include "supervisor/measure.h"

#include <inttypes.h>
#include <string.h>

static void add_one(void *ctx, const char *function, uint64_t num_calls, uint64_t num_done,
		    uint64_t num_active)
{
	jsonl_open_object(ctx, NULL);
	jsonl_string(ctx, "function", function);
	jsonl_uint(ctx, "calls", num_done);
	jsonl_uint(ctx, "in_progress", num_active);
	jsonl_uint(ctx, "calls_per_result", num_calls);
	jsonl_close(ctx);
}

static struct err *list_json(struct console *console)
{
	struct jsonl *doc = jsonl_begin("measure");

	jsonl_open_array(doc, "functions");
	traced_measure_list(console->traced, add_one, doc);
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

static void list_one(void *ctx, const char *function, uint64_t num_calls, uint64_t num_done,
		     uint64_t num_active)
{
	struct console *console = ctx;

	utf8_print(console->out, function);
	fprintf(console->out,
		": calls=%" PRIu64 ", in progress=%" PRIu64 ", a result every %" PRIu64 " calls\n",
		num_done, num_active, num_calls);
}

static struct err *parse_calls(const struct args *args, long *ret)
{
	const char *function = args->words[0], *calls = args_value(args, "--calls");

	if (args->num_words > 1 && strcmp(function, "off") != 0)
		return err_create(ERR_USAGE, "too many arguments for 'measure %s'", function);
	return calls ? args_parse_number(calls, 1, ret) : NULL;
}

struct err *check_measure(const struct args *args)
{
	long num_calls;

	return parse_calls(args, &num_calls);
}

struct err *cmd_measure(struct console *console, const struct args *args)
{
	const char *function = args->words[0];
	bool is_off = strcmp(function, "off") == 0;
	long num_calls = 1;
	struct err *err = parse_calls(args, &num_calls);

	if (err)
		return err;
	if (is_off)
		return traced_measure_off(console->traced,
					  args->num_words > 1 ? args->words[1] : NULL);
	if (strcmp(function, "list") == 0 && console->want_json)
		return list_json(console);
	if (strcmp(function, "list") == 0) {
		traced_measure_list(console->traced, list_one, console);
		return NULL;
	}
	return traced_measure(console->traced, function, (uint64_t)num_calls);
}
