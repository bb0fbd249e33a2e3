// SPDX-License-Identifier: GPL-3.0-or-later
/** What events about blocks and stacks change in the tables. All under lock. */
#ifndef SUPERVISOR_DRAIN_HEAP_EVENTS_H
#define SUPERVISOR_DRAIN_HEAP_EVENTS_H

#include "supervisor/core/traced.h"

/** An allocation, and the free or take of its block, with no other event of that address in
 *  between. The table of blocks need not see that block (heap_alloc_brief()). */
struct heap_brief {
	/** There is no block at that address before, for sure. */
	bool is_absent;
	/** The allocation was counted so, and this is its block. False: it failed, and the second
	 *  event finds what it finds. */
	bool is_done;
	struct block block;
};

/** What a record does to the block at one address. */
enum heap_event_class {
	/** There is one then. */
	HEAP_EVENT_ALLOC,
	/** There is none then. */
	HEAP_EVENT_FREE,
	/** The same, but it must not be one of a pair. */
	HEAP_EVENT_REMOVE,
	/** No block comes or goes. */
	HEAP_EVENT_NEITHER,
	/** Anything may happen, to any address. */
	HEAP_EVENT_ANY,
};

/** What an event that is valid will do. *key_ret: the first three are about the block at this
 *  address of the heap. */
enum heap_event_class heap_events_classify(const struct traced *t, const struct ring_record *record,
					   uint64_t *key_ret);
/** Load what the event will need, which follows soon. Nothing changes. */
void heap_events_prefetch(const struct traced *t, const struct ring_record *record,
			  const struct heap_brief *brief);

void heap_events_stack(struct traced *t, const struct event_stack *event);
/** brief, here and below: the event is one of such a pair; else NULL. */
void heap_events_alloc(struct traced *t, const struct event_alloc *event, struct heap_brief *brief);
void heap_events_free(struct traced *t, const struct event_free *event,
		      const struct heap_brief *brief);
void heap_events_usable(struct traced *t, const struct event_usable *event);
/** A realloc has begun: its old block is out until it ends. */
void heap_events_take(struct traced *t, const struct event_take *event,
		      const struct heap_brief *brief);
void heap_events_realloc(struct traced *t, const struct event_realloc *event,
			 struct heap_brief *brief);
/** What a realloc has taken is gone. */
void heap_events_abandon(struct traced *t, const struct event_abandon *event);
/** Hashes of stacks begin anew. */
void heap_events_forget_stacks(struct traced *t);
/** Forget what was allocated so far. */
void heap_events_clear(struct traced *t);

#endif
