// SPDX-License-Identifier: GPL-3.0-or-later
/** What events about blocks and stacks change in the tables. All under lock. */
#ifndef SUPERVISOR_DRAIN_HEAP_EVENTS_H
#define SUPERVISOR_DRAIN_HEAP_EVENTS_H

#include "supervisor/core/traced.h"

void heap_events_stack(struct traced *t, const struct event_stack *event);
void heap_events_alloc(struct traced *t, const struct event_alloc *event);
void heap_events_free(struct traced *t, const struct event_free *event);
void heap_events_usable(struct traced *t, const struct event_usable *event);
/** A realloc has begun: its old block is out until it ends. */
void heap_events_take(struct traced *t, const struct event_take *event);
void heap_events_realloc(struct traced *t, const struct event_realloc *event);
/** What a realloc has taken is gone. */
void heap_events_abandon(struct traced *t, const struct event_abandon *event);
/** Forget what was allocated so far. */
void heap_events_clear(struct traced *t);

#endif
