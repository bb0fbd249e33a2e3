// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshot files: dump load every.
#include "config.h"

#include "base/utf8.h"
#include "console/commands/describe.h"
#include "console/commands/merge.h"
#include "console/terminal/progress.h"
#include "supervisor/snapshots.h"
#include "supervisor/storing.h"
#include "supervisor/traced.h"

#include <string.h>

static struct err *show(struct console *console, const char *command,
			const struct snapshot *snapshot, const char *verb, const char *path)
{
	struct traced_status status;
	_cleanup_free_ char *text = NULL;
	struct jsonl *doc;
	struct err *err;

	if (console->want_json) {
		doc = jsonl_begin(command);
		describe_snapshot_json(doc, "snapshot", snapshot);
		jsonl_string(doc, "file", path);
		return commands_end_json(console, doc);
	}
	err = traced_status(console->traced, &status);
	if (err)
		return err;
	text = describe_snapshot(snapshot, &status);
	if (!text)
		return &err_nomem;
	utf8_print(console->out, text);
	fprintf(console->out, "\n# %s ", verb);
	utf8_print(console->out, path);
	fputc('\n', console->out);
	return NULL;
}

static struct err *dump(struct console *console, const struct snapshot *snapshot, const char *path)
{
	struct progress *progress = progress_begin(console->traced, console->out, "storing");
	struct err *err = traced_dump(console->traced, snapshot,
				      console->merged ? merge_source(console) : NULL, path);

	progress_end(progress);
	return err;
}

struct err *cmd_dump(struct console *console, const struct args *args)
{
	const char *path = args->words[args->num_words - 1];
	_cleanup_snapshot_ref_ struct snapshot_ref ref = {0};
	struct err *err;

	// A file knows snapshots by name, and "live" would soon be a lie.
	if (args_has(args, "--merge"))
		err = merge_find(console, args_value(args, "--merge"), 0,
				 args->num_words > 1 ? args->words[0] : NULL, &ref);
	else if (args->num_words == 1 || strcmp(args->words[0], "live") == 0)
		err = traced_snapshot(console->traced, NULL, &ref.snapshot);
	else
		err = snapshot_ref_find(console, args->words[0], &ref);
	if (!err)
		err = dump(console, ref.snapshot, path);
	return err ? err : show(console, "dump", ref.snapshot, "written to", path);
}

struct err *cmd_load(struct console *console, const struct args *args)
{
	const char *as = args->num_words > 1 ? args->words[1] : NULL;
	const struct snapshot *snapshot;
	struct err *err = as ? snapshot_ref_check_name(as) : NULL;

	if (!err)
		err = traced_load(console->traced, args->words[0], as, &snapshot);
	return err ? err : show(console, "load", snapshot, "from", args->words[0]);
}

/** 0: off. */
static struct err *parse_every(const struct args *args, uint64_t *period_ret)
{
	if (strcmp(args->words[0], "off") == 0)
		return args->num_words > 1
			       ? err_create(ERR_USAGE, "too many arguments for 'every off'")
			       : NULL;
	if (args->num_words < 2)
		return err_create(ERR_USAGE, "which file? usage: every SECONDS FILE | off");
	return args_parse_period(args->words[0], period_ret);
}

struct err *check_every(const struct args *args)
{
	uint64_t period = 0;

	return parse_every(args, &period);
}

struct err *cmd_every(struct console *console, const struct args *args)
{
	uint64_t period = 0;
	const char *path = args->words[1];
	struct err *err = parse_every(args, &period);

	if (!err && period)
		err = session_check_store(path);
	return err ? err : traced_every(console->traced, period, period ? path : NULL);
}
