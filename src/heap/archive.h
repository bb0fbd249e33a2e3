// SPDX-License-Identifier: GPL-3.0-or-later
/** Frames without a process: they came from a file and are resolved already.
 *
 *  A frame here is its content: locations, module, offset. Equal content gives an equal frame value
 *  (frame_make(FRAME_MODULE_STORED, index)). So the stacks of a loaded snapshot can be interned
 *  into the stack table of a session, beside those of the process, and every query works on both:
 *  it groups by the content of locations. Not thread-safe, but what it hands out never moves. */
#ifndef HEAP_ARCHIVE_H
#define HEAP_ARCHIVE_H

#include "base/err.h"
#include "heap/frame.h"
#include "heap/resolve.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest build-id that is kept, in bytes. */
#define BUILD_ID_MAX 64

/** Where the code of a frame lies. */
struct frame_origin {
	/** Path of the module as mapped; "": none or unknown. */
	const char *module;
	/** GNU build-id of the module; size 0: unknown. At most BUILD_ID_MAX. */
	const uint8_t *build_id;
	size_t build_id_size;
	/** Look-up address as in heap/frame.h: ELF virtual address, absolute without a module. */
	uint64_t offset;
};

/** What can be asked about frames, whether they belong to a process or to an archive. */
struct frame_source {
	void *ctx;
	const struct resolver *resolver;
	/** Where the code of a frame lies. Never fails. What *ret points at lives as long as the
	 *  source. */
	void (*origin)(void *ctx, uint64_t frame, struct frame_origin *ret);
	/** Read a line of a source file. Returns a string to free, or NULL. The member may be NULL:
	 *  there are no lines. */
	char *(*read_line)(void *ctx, const char *file, uint32_t line);
};

struct archive_frame {
	/** Most recent first, which is the innermost inlined function. Strings are ids of the
	 *  archive's table. */
	const struct location *locations;
	/** At least 1. */
	uint32_t num_locations;
	/** Id of archive_define_module(), 0: none. */
	uint32_t module;
	/** As in struct frame_origin; below 2^FRAME_ADDR_BITS. */
	uint64_t offset;
};

struct archive_module {
	/** Id of the path in the string table. */
	uint32_t path;
	uint8_t build_id[BUILD_ID_MAX];
	size_t build_id_size;
};

/** A line of a source file. */
struct archive_line {
	/** Id in the string table. */
	uint32_t file;
	uint32_t line;
	/** Owned by the archive. */
	const char *text;
};

struct archive;

/** Create an empty archive. Its strings are in this table, which must outlive it. */
struct err *archive_create(struct strtab *strings, struct archive **ret) __must_check;
/** NULL is fine. */
void archive_destroy(struct archive *archive);

static inline void cleanup_archive(struct archive **archive)
{
	archive_destroy(*archive);
}

/** Destroy the archive when it leaves the scope. */
#define _cleanup_archive_ _cleanup_(cleanup_archive)

/** The id of a module, copied when it is new. Ids count up in the order of definition. Id 0 is
 *  there from the start: path "", no build-id. build_id_size is at most BUILD_ID_MAX. &err_nomem:
 *  archive unchanged. */
struct err *archive_define_module(struct archive *archive, uint32_t path, const uint8_t *build_id,
				  size_t build_id_size, uint32_t *ret) __must_check;
/** One more than the largest id. */
size_t archive_num_modules(const struct archive *archive);
/** The module of an id. It lives as long as the archive. */
const struct archive_module *archive_get_module(const struct archive *archive, uint32_t id);

/** The frame with this content, copied when it is new. &err_nomem: archive unchanged. */
struct err *archive_define(struct archive *archive, const struct archive_frame *frame,
			   uint64_t *ret) __must_check;
/** How many frames there are. They are frame_make(FRAME_MODULE_STORED, index), index in [0, num),
 *  in the order of their definition. */
size_t archive_num(const struct archive *archive);
const struct archive_frame *archive_get(const struct archive *archive, size_t index);

/** Remember a line; NULL: it cannot be read. A line that is known already keeps its first text.
 *  &err_nomem: archive unchanged. */
struct err *archive_define_line(struct archive *archive, uint32_t file, uint32_t line,
				const char *text) __must_check;
/** Tell whether the line is known. *ret (may be NULL) is then its text, or NULL when it cannot be
 *  read. */
bool archive_find_line(const struct archive *archive, uint32_t file, uint32_t line,
		       const char **ret);
/** How many lines can be read. They are in the order of their definition. */
size_t archive_num_lines(const struct archive *archive);
const struct archive_line *archive_get_line(const struct archive *archive, size_t index);

/** The functions of struct resolver and struct frame_source, with an archive as ctx. A frame of a
 *  process or of another archive is &err_not_found, and has the origin "". */
struct err *archive_resolve(void *archive, uint64_t frame, const struct location **ret,
			    size_t *num_ret) __must_check;
void archive_origin(void *archive, uint64_t frame, struct frame_origin *ret);
char *archive_read_line(void *archive, const char *file, uint32_t line);
/** The archive as a frame source. It lives as long as the archive. */
const struct frame_source *archive_source(const struct archive *archive);

#endif
