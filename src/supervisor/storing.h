// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots in files (store/store.h, doc/FORMAT.md). */
#ifndef SUPERVISOR_STORING_H
#define SUPERVISOR_STORING_H

#include "base/err.h"
#include "heap/archive.h"
#include "heap/snapshot.h"

#include <stdint.h>

struct traced;

/** Append a snapshot to a file, which may be new. The target goes on meanwhile. source is where the
 *  frames of the snapshot's heap are from; NULL: it is of the process's own heap. */
struct err *traced_dump(struct traced *t, const struct snapshot *snapshot,
			const struct frame_source *source, const char *path) __must_check;
/** Load a snapshot, FILE[:NAME] as in store_parse_spec() and store_find(). Keep it under the name
 *  `as`, or its own. It then answers like any other snapshot, except for --since. */
struct err *traced_load(struct traced *t, const char *spec, const char *as,
			const struct snapshot **ret) __must_check;
/** Load two snapshots as traced_load() does, and keep each under its spec. A file that has both is
 *  read once. */
struct err *traced_load_pair(struct traced *t, const char *first, const char *second) __must_check;
/** Append a snapshot (e1, e2, ...) to a file every period_ns, from a thread of its own, and one at
 *  the target's end. Call session_check_store() on the file before. When one cannot be stored, a
 *  note says so, once until it works again, and the next time it is tried again. period_ns 0: stop.
 *  ERR_OTHER: of all that were to be stored, none was. */
struct err *traced_every(struct traced *t, uint64_t period_ns, const char *path) __must_check;

/** Check that a snapshot can be stored in this file, by trying. A file that exists is opened for
 *  appending. Otherwise a file is made beside it in the same way, and removed. Leaves no trace.
 *  Errors name path and cause. */
struct err *session_check_store(const char *path) __must_check;

#endif
