// SPDX-License-Identifier: GPL-3.0-or-later
/** The second ring of a process that has an agent (wire/agent_memory.h): events of blocks come
 *  through it, and whatever the target likes to write. Events of the first ring say how far this
 *  one was when they were made (EVENT_POSITION): nothing behind is handled before. All under lock,
 *  and as if empty for a process without an agent. */
#ifndef SUPERVISOR_DRAIN_AGENT_RING_H
#define SUPERVISOR_DRAIN_AGENT_RING_H

#include "supervisor/core/traced.h"

/** EVENT_AGENT: map the memory and begin to read its ring, or leave it. The thread that waits is
 *  released. */
void agent_ring_change(struct traced *t, const struct event_agent *event);
/** No more comes from it: forget what was not read, and unmap the memory. Idempotent. */
void agent_ring_close(struct traced *t);
/** NULL: there is none. */
struct ring_reader *agent_ring_reader(const struct traced *t);
/** Its end now, but no more records away than it has slots. 0 without one. */
uint64_t agent_ring_head(const struct traced *t);
/** EVENT_POSITION: from now on this ring comes first, up to there. */
void agent_ring_set_position(struct traced *t, const struct event_position *event);
/** Up to where it comes first; 0: the first ring does. */
uint64_t agent_ring_position(const struct traced *t);
/** All up to that position that can be taken was taken. Returns false when a producer is about to
 *  complete what comes next. Else the first ring has its turn again. */
bool agent_ring_reach_position(struct traced *t);
/** All was taken that was in it: tell the tracer. */
void agent_ring_note_round(struct traced *t);
/** Take this event of the ring? False: it is to be skipped. A target that spoils more than some
 *  events is traced no more. */
bool agent_ring_accepts(struct traced *t, const struct ring_record *record);
/** The tracer is dead: what it has not finished is skipped. */
void agent_ring_bury_tracer(struct traced *t);
/** Tracing begins: what the target did before is forgiven. */
void agent_ring_begin(struct traced *t);

#endif
