// SPDX-License-Identifier: GPL-3.0-or-later
// Several processes: processes process.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands.h"
#include "console/describe.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_process(struct jsonl *doc, const struct console *console, struct session *process,
			const struct session_status *status)
{
	char state[DESCRIBE_STATE_MAX];

	jsonl_int(doc, "pid", status->pid);
	if (status->parent)
		jsonl_int(doc, "parent", status->parent);
	else
		jsonl_string(doc, "parent", NULL);
	jsonl_string(doc, "program", status->exe);
	jsonl_string(doc, "state", describe_state(status, state));
	jsonl_bool(doc, "current", process == console->session);
	jsonl_uint(doc, "size", status->totals.live_bytes);
	jsonl_uint(doc, "count", status->totals.live_blocks);
	jsonl_uint(doc, "calls", status->totals.total_blocks);
}

static void print_process(const struct console *console, struct session *process,
			  const struct session_status *status)
{
	_cleanup_free_ char *program = utf8_printable(last_component(status->exe));
	char state[DESCRIBE_STATE_MAX], size[FMT_SIZE_MAX], parent[24] = "-";

	if (status->parent)
		snprintf(parent, sizeof(parent), "%d", (int)status->parent);
	fprintf(console->out, "%c %7d %7s %12s %10" PRIu64 "  %-18s  %s\n",
		process == console->session ? '*' : ' ', (int)status->pid, parent,
		fmt_size((double)status->totals.live_bytes, false, size),
		status->totals.live_blocks, program ? program : "", describe_state(status, state));
}

struct err *cmd_processes(struct console *console, const struct args *args)
{
	struct jsonl *doc = console->want_json ? jsonl_begin("processes") : NULL;
	size_t num = session_num_processes(console->first), i;
	struct session_status status;
	struct session *process;
	struct err *err = NULL;

	(void)args;
	if (doc)
		jsonl_open_array(doc, "processes");
	else
		fprintf(console->out, "  %7s %7s %12s %10s  %-18s  %s\n", "PID", "PARENT", "SIZE",
			"BLOCKS", "PROGRAM", "STATE");
	for (i = 0; i < num && !err; i++) {
		process = session_process(console->first, i);
		err = session_status(process, &status);
		if (err)
			break;
		if (doc) {
			jsonl_open_object(doc, NULL);
			add_process(doc, console, process, &status);
			jsonl_close(doc);
		} else {
			print_process(console, process, &status);
		}
	}
	if (!doc)
		return err;
	jsonl_close(doc);
	if (!err)
		return commands_end_json(console, doc);
	jsonl_destroy(doc);
	return err;
}

struct err *check_process(const struct args *args)
{
	long number;

	return args->num_words
		       ? args_parse_number(args->words[0] + (*args->words[0] == '#'), 1, &number)
		       : NULL;
}

/** "PID" or "#N", the Nth in the list. */
static struct err *find_process(struct console *console, const char *word, struct session **ret)
{
	size_t i = session_num_processes(console->first);
	bool is_rank = *word == '#';
	struct err *err;
	long pid;

	err = args_parse_number(word + is_rank, 1, &pid);
	if (err)
		return err;
	if (is_rank && (size_t)pid > i)
		return err_create(ERR_NOT_FOUND, "there is no %s: processes=%zu", word, i);
	if (is_rank) {
		*ret = session_process(console->first, (size_t)pid - 1);
		return NULL;
	}
	// The newest: the kernel may give a number again.
	while (i-- > 0) {
		*ret = session_process(console->first, i);
		if (session_pid(*ret) == pid)
			return NULL;
	}
	return err_create(ERR_NOT_FOUND, "no process %ld is followed; 'processes' lists them", pid);
}

struct err *cmd_process(struct console *console, const struct args *args)
{
	char state[DESCRIBE_STATE_MAX];
	struct session_status status;
	struct session *process = console->session;
	struct err *err = NULL;

	if (args->num_words)
		err = find_process(console, args->words[0], &process);
	if (!err)
		err = session_status(process, &status);
	if (err)
		return err;
	console_choose(console, process);
	if (console->want_json) {
		struct jsonl *doc = jsonl_begin("process");

		add_process(doc, console, process, &status);
		return commands_end_json(console, doc);
	}
	fprintf(console->out, "process %d: ", (int)status.pid);
	utf8_print(console->out, status.exe);
	fprintf(console->out, ", %s\n", describe_state(&status, state));
	return NULL;
}
