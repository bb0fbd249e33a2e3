// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of several heaps, added up as if it were one. Frames become those of an archive: what
 *  is the same file, line, function and module in several processes is one place. Threads become
 *  0. */
#ifndef HEAP_MERGED_H
#define HEAP_MERGED_H

#include "heap/archive.h"
#include "heap/snapshot.h"

/** How many sums there can be: the two sides of a comparison. */
#define MERGED_SUMS 2

struct merged;

struct err *merged_create(struct merged **ret) __must_check;
/** Its snapshots go with it. NULL is fine. */
void merged_destroy(struct merged *merged);

/** Add a snapshot to sum number `at`. source is where its frames are from. Errors are those of
 *  source, and &err_nomem: then the sum is good for nothing. O(sites + frames). */
struct err *merged_add(struct merged *merged, size_t at, const struct snapshot *snapshot,
		       const struct frame_source *source) __must_check;

/** Make the snapshot of sum number `at`, which is called name; it belongs to merged, and nothing
 *  may be added to the sum afterwards. Its time is that of the newest that was added, its begin
 *  that of the oldest. Its peak is the sum of the peaks, which need not have been at one moment. */
struct err *merged_snapshot(struct merged *merged, size_t at, const char *name,
			    const struct snapshot **ret) __must_check;

/** Where the frames of the snapshots are from. It lives as long as merged, and has no source
 *  lines. */
const struct frame_source *merged_source(const struct merged *merged);

static inline void cleanup_merged(struct merged **merged)
{
	merged_destroy(*merged);
}

/** Destroy it when it leaves the scope. */
#define _cleanup_merged_ _cleanup_(cleanup_merged)

#endif
