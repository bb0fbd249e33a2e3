// SPDX-License-Identifier: GPL-3.0-or-later
/** Source files: their names and their lines. */
#ifndef OBJ_LOOKUP_SOURCE_H
#define OBJ_LOOKUP_SOURCE_H

#include <stddef.h>
#include <stdint.h>

struct target;

struct source_file {
	char *path;
	/** NULL: cannot be read. */
	char *text;
	/** Offset of the first character of each line. */
	size_t *lines;
	size_t num_lines;
};

/** Source files read so far. Zero-filled is empty. */
struct sources {
	struct source_file *items;
	size_t num;
	size_t cap;
};

/** Line number `line` (from 1) of a file of the target (target_file.h), without its end. The caller
 *  frees it. NULL: no such file or line, or no memory. Only files with an absolute path are read,
 *  each once. */
char *sources_line(struct sources *sources, const struct target *target, const char *path,
		   uint32_t line);

/** Free all; empty and usable again. */
void sources_deinit(struct sources *sources);

/** Remove "//", "./" and "DIR/../" from a path, in place. */
void source_path_normalize(char *path);

#endif
