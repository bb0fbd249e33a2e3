// SPDX-License-Identifier: GPL-3.0-or-later
// Named snapshots: snapshot snapshots drop.
#include "config.h"

#include "base/fmt.h"
#include "console/commands.h"
#include "console/describe.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/** Names that a command could take for something else. */
static struct err *check_name(const char *name)
{
	const char *p;
	size_t i;

	for (i = 0; i < NUM_KEYS; i++)
		if (strcmp(name, group_key_names[i]) == 0)
			return err_create(ERR_USAGE, "'%s' is a key, choose another name", name);
	if (strcmp(name, "live") == 0)
		return err_create(ERR_USAGE, "'live' is the present state, choose another name");
	for (p = name; *p; p++)
		if (iscntrl((unsigned char)*p))
			return err_create(ERR_USAGE, "a name has no control characters");
	if (!*name || strchr("-#", *name))
		return err_create(ERR_USAGE, "'%s' cannot be a name", name);
	return NULL;
}

struct err *cmd_snapshot(struct console *console, const struct args *args)
{
	const char *name = args->num_words ? args->words[0] : NULL;
	_cleanup_free_ char *text = NULL;
	const struct snapshot *snapshot;
	struct session_status status;
	struct err *err = NULL;

	if (name)
		err = check_name(name);
	if (!err)
		err = session_snapshot(console->session, name, &snapshot);
	if (!err)
		err = session_status(console->session, &status);
	if (err)
		return err;
	text = describe_snapshot(snapshot, &status);
	if (!text)
		return &err_nomem;
	fprintf(console->out, "%s\n", text);
	return NULL;
}

static void print_snapshot(FILE *out, const struct snapshot *snapshot, int width)
{
	char size[FMT_SIZE_MAX];

	fprintf(out, "%-*s %8.1f s %10s %10" PRIu64 " %8zu\n", width, snapshot->name,
		(double)(snapshot->time_ns - snapshot->start_ns) / 1e9,
		fmt_size((double)snapshot->totals.live_bytes, false, size),
		snapshot->totals.live_blocks, snapshot->num_live_stacks);
}

struct err *cmd_snapshots(struct console *console, const struct args *args)
{
	size_t num = session_num_snapshots(console->session), i;
	int width = strlen("NAME");

	(void)args;
	if (!num) {
		fputs("# no snapshots; 'snapshot' takes one\n", console->out);
		return NULL;
	}
	for (i = 0; i < num; i++) {
		int len = (int)strlen(session_get_snapshot(console->session, i)->name);

		if (len > width)
			width = len;
	}
	fprintf(console->out, "%-*s %10s %10s %10s %8s\n", width, "NAME", "TIME", "SIZE", "BLOCKS",
		"STACKS");
	for (i = 0; i < num; i++)
		print_snapshot(console->out, session_get_snapshot(console->session, i), width);
	return NULL;
}

struct err *cmd_drop(struct console *console, const struct args *args)
{
	return session_drop_snapshot(console->session, args->words[0]);
}
