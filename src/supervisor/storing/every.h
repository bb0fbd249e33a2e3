// SPDX-License-Identifier: GPL-3.0-or-later
/** Periodic snapshots; see traced_every(). */
#ifndef SUPERVISOR_STORING_EVERY_H
#define SUPERVISOR_STORING_EVERY_H

#include "supervisor/core/traced.h"
#include "supervisor/storing.h"

/** End the periodic snapshots, after the last one. Without lock. ERR_OTHER: none of them could be
 *  stored, with the cause. */
struct err *every_end(struct traced *t) __must_check;

#endif
