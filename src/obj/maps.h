// SPDX-License-Identifier: GPL-3.0-or-later
/** A parser for the text of /proc/PID/maps. It works on any bytes: a malformed line is skipped and
 *  counted. */
#ifndef OBJ_MAPS_H
#define OBJ_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One mapping. */
struct map_entry {
	/** Runtime range [start, end), never empty. */
	uint64_t start;
	uint64_t end;
	/** The offset in the file of the byte at start. */
	uint64_t offset;
	/** Device number of the file, as makedev() composes it; 0 with inode 0: no file. */
	uint64_t dev;
	uint64_t inode;
	bool is_readable;
	bool is_writable;
	bool is_executable;
	/** Path or "[name]" as the kernel shows it (newlines as \012, " (deleted)" appended),
	 *  path_size bytes inside the text, not NUL-terminated; size 0: anonymous. */
	const char *path;
	size_t path_size;
};

struct maps_cursor {
	/** What is left of the text. */
	const char *next;
	const char *end;
	/** Lines skipped so far. */
	size_t num_malformed;
};

/** Begin at the first line. The text of size bytes need not end with NUL or newline; it must
 *  outlive the entries. */
void maps_cursor_init(struct maps_cursor *cursor, const char *text, size_t size);

/** The next well-formed line. False: no more; *ret is then untouched. */
bool maps_next(struct maps_cursor *cursor, struct map_entry *ret);

/** Tell whether the path of the entry equals the string. */
bool map_entry_has_path(const struct map_entry *entry, const char *path);

#endif
