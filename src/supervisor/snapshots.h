// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of a process's heap. Kept ones have a name. */
#ifndef SUPERVISOR_SNAPSHOTS_H
#define SUPERVISOR_SNAPSHOTS_H

#include "base/err.h"
#include "heap/snapshot.h"

#include <stddef.h>

struct traced;

/** A snapshot of this moment: all events in the ring when it is asked for, none later; the target
 *  is not stopped. It is kept under its name, in place of one of the same name. name NULL: s1, s2,
 *  ... ERR_OTHER when not tracing (T5), except after the target's end, when the tables stand
 *  still. */
struct err *traced_snapshot(struct traced *t, const char *name,
			    const struct snapshot **ret) __must_check;
/** A snapshot that is not kept; the caller destroys it. Works also when not tracing. name is
 *  "live". */
struct err *traced_live(struct traced *t, struct snapshot **ret) __must_check;
/** The composition of the heap at its peak, "peak", likewise. Its time is that of the call. */
struct err *traced_peak(struct traced *t, struct snapshot **ret) __must_check;
/** Only what is live now and was allocated after this snapshot, "live since NAME", likewise.
 *  ERR_USAGE: the snapshot stands nowhere in the sequence of allocations, as one from a file. */
struct err *traced_since(struct traced *t, const struct snapshot *snapshot,
			 struct snapshot **ret) __must_check;
/** ERR_NOT_FOUND with a text when there is none. "live" and "peak" are no snapshots here. */
struct err *traced_find_snapshot(struct traced *t, const char *name,
				 const struct snapshot **ret) __must_check;
/** Kept snapshots, oldest first: index in [0, traced_num_snapshots()). */
size_t traced_num_snapshots(const struct traced *t);
const struct snapshot *traced_get_snapshot(const struct traced *t, size_t index);
struct err *traced_drop_snapshot(struct traced *t, const char *name) __must_check;

#endif
