// SPDX-License-Identifier: GPL-3.0-or-later
/** The code of a process: allocators that were found, functions, and what frames are called. */
#ifndef SUPERVISOR_CODE_H
#define SUPERVISOR_CODE_H

#include "base/err.h"
#include "heap/archive.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct traced;

struct traced_probe {
	/** Path of the object; symbol; runtime address; number of entries counted. */
	const char *module;
	const char *symbol;
	uint64_t addr;
	uint64_t hits;
	/** alloc, free, realloc ... as text. */
	const char *kind;
	/** Of what it allocates; of operator new where it calls malloc it is known by the stack
	 *  alone. */
	uint32_t domain;
};

/** Calls fn for each planted allocator function. */
struct err *traced_probes(struct traced *t, void (*fn)(void *ctx, const struct traced_probe *probe),
			  void *ctx) __must_check;

/** Calls fn with the path of each module that was searched for allocators. */
void traced_searched(struct traced *t, void (*fn)(void *ctx, const char *module), void *ctx);

/** Function names that begin with prefix, for completion; fn is called at most limit times. */
void traced_complete_function(struct traced *t, const char *prefix, size_t limit,
			      void (*fn)(void *ctx, const char *name), void *ctx);

/** Locations of frames; slow the first time for a module. Safe while the target runs. */
const struct resolver *traced_resolver(struct traced *t);
/** The same and more, for files and JSON. */
const struct frame_source *traced_source(struct traced *t);
/** For text_traceback(): ctx is the struct traced. A line that came with a loaded snapshot, or from
 *  the file as the target sees it, or as we see it. */
char *traced_source_line(void *traced, const char *file, uint32_t line);

/** For a progress display in another thread: is a location of a frame being looked up now? *num_ret
 *  is the number of modules for which one was looked up so far, *total_ret the number of all
 *  modules. */
bool traced_loading(struct traced *t, size_t *num_ret, size_t *total_ret);
/** Likewise: is a debug file being fetched, for any process? Then buf says which one, and how much
 *  of it has arrived. */
bool traced_downloading(struct traced *t, char *buf, size_t size);
/** End the download in progress, if there is one, and ask for no other. Async-signal-safe. */
void session_stop_download(void);

#endif
