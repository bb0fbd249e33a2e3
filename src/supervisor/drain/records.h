// SPDX-License-Identifier: GPL-3.0-or-later
/** What each record of the ring causes. This is the one place that knows all kinds of events. */
#ifndef SUPERVISOR_DRAIN_RECORDS_H
#define SUPERVISOR_DRAIN_RECORDS_H

#include "supervisor/core/traced.h"
#include "supervisor/drain/heap_events.h"

/** Handle a record. brief: for heap_events, or NULL. Under lock. */
void records_handle(struct traced *t, const struct ring_record *record, struct heap_brief *brief);

#endif
