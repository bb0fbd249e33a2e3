// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of the heap of a process, and those that are kept. */
#ifndef SUPERVISOR_QUERY_SNAPSHOTS_H
#define SUPERVISOR_QUERY_SNAPSHOTS_H

#include "supervisor/core/traced.h"
#include "supervisor/snapshots.h"

/** Keep a snapshot. One of the same name is replaced. This takes the snapshot over, in any case.
 *  Under lock. */
struct err *snapshots_keep(struct traced *t, struct snapshot *snapshot) __must_check;
/** Take a snapshot of this moment. Under lock. */
struct err *snapshots_take(struct traced *t, const char *name, struct snapshot **ret) __must_check;
/** Check that single blocks are known. ERR_OTHER: they are not, because these are merged
 *  processes. */
struct err *snapshots_check_blocks(const struct traced *t) __must_check;

#endif
