// SPDX-License-Identifier: GPL-3.0-or-later
// Named snapshots: snapshot snapshots drop.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/commands.h"
#include "console/commands/describe.h"
#include "console/commands/merge.h"
#include "supervisor/processes.h"
#include "supervisor/snapshots.h"
#include "supervisor/traced.h"

#include <inttypes.h>
#include <string.h>

/** Take one in each process of a program. */
static struct err *take_all(struct console *console, const char *program, const char *name,
			    struct snapshot_ref *ret)
{
	size_t num = session_num_processes(console->session), i;
	const struct snapshot *snapshot;
	struct err *err = NULL;
	bool is_one;

	if (!name)
		return err_create(ERR_USAGE, "which name? usage: snapshot NAME --merge PROGRAM");
	for (i = 0; i < num && !err; i++) {
		struct traced *process = session_process(console->session, i);

		err = merge_matches(process, program, &is_one);
		if (!err && is_one)
			err = traced_snapshot(process, name, &snapshot);
	}
	return err ? err : merge_find(console, program, 0, name, ret);
}

struct err *cmd_snapshot(struct console *console, const struct args *args)
{
	const char *name = args->num_words ? args->words[0] : NULL;
	const char *program = args_value(args, "--merge");
	_cleanup_snapshot_ref_ struct snapshot_ref ref = {0};
	_cleanup_free_ char *text = NULL;
	struct traced_status status;
	struct err *err = NULL;

	if (name)
		err = snapshot_ref_check_name(name);
	if (!err && program)
		err = take_all(console, program, name, &ref);
	else if (!err)
		err = traced_snapshot(console->traced, name, &ref.snapshot);
	if (!err)
		err = traced_status(console->traced, &status);
	if (err)
		return err;
	if (console->want_json) {
		struct jsonl *doc = jsonl_begin("snapshot");

		describe_snapshot_json(doc, "snapshot", ref.snapshot);
		return commands_end_json(console, doc);
	}
	text = describe_snapshot(ref.snapshot, &status);
	if (!text)
		return &err_nomem;
	utf8_print(console->out, text);
	fputc('\n', console->out);
	return NULL;
}

static void print_snapshot(FILE *out, const struct snapshot *snapshot, int width)
{
	_cleanup_free_ char *name = utf8_printable(snapshot->name);
	char size[FMT_SIZE_MAX + 1] = "~", count[24];
	bool is_estimate = snapshot->sample_rate;

	fmt_size((double)snapshot->totals.live_bytes, false, size + is_estimate);
	snprintf(count, sizeof(count), "%s%" PRIu64, is_estimate ? "~" : "",
		 snapshot->totals.live_blocks);
	fprintf(out, "%-*s %8.1f s %10s %10s %8zu\n", width, name ? name : "?",
		(double)(snapshot->time_ns - snapshot->start_ns) / 1e9, size, count,
		snapshot->num_live_stacks);
}

static struct err *list_json(struct console *console, size_t num)
{
	struct jsonl *doc = jsonl_begin("snapshots");
	size_t i;

	jsonl_open_array(doc, "snapshots");
	for (i = 0; i < num; i++)
		describe_snapshot_json(doc, NULL, traced_get_snapshot(console->traced, i));
	jsonl_close(doc);
	return commands_end_json(console, doc);
}

struct err *cmd_snapshots(struct console *console, const struct args *args)
{
	size_t num = traced_num_snapshots(console->traced), i;
	int width = strlen("NAME");

	(void)args;
	if (console->want_json)
		return list_json(console, num);
	if (!num) {
		fputs("# no snapshots; 'snapshot' takes one\n", console->out);
		return NULL;
	}
	for (i = 0; i < num; i++) {
		int len = (int)strlen(traced_get_snapshot(console->traced, i)->name);

		if (len > width)
			width = len;
	}
	fprintf(console->out, "%-*s %10s %10s %10s %8s\n", width, "NAME", "TIME", "SIZE", "BLOCKS",
		"STACKS");
	for (i = 0; i < num; i++)
		print_snapshot(console->out, traced_get_snapshot(console->traced, i), width);
	return NULL;
}

struct err *cmd_drop(struct console *console, const struct args *args)
{
	return traced_drop_snapshot(console->traced, args->words[0]);
}
