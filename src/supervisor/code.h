// SPDX-License-Identifier: GPL-3.0-or-later
/** The code of a process: allocators that were found, functions, and the names of frames. */
#ifndef SUPERVISOR_CODE_H
#define SUPERVISOR_CODE_H

#include "base/err.h"
#include "heap/archive.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct traced;

struct traced_probe {
	/** The path of the object, the symbol, the runtime address, and how often it was
	 *  entered. */
	const char *module;
	const char *symbol;
	uint64_t addr;
	uint64_t hits;
	/** alloc, free, realloc ... as text. */
	const char *kind;
	/** The domain of what it allocates. An operator new that calls malloc is known only by the
	 *  stack. */
	uint32_t domain;
	/** "breakpoint" or "patched", and why, "" where there is nothing to explain. */
	const char *how;
	const char *why;
};

/** Calls fn for each planted allocator function. */
struct err *traced_probes(struct traced *t, void (*fn)(void *ctx, const struct traced_probe *probe),
			  void *ctx) __must_check;

/** Calls fn with the path of each module that was searched for allocators. */
void traced_searched(struct traced *t, void (*fn)(void *ctx, const char *module), void *ctx);

/** Call fn with the names of functions that begin with prefix, for completion; at most limit
 *  times. */
void traced_complete_function(struct traced *t, const char *prefix, size_t limit,
			      void (*fn)(void *ctx, const char *name), void *ctx);

/** The locations of frames. Slow the first time for a module. Safe while the target runs. */
const struct resolver *traced_resolver(struct traced *t);
/** The same and more, for files and JSON. */
const struct frame_source *traced_source(struct traced *t);
/** Read a source line, for text_traceback(); ctx is the struct traced. The line comes from a loaded
 *  snapshot, or from the file as the target sees it, or as we see it. */
char *traced_source_line(void *traced, const char *file, uint32_t line);

/** For a progress display in another thread: tell whether a location of a frame is being looked up
 *  now. *num_ret is in how many modules one was looked up so far, and *total_ret how many modules
 *  there are. */
bool traced_loading(struct traced *t, size_t *num_ret, size_t *total_ret);
/** The same for downloads: tell whether a debug file is being fetched, for any process. buf then
 *  says which one, and how much of it has arrived. */
bool traced_downloading(struct traced *t, char *buf, size_t size);
/** End the download in progress, if there is one, and do not begin another. Async-signal-safe. */
void session_stop_download(void);

#endif
