// SPDX-License-Identifier: GPL-3.0-or-later
/** Whether a record of the ring is an event that may be handled. A target that has the shared
 *  memory mapped may write anything there. This is the only place that doubts a record: behind it,
 *  sizes, counts, indexes and texts hold. Numbers that only spoil the target's own figures
 *  (addresses, sizes, thread ids, hashes) pass. */
#ifndef WIRE_EVENT_CHECK_H
#define WIRE_EVENT_CHECK_H

#include "wire/event.h"

/** record: a copy that nobody else can write, with record->size bytes. num_probes: as probe_num()
 *  says. */
bool event_is_valid(const struct ring_record *record, uint32_t num_probes);
/** Is it, besides, one that an agent may tell: about blocks, by what can be a thread? Whether the
 *  target has that thread is not known, for it may have ended. The number names rows, and says
 *  whose calls of measured functions the block counts for; only the tracer begins such calls. */
bool event_is_of_agent(const struct ring_record *record, uint32_t num_probes);

#endif
