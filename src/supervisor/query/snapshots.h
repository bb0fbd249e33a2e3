// SPDX-License-Identifier: GPL-3.0-or-later
/** Snapshots of a session's heap, and those that it keeps. */
#ifndef SUPERVISOR_QUERY_SNAPSHOTS_H
#define SUPERVISOR_QUERY_SNAPSHOTS_H

#include "supervisor/core/state.h"

/** Keep a snapshot, in place of one of the same name. Takes it over, in any case. Under lock. */
struct err *snapshots_keep(struct session *s, struct snapshot *snapshot) __must_check;
/** A snapshot of this moment. Under lock. */
struct err *snapshots_take(struct session *s, const char *name, struct snapshot **ret) __must_check;
/** ERR_OTHER when single blocks are not known: of several processes only sums are. */
struct err *snapshots_check_blocks(const struct session *s) __must_check;

#endif
