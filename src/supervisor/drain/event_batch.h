// SPDX-License-Identifier: GPL-3.0-or-later
/** Records of a ring become changes of the tables, many at a time: what they will touch is loaded
 *  ahead, and an allocation whose free is in the same batch does not enter the table of blocks. The
 *  size of a batch shows in no figure. */
#ifndef SUPERVISOR_DRAIN_EVENT_BATCH_H
#define SUPERVISOR_DRAIN_EVENT_BATCH_H

#include "supervisor/core/traced.h"

/** Records of one batch of the drain. More bring nothing. */
#define EVENT_BATCH_SIZE 512u

/** size: records of a batch at most, up to RING_TAKE_MAX. */
struct err *event_batch_create(size_t size, struct event_batch **ret) __must_check;
/** NULL is fine. */
void event_batch_destroy(struct event_batch *batch);

/** Is this record, which is a copy, an event to be carried out? */
typedef bool (*event_batch_accepts)(struct traced *t, const struct ring_record *record);
/** It is if event_is_valid() says so; else event_batch_note_broken(). */
bool event_batch_accepts_valid(struct traced *t, const struct ring_record *record);
/** Tell the user once that the shared memory holds what nobody can have written. */
void event_batch_note_broken(struct traced *t);

/** Take one batch of records before limit, at most max, and carry them out. A batch ends with
 *  EVENT_AGENT or EVENT_POSITION, too. Returns how many it took; 0: there is none now. Under
 *  lock. */
size_t event_batch_run(struct traced *t, struct ring_reader *reader, uint64_t limit, size_t max,
		       event_batch_accepts accepts);

#endif
