// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of a process's heap. Those that are kept have a name. */
#ifndef SUPERVISOR_SNAPSHOTS_H
#define SUPERVISOR_SNAPSHOTS_H

#include "base/err.h"
#include "heap/snapshot.h"

#include <stddef.h>

struct traced;

/** Take a snapshot of this moment, and keep it. It has all events that are in the ring now, and
 *  none later. The target is not stopped. A kept snapshot of the same name is replaced. name NULL:
 *  s1, s2, ... ERR_OTHER: not tracing (T5), except after the target's end, when the tables no
 *  longer change. */
struct err *traced_snapshot(struct traced *t, const char *name,
			    const struct snapshot **ret) __must_check;
/** Take a snapshot that is not kept; its name is "live". The caller destroys it. This works also
 *  when not tracing. */
struct err *traced_live(struct traced *t, struct snapshot **ret) __must_check;
/** The same for the heap at its peak; its name is "peak". Its time is that of the call. */
struct err *traced_peak(struct traced *t, struct snapshot **ret) __must_check;
/** The same for what is live now and was allocated after this snapshot; its name is "live since
 *  NAME". ERR_USAGE: the snapshot has no place in the sequence of allocations, as one from a
 *  file. */
struct err *traced_since(struct traced *t, const struct snapshot *snapshot,
			 struct snapshot **ret) __must_check;
/** Find a kept snapshot. ERR_NOT_FOUND with a text: there is none. "live" and "peak" are not found
 *  here. */
struct err *traced_find_snapshot(struct traced *t, const char *name,
				 const struct snapshot **ret) __must_check;
/** Kept snapshots, oldest first: index in [0, traced_num_snapshots()). */
size_t traced_num_snapshots(const struct traced *t);
const struct snapshot *traced_get_snapshot(const struct traced *t, size_t index);
struct err *traced_drop_snapshot(struct traced *t, const char *name) __must_check;

#endif
