// SPDX-License-Identifier: GPL-3.0-or-later
// Several processes: processes process.
#include "config.h"

#include "base/fmt.h"
#include "base/utf8.h"
#include "console/commands/commands.h"
#include "console/commands/describe.h"
#include "supervisor/processes.h"
#include "supervisor/traced.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void add_process(struct jsonl *doc, const struct console *console, struct traced *process,
			const struct traced_status *status)
{
	char state[DESCRIBE_STATE_MAX];

	if (status->pid)
		jsonl_int(doc, "pid", status->pid);
	else
		jsonl_string(doc, "pid", NULL);
	if (status->num_folded) {
		jsonl_uint(doc, "processes", status->num_folded);
		jsonl_uint(doc, "unsuccessful", status->num_unsuccessful);
		jsonl_uint(doc, "left", status->num_left);
	}
	if (status->parent)
		jsonl_int(doc, "parent", status->parent);
	else
		jsonl_string(doc, "parent", NULL);
	jsonl_string(doc, "program", status->exe);
	jsonl_string(doc, "state", describe_state(status, state));
	jsonl_bool(doc, "current", process == console->traced);
	jsonl_uint(doc, "size", status->totals.live_bytes);
	jsonl_uint(doc, "count", status->totals.live_blocks);
	jsonl_uint(doc, "calls", status->totals.total_blocks);
	if (status->sample_rate)
		jsonl_uint(doc, "sample_rate", status->sample_rate);
}

static void print_process(const struct console *console, struct traced *process,
			  const struct traced_status *status)
{
	_cleanup_free_ char *program = utf8_printable(last_component(status->exe));
	char state[DESCRIBE_STATE_MAX], size[FMT_SIZE_MAX + 1] = "~", count[24], pid[24] = "-",
							    parent[24] = "-";
	bool is_estimate = status->sample_rate;

	fmt_size((double)status->totals.live_bytes, false, size + is_estimate);
	snprintf(count, sizeof(count), "%s%" PRIu64, is_estimate ? "~" : "",
		 status->totals.live_blocks);

	if (status->pid)
		snprintf(pid, sizeof(pid), "%d", (int)status->pid);
	if (status->parent)
		snprintf(parent, sizeof(parent), "%d", (int)status->parent);
	fprintf(console->out, "%c %7s %7s %12s %10s  %-18s  %s\n",
		process == console->traced ? '*' : ' ', pid, parent, size, count,
		program ? program : "", describe_state(status, state));
}

struct err *cmd_processes(struct console *console, const struct args *args)
{
	struct jsonl *doc = console->want_json ? jsonl_begin("processes") : NULL;
	size_t num = session_num_processes(console->session), i;
	struct traced_status status;
	struct traced *process;
	struct err *err = NULL;

	(void)args;
	if (doc)
		jsonl_open_array(doc, "processes");
	else
		fprintf(console->out, "  %7s %7s %12s %10s  %-18s  %s\n", "PID", "PARENT", "SIZE",
			"BLOCKS", "PROGRAM", "STATE");
	for (i = 0; i < num && !err; i++) {
		process = session_process(console->session, i);
		err = traced_status(process, &status);
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

/** The Nth in the list. */
static struct err *find_rank(struct console *console, const char *word, struct traced **ret)
{
	size_t num = session_num_processes(console->session);
	long rank;
	struct err *err = args_parse_number(word + 1, 1, &rank);

	if (err)
		return err;
	if ((size_t)rank > num)
		return err_create(ERR_NOT_FOUND, "there is no %s: processes=%zu", word, num);
	*ret = session_process(console->session, (size_t)rank - 1);
	return NULL;
}

/** The newest: the kernel may give a number again. */
static struct err *find_pid(struct console *console, pid_t pid, struct traced **ret)
{
	size_t i = session_num_processes(console->session);

	while (i-- > 0) {
		*ret = session_process(console->session, i);
		if (traced_pid(*ret) == pid)
			return NULL;
	}
	return err_create(ERR_NOT_FOUND, "no process %d is followed; 'processes' lists them",
			  (int)pid);
}

/** The table of several that ran the program, or the newest that runs or ran it. */
static struct err *find_program(struct console *console, const char *word, struct traced **ret)
{
	size_t i = session_num_processes(console->session);
	struct traced_status status;
	struct traced *process, *found = NULL;
	struct err *err;

	while (i-- > 0) {
		process = session_process(console->session, i);
		err = traced_status(process, &status);
		if (err)
			return err;
		if (strcmp(status.exe, word) != 0 && strcmp(last_component(status.exe), word) != 0)
			continue;
		if (!found || status.num_folded)
			found = process;
		if (status.num_folded)
			break;
	}
	if (!found)
		return err_create(ERR_NOT_FOUND,
				  "no process that runs '%s' is followed; 'processes' lists them",
				  word);
	*ret = found;
	return NULL;
}

static bool is_number(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

struct err *check_process(const struct args *args)
{
	const char *word = args->num_words ? args->words[0] : NULL;
	long number;

	if (!word || (*word != '#' && !is_number(word)))
		return NULL;
	return args_parse_number(word + (*word == '#'), 1, &number);
}

static struct err *find_process(struct console *console, const char *word, struct traced **ret)
{
	struct err *err;
	long pid;

	if (*word == '#')
		return find_rank(console, word, ret);
	if (!is_number(word))
		return find_program(console, word, ret);
	err = args_parse_number(word, 1, &pid);
	return err ? err : find_pid(console, (pid_t)pid, ret);
}

struct err *cmd_process(struct console *console, const struct args *args)
{
	char state[DESCRIBE_STATE_MAX];
	struct traced_status status;
	struct traced *process = console->traced;
	struct err *err = NULL;

	if (args->num_words)
		err = find_process(console, args->words[0], &process);
	if (!err)
		err = traced_status(process, &status);
	if (err)
		return err;
	console_choose(console, process);
	if (console->want_json) {
		struct jsonl *doc = jsonl_begin("process");

		add_process(doc, console, process, &status);
		return commands_end_json(console, doc);
	}
	if (status.num_folded)
		fprintf(console->out, "processes of ");
	else
		fprintf(console->out, "process %d: ", (int)status.pid);
	utf8_print(console->out, status.exe);
	fprintf(console->out, ", %s\n", describe_state(&status, state));
	return NULL;
}
