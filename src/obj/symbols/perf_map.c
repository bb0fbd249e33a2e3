// SPDX-License-Identifier: GPL-3.0-or-later
// Lines are "START SIZE NAME", with hexadecimal numbers; names have blanks in them.
#include "config.h"

#include "obj/symbols/jit_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** A hexadecimal number, with or without 0x, and the blank behind it. */
static bool take_number(char **text, uint64_t *ret)
{
	char *end;

	// strtoull would skip blanks, and take a sign.
	if (!strchr("0123456789abcdefABCDEF", **text) || !**text)
		return false;
	errno = 0;
	*ret = strtoull(*text, &end, 16);
	if (errno || *end != ' ')
		return false;
	*text = end + 1;
	return true;
}

static bool parse_line(char *line, struct jit_code *ret)
{
	uint64_t size;

	if (!take_number(&line, &ret->start) || !take_number(&line, &size) || !size || !*line)
		return false;
	ret->end = ret->start + size;
	ret->name = line;
	return ret->end > ret->start;
}

bool perf_map_parse(struct jit_table *table, char *text, size_t size)
{
	char *end = text + size, *line, *next;

	for (line = text; line < end; line = next) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		struct jit_code code = {.seq = (uint32_t)table->codes.num};

		// The last line may be in the middle of being written.
		if (!newline)
			break;
		*newline = '\0';
		next = newline + 1;
		if (parse_line(line, &code) && !vec_push(&table->codes, code))
			return false;
	}
	return true;
}
