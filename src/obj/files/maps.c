// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/maps.h"

#include <string.h>
#include <sys/sysmacros.h>

/** A line, eaten from the left. */
struct line {
	const char *p;
	const char *end;
};

void maps_cursor_init(struct maps_cursor *cursor, const char *text, size_t size)
{
	*cursor = (struct maps_cursor){.next = text, .end = text + size};
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/** One or more digits of a base up to 16, not overflowing 64 bits. */
static bool eat_number(struct line *line, unsigned base, uint64_t *ret)
{
	const char *begin = line->p;
	uint64_t value = 0;

	for (; line->p < line->end; line->p++) {
		int digit = digit_value(*line->p);

		if (digit < 0 || (unsigned)digit >= base)
			break;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	*ret = value;
	return line->p > begin;
}

static bool eat_char(struct line *line, char c)
{
	if (line->p == line->end || *line->p != c)
		return false;
	line->p++;
	return true;
}

static bool eat_flag(struct line *line, char set, bool *ret)
{
	*ret = eat_char(line, set);
	return *ret || eat_char(line, '-');
}

static bool eat_permissions(struct line *line, struct map_entry *entry)
{
	return eat_flag(line, 'r', &entry->is_readable) &&
	       eat_flag(line, 'w', &entry->is_writable) &&
	       eat_flag(line, 'x', &entry->is_executable) &&
	       (eat_char(line, 'p') || eat_char(line, 's'));
}

static bool eat_device(struct line *line, uint64_t *ret)
{
	uint64_t major_num, minor_num;

	if (!eat_number(line, 16, &major_num) || !eat_char(line, ':') ||
	    !eat_number(line, 16, &minor_num) || major_num > UINT32_MAX || minor_num > UINT32_MAX)
		return false;
	*ret = makedev((unsigned)major_num, (unsigned)minor_num);
	return true;
}

static bool parse_line(struct line line, struct map_entry *entry)
{
	if (!eat_number(&line, 16, &entry->start) || !eat_char(&line, '-') ||
	    !eat_number(&line, 16, &entry->end) || !eat_char(&line, ' ') ||
	    !eat_permissions(&line, entry) || !eat_char(&line, ' ') ||
	    !eat_number(&line, 16, &entry->offset) || !eat_char(&line, ' ') ||
	    !eat_device(&line, &entry->dev) || !eat_char(&line, ' ') ||
	    !eat_number(&line, 10, &entry->inode))
		return false;
	if (entry->start >= entry->end)
		return false;
	if (line.p < line.end && *line.p != ' ')
		return false;
	while (eat_char(&line, ' '))
		;
	entry->path = line.p;
	entry->path_size = (size_t)(line.end - line.p);
	// The path becomes a C string later.
	return !memchr(entry->path, '\0', entry->path_size);
}

bool maps_next(struct maps_cursor *cursor, struct map_entry *ret)
{
	while (cursor->next < cursor->end) {
		struct line line = {.p = cursor->next};
		struct map_entry entry = {0};

		line.end = memchr(line.p, '\n', (size_t)(cursor->end - line.p));
		if (!line.end)
			line.end = cursor->end;
		cursor->next = line.end + (line.end < cursor->end);
		if (parse_line(line, &entry)) {
			*ret = entry;
			return true;
		}
		cursor->num_malformed++;
	}
	return false;
}

bool map_entry_has_path(const struct map_entry *entry, const char *path)
{
	return entry->path_size == strlen(path) && memcmp(entry->path, path, entry->path_size) == 0;
}
