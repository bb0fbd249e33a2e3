// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/modules/maps_view.h"

#include <string.h>

/** Both texts are ascending by address, so they are walked side by side. */
struct comparison {
	const struct maps_view *before;
	/** Offset in the text before, and the first of its lines that begins there or behind. */
	size_t old_offset;
	size_t old_line;
	void (*on_gone)(const struct maps_line *line);
	struct maps_view *view;
	size_t offset;
};

void maps_view_deinit(struct maps_view *view)
{
	vec_deinit(&view->lines);
	free(view->text);
	*view = (struct maps_view){0};
}

bool maps_is_vdso(const struct map_entry *map)
{
	return map->path_size && map->path[0] == '[' && map_entry_has_path(map, "[vdso]");
}

/** Size of the line at an offset, with its newline; 0 at the end. */
static size_t line_size(const struct maps_view *view, size_t offset)
{
	size_t left = view->size - offset;
	const char *begin = view->text + offset;
	const char *end = left ? memchr(begin, '\n', left) : NULL;

	return end ? (size_t)(end - begin) + 1 : left;
}

/** Where the mapping of a line begins; 0: no such line. */
static uint64_t line_start(const struct maps_view *view, size_t offset, size_t size)
{
	struct maps_cursor cursor;
	struct map_entry map = {0};

	maps_cursor_init(&cursor, view->text + offset, size);
	return maps_next(&cursor, &map) ? map.start : 0;
}

static struct maps_line *known_line(const struct comparison *c)
{
	if (c->old_line < c->before->lines.num &&
	    c->before->lines.items[c->old_line].offset == c->old_offset)
		return &c->before->lines.items[c->old_line];
	return NULL;
}

static bool keep_line(struct comparison *c, size_t size)
{
	const struct maps_line *known = known_line(c);
	struct maps_line line;
	bool is_ok = true;

	if (known) {
		line = *known;
		line.is_new = false;
		line.map.path = c->view->text + c->offset +
				(known->map.path - (c->before->text + c->old_offset));
		line.offset = c->offset;
		is_ok = vec_push(&c->view->lines, line);
		c->old_line++;
	}
	c->offset += size;
	c->old_offset += size;
	return is_ok;
}

static bool add_line(struct comparison *c, size_t size)
{
	struct maps_line line = {.offset = c->offset, .is_new = true};
	struct maps_cursor cursor;

	maps_cursor_init(&cursor, c->view->text + c->offset, size);
	c->offset += size;
	if (!maps_next(&cursor, &line.map) || !(line.map.inode || maps_is_vdso(&line.map)))
		return true;
	return vec_push(&c->view->lines, line);
}

static void lose_line(struct comparison *c, size_t size)
{
	const struct maps_line *known = known_line(c);

	if (known) {
		c->on_gone(known);
		c->old_line++;
	}
	c->old_offset += size;
}

static bool compare_line(struct comparison *c, size_t old_size, size_t size)
{
	uint64_t old_start, start;

	if (old_size == size &&
	    memcmp(c->before->text + c->old_offset, c->view->text + c->offset, size) == 0)
		return keep_line(c, size);
	old_start = old_size ? line_start(c->before, c->old_offset, old_size) : UINT64_MAX;
	start = size ? line_start(c->view, c->offset, size) : UINT64_MAX;
	if (old_size && old_start <= start)
		lose_line(c, old_size);
	return !size || start > old_start || add_line(c, size);
}

struct err *maps_view_update(const struct maps_view *before, char *text, size_t size,
			     void (*on_gone)(const struct maps_line *line), struct maps_view *ret)
{
	struct maps_view view = {.text = text, .size = size};
	struct comparison c = {.before = before, .on_gone = on_gone, .view = &view};
	size_t old_size, new_size;

	for (;;) {
		old_size = line_size(before, c.old_offset);
		new_size = line_size(&view, c.offset);
		if (!old_size && !new_size)
			break;
		if (!compare_line(&c, old_size, new_size)) {
			maps_view_deinit(&view);
			return &err_nomem;
		}
	}
	*ret = view;
	return NULL;
}
