// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzz target: lines of the console on a session without a process, and names to shorten. With
// libFuzzer see scripts/fuzz; else main() runs the corpus, every beginning of every line, and every
// line with each byte changed.
#include "config.h"

#include "base/short_name.h"
#include "console/commands/console.h"
#include "console/commands/table.h"
#include "console/shell/complete.h"
#include "console/syntax/line.h"
#include "fake_session.h"
#include "wire/probe.h"

#include <stdlib.h>
#include <string.h>

#define CORPUS    "command_line"
#define MAX_LINES 64
#define MAX_LINE  4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct err *check_probe(const char *spec)
{
	char domain[PROBE_DOMAIN_MAX];
	struct probe_list list = {0};
	size_t first;
	struct err *err = probe_list_parse(&list, spec, domain, &first);

	if (!err && (!list.items.num || !*domain))
		abort();
	probe_list_deinit(&list);
	return err;
}

static void shorten(const char *name)
{
	char *text = short_name(name);

	// What is written more briefly is never longer, but for the blanks behind commas.
	if (!text || strlen(text) > 2 * strlen(name))
		abort();
	free(text);
}

static void run_line(struct session *s, struct console *console, const char *line)
{
	struct completions found = {0};
	const char *text = strrchr(line, ' ');
	_cleanup_free_ char *before = strndup(line, text ? (size_t)(text + 1 - line) : 0);
	struct err *err;

	if (strncmp(line, "--name ", 7) == 0) {
		shorten(line + 7);
		return;
	}
	err = strncmp(line, "--probe ", 8) == 0 ? check_probe(line + 8)
						: line_check(&all_commands, line);
	if (err && !*err_text(err))
		abort();
	err_destroy(err);
	err = console_execute(console, line);
	if (err && !*err_text(err))
		abort();
	err_destroy(err);
	if (before)
		complete(&all_commands, s->first, before, text ? text + 1 : line, &found);
	completions_deinit(&found);
	s->log[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session *s = fake_session();
	struct console_config config = {.commands = &all_commands, .out = fopen("/dev/null", "w")};
	struct console *console;
	const uint8_t *end = data + size;
	unsigned num;

	if (!config.out || console_create(s, &config, &console))
		abort();
	fake_alloc(s->first, 0x1000, 100, FAKE_LEAK, FAKE_MAIN, 0);
	fake_alloc(s->first, 0x2000, 50, FAKE_GROW, FAKE_INLINED, 0);
	for (num = 0; data < end && num < MAX_LINES; num++) {
		const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
		size_t len = newline ? (size_t)(newline - data) : (size_t)(end - data);
		_cleanup_free_ char *line =
			strndup((const char *)data, len < MAX_LINE ? len : MAX_LINE);

		if (line)
			run_line(s, console, line);
		data += len + 1;
	}
	console_destroy(console);
	fclose(config.out);
	session_destroy(s);
	return 0;
}

#include "lines.h"
