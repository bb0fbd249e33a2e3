// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of the heap of a process, and those that are kept. */
#ifndef SUPERVISOR_QUERY_SNAPSHOTS_H
#define SUPERVISOR_QUERY_SNAPSHOTS_H

#include "supervisor/core/traced.h"
#include "supervisor/snapshots.h"

/** Keep a snapshot, in place of one of the same name. Takes it over, in any case. Under lock. */
struct err *snapshots_keep(struct traced *t, struct snapshot *snapshot) __must_check;
/** A snapshot of this moment. Under lock. */
struct err *snapshots_take(struct traced *t, const char *name, struct snapshot **ret) __must_check;
/** ERR_OTHER when single blocks are not known: of several processes only sums are. */
struct err *snapshots_check_blocks(const struct traced *t) __must_check;

#endif
