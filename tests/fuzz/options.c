// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzz target: command lines of the program, one a line of the input, words between spaces. With
// libFuzzer see scripts/fuzz.
#include "config.h"

#include "base/fmt.h"
#include "console/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORPUS    "options"
#define MAX_LINES 64
#define MAX_WORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_that(bool is_true, const char *what)
{
	if (is_true)
		return;
	fprintf(stderr, "options: %s\n", what);
	abort();
}

static void check_error(const struct err *err)
{
	const char *p = err_text(err);

	check_that(err == &err_nomem || err->code == ERR_USAGE, "an error of another kind");
	check_that(*p && strlen(p) < 4 * 500, "a text that is empty or long");
	for (; *p; p++)
		check_that((unsigned char)*p >= ' ' && *p != 0x7f,
			   "a text with control characters");
}

static void check_options(const struct options *options, char **argv, int argc)
{
	const struct session_options *session = &options->session;

	check_that(options->mode <= MODE_NONE, "no mode");
	check_that(session->nframe >= 1 && session->nframe <= 65535, "number of frames");
	check_that(session->sample_rate <= SESSION_MAX_SAMPLE, "rate");
	check_that(!session->max_memory || session->max_memory >= SESSION_MIN_MEMORY, "memory");
	check_that(options->mode == MODE_NONE || !options->period_ns == !options->store, "store");
	check_that(options->mode != MODE_RUN ||
			   (options->program > argv && options->program < argv + argc),
		   "no program");
	check_that(options->mode != MODE_ATTACH || options->pid > 0, "no process");
	check_that(options->mode < MODE_OPEN || options->mode == MODE_NONE || options->file,
		   "no file");
	check_that(options->mode != MODE_DIFF || options->other_file, "no second file");
}

/** The words stand in text, which is changed. */
static void run_line(char *text)
{
	static char name[] = "malloscope";
	char *argv[MAX_WORDS + 2] = {name}, *words[MAX_WORDS + 2], *save, *word;
	FILE *before = stderr;
	struct options options;
	int argc = 1;
	struct err *err;

	for (word = strtok_r(text, " ", &save); word && argc <= MAX_WORDS;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	memcpy(words, argv, sizeof(words));
	err = options_parse(argc, argv, &options);
	check_that(stderr == before && memcmp(words, argv, sizeof(argv[0])) == 0,
		   "something is changed");
	if (err) {
		check_error(err);
		err_destroy(err);
		return;
	}
	check_options(&options, argv, argc);
	options_deinit(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *out;
	const uint8_t *end = data + size;
	unsigned num;

	// For --help.
	if (!out)
		out = freopen("/dev/null", "w", stdout);
	for (num = 0; data < end && num < MAX_LINES; num++) {
		const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
		size_t len = newline ? (size_t)(newline - data) : (size_t)(end - data);
		_cleanup_free_ char *line = strndup((const char *)data, len);

		if (line)
			run_line(line);
		data += len + 1;
	}
	return 0;
}

#include "lines.h"
