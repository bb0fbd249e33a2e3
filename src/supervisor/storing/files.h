// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots in files. No lock is held while a file is written, or while symbols are looked up for
 *  it. */
#ifndef SUPERVISOR_STORING_FILES_H
#define SUPERVISOR_STORING_FILES_H

#include "store/store.h"
#include "supervisor/core/traced.h"
#include "supervisor/storing.h"

/** Append a snapshot, with what is known of the process. */
struct err *files_append(struct traced *t, struct store *store,
			 const struct snapshot *snapshot) __must_check;
/** Load a snapshot and keep it under the name `as`, or its own. ret: or NULL. */
struct err *files_load(struct traced *t, struct store *store, const char *name, const char *as,
		       const struct snapshot **ret) __must_check;

#endif
