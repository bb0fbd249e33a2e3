// SPDX-License-Identifier: GPL-3.0-or-later
// --probes FILE: what --probe takes, as lines of a file.
#include "config.h"

#include "base/cleanup.h"
#include "base/io.h"
#include "console/shell/options_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** More than 64 functions need. */
#define FILE_MAX_SIZE (1u << 20)

static const char blanks[] = " \t\r";

/** The next line of *at without blanks at its ends, or NULL. *at is behind it then. */
static char *next_line(char **at)
{
	char *line = *at, *end;
	size_t size;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	*at = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	line += strspn(line, blanks);
	size = strlen(line);
	while (size && strchr(blanks, line[size - 1]))
		line[--size] = '\0';
	return line;
}

/** The next SPEC: a line, and what follows it after a comma at its end. It is put together where it
 *  stands. *number_ret is the line in which it begins; *line counts. NULL: there is none. */
static char *next_spec(char **at, unsigned *line, unsigned *number_ret)
{
	char *spec = NULL, *part;
	size_t size = 0;

	while ((!size || spec[size - 1] == ',') && (part = next_line(at))) {
		++*line;
		if (!*part || *part == '#')
			continue;
		if (!size) {
			spec = part;
			*number_ret = *line;
		}
		memmove(spec + size, part, strlen(part) + 1);
		size += strlen(spec + size);
	}
	return spec;
}

static error_t take_specs(struct parse *parse, const char *path, char *text)
{
	unsigned line = 0, number = 0;
	char what[300];
	struct err *err;
	char *spec;

	while ((spec = next_spec(&text, &line, &number))) {
		err = session_check_probe(spec);
		if (err) {
			snprintf(what, sizeof(what), "--probes: %.250s:%u: ", path, number);
			return options_usage_reason(parse, what, err);
		}
		if (!vec_push(&parse->options.probes, spec))
			return options_out_of_memory(parse);
	}
	return number ? 0 : options_usage_error(parse, "--probes: %s has no SPEC", path);
}

error_t options_parse_probes(struct parse *parse, const char *path)
{
	_cleanup_free_ char *read = NULL;
	struct err *err;
	size_t size;
	char *text;

	err = io_read_file(path, FILE_MAX_SIZE, &read, &size);
	if (err == &err_gone)
		return options_usage_error(parse, "--probes: there is no file %s", path);
	if (err)
		return options_usage_reason(parse, "--probes: ", err);
	if (memchr(read, '\0', size))
		return options_usage_error(parse, "--probes: %s is no text", path);
	if (!vec_push(&parse->options.probe_files, read))
		return options_out_of_memory(parse);
	text = no_cleanup_ptr(read);
	return take_specs(parse, path, text);
}
