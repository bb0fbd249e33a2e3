// SPDX-License-Identifier: GPL-3.0-or-later
/** The end of a fuzz target for lines of text: without libFuzzer main() runs the directory CORPUS,
 *  every beginning of every line, and every line with each byte changed. */
#ifndef TESTS_FUZZ_LINES_H
#define TESTS_FUZZ_LINES_H

#ifndef WITH_FUZZER

#include "base/io.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

	if (asprintf(&corpus, "%s/tests/fuzz/corpus/" CORPUS, srcdir ? srcdir : ".") < 0)
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
	printf(CORPUS ": %zu lines\n", num);
	return num ? 0 : 1;
}

#endif
#endif
