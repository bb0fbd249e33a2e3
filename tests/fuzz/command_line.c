// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzz target: lines of the console on a session without a process. With libFuzzer see scripts/fuzz; else main() runs the
// corpus, every beginning of every line, and every line with each byte changed.
#include "config.h"

#include "base/io.h"
#include "console/complete.h"
#include "console/console.h"
#include "fake_session.h"
#include "wire/probe.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

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

static void run_line(struct session *s, struct console *console, const char *line)
{
	struct completions found = {0};
	struct err *err =
		strncmp(line, "--probe ", 8) == 0 ? check_probe(line + 8) : console_check(line);
	const char *text = strrchr(line, ' ');
	_cleanup_free_ char *before = strndup(line, text ? (size_t)(text + 1 - line) : 0);

	if (err && !*err_text(err))
		abort();
	err_destroy(err);
	err = console_execute(console, line);
	if (err && !*err_text(err))
		abort();
	err_destroy(err);
	if (before)
		complete(s, before, text ? text + 1 : line, &found);
	completions_deinit(&found);
	s->log[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session *s = fake_session();
	struct console_config config = {.out = fopen("/dev/null", "w")};
	struct console *console;
	const uint8_t *end = data + size;
	unsigned num;

	if (!config.out || console_create(s, &config, &console))
		abort();
	fake_alloc(s, 0x1000, 100, FAKE_LEAK, FAKE_MAIN, 0);
	fake_alloc(s, 0x2000, 50, FAKE_GROW, FAKE_INLINED, 0);
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

#ifndef WITH_FUZZER

/** A line's beginnings, and the line with each byte changed in turn. */
static size_t run_variants(const char *line, size_t len)
{
	static const char changes[] = "\"'\\ -#=:@+\x01\xff";
	_cleanup_free_ char *copy = strndup(line, len);
	size_t num = 0, i;

	for (i = 0; copy && i <= len; i++, num += 2) {
		char old = copy[i];

		LLVMFuzzerTestOneInput((const uint8_t *)copy, i);
		if (i == len)
			break;
		copy[i] = changes[i % (sizeof(changes) - 1)];
		LLVMFuzzerTestOneInput((const uint8_t *)copy, len);
		copy[i] = old;
	}
	return num;
}

static size_t run_file(const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, num = 0;
	struct err *err = io_read_file(path, 1 << 20, &text, &size);
	const char *p;

	if (err)
		abort();
	LLVMFuzzerTestOneInput((const uint8_t *)text, size);
	for (p = text; *p; p += strcspn(p, "\n"), p += *p == '\n')
		num += run_variants(p, strcspn(p, "\n"));
	return num;
}

int main(int argc, char *argv[])
{
	const char *srcdir = getenv("srcdir");
	_cleanup_free_ char *corpus = NULL;
	struct dirent *entry;
	size_t num = 0;
	DIR *dir;

	if (asprintf(&corpus, "%s/tests/fuzz/corpus/command_line", srcdir ? srcdir : ".") < 0)
		abort();
	if (argc > 1) {
		num = run_file(argv[1]);
	} else {
		dir = opendir(corpus);
		while (dir && (entry = readdir(dir))) {
			_cleanup_free_ char *path = NULL;

			if (entry->d_name[0] == '.')
				continue;
			if (asprintf(&path, "%s/%s", corpus, entry->d_name) < 0)
				abort();
			num += run_file(path);
		}
		if (dir)
			closedir(dir);
	}
	printf("command_line: %zu lines\n", num);
	return num ? 0 : 1;
}

#endif
