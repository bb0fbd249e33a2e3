// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "obj/lookup/source.h"

#include "base/vec.h"
#include "obj/files/target_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** No source file that somebody wants to read a line of is larger. */
#define MAX_SOURCE_SIZE (64u << 20)

static bool split_lines(struct source_file *file)
{
	VEC(size_t) lines = {0};
	const char *p = file->text;

	while (p && *p) {
		if (!vec_push(&lines, (size_t)(p - file->text))) {
			vec_deinit(&lines);
			return false;
		}
		p = strchr(p, '\n');
		if (p)
			p++;
	}
	file->lines = lines.items;
	file->num_lines = lines.num;
	return true;
}

static const struct source_file *add_file(struct sources *sources, const struct target *target,
					  const char *path)
{
	struct source_file file = {.path = strdup(path)};

	if (file.path && vec_reserve_one(sources)) {
		// A relative name was relative to the directory of a compiler elsewhere.
		file.text = target_read(target, path, MAX_SOURCE_SIZE);
		if (split_lines(&file)) {
			sources->items[sources->num] = file;
			return &sources->items[sources->num++];
		}
	}
	free(file.text);
	free(file.path);
	return NULL;
}

static const struct source_file *find_file(struct sources *sources, const struct target *target,
					   const char *path)
{
	size_t i;

	for (i = 0; i < sources->num; i++)
		if (strcmp(sources->items[i].path, path) == 0)
			return &sources->items[i];
	return add_file(sources, target, path);
}

char *sources_line(struct sources *sources, const struct target *target, const char *path,
		   uint32_t line)
{
	const struct source_file *file = find_file(sources, target, path);
	const char *text;
	size_t size;

	if (!file || line == 0 || line > file->num_lines)
		return NULL;
	text = file->text + file->lines[line - 1];
	size = strcspn(text, "\n");
	if (size && text[size - 1] == '\r')
		size--;
	return strndup(text, size);
}

void sources_deinit(struct sources *sources)
{
	size_t i;

	for (i = 0; i < sources->num; i++) {
		free(sources->items[i].path);
		free(sources->items[i].text);
		free(sources->items[i].lines);
	}
	vec_deinit(sources);
}

/** Take the last component off what was written so far, unless it cannot be: "", "/" or ends with
 *  "..". */
static bool drop_component(const char *path, char **out)
{
	char *p = *out;

	if (p == path || (p == path + 1 && path[0] == '/'))
		return path[0] == '/' && p == path + 1;
	// p stands behind a slash that ends the component.
	p--;
	while (p > path && p[-1] != '/')
		p--;
	if (strncmp(p, "../", 3) == 0)
		return false;
	*out = p;
	return true;
}

void source_path_normalize(char *path)
{
	char *out = path;
	const char *in = path;

	if (*in == '/')
		*out++ = *in++;
	while (*in) {
		size_t size = strcspn(in, "/");
		bool has_slash = in[size] == '/';

		if (size == 0 || (size == 1 && in[0] == '.')) {
			// Nothing to keep.
		} else if (size == 2 && in[0] == '.' && in[1] == '.' &&
			   drop_component(path, &out)) {
			// Went up instead.
		} else {
			memmove(out, in, size);
			out += size;
			if (has_slash)
				*out++ = '/';
		}
		in += size + has_slash;
	}
	*out = '\0';
}
