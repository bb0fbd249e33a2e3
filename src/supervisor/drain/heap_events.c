// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/heap_events.h"

#include "supervisor/code/rows.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/limits.h"
#include "supervisor/drain/measuring.h"

static void note_nomem(struct session *s, struct err *err)
{
	if (!err)
		return;
	// Of the limit the user knows already.
	if (!s->is_nomem_noted && !heap_is_closed(s->heap))
		session_note(s, "out of memory: some events are not recorded from here on");
	s->is_nomem_noted = true;
	err_destroy(err);
}

void heap_events_stack(struct session *s, const struct event_stack *event)
{
	_cleanup_free_ uint64_t *frames = malloc((event->num_pcs + 1) * sizeof(*frames));
	uint32_t flags = event->is_truncated ? STACK_TRUNCATED : 0, id, domain = 0;
	struct stacks *stacks = heap_stacks(s->heap);
	struct err *err;

	if (!frames) {
		note_nomem(s, &err_nomem);
		return;
	}
	rows_name_frames(s, event, frames, &domain);
	limits_check(s);
	if (heap_is_closed(s->heap)) {
		if (!stacks_find(stacks, frames, event->num_pcs, event->total, flags, &id))
			return;
		err = NULL;
	} else {
		err = stacks_intern(stacks, frames, event->num_pcs, event->total, flags, &id);
	}
	if (!err && !hmap_set(&s->stacks_by_hash, event->hash, id | (uint64_t)domain << 32))
		err = &err_nomem;
	note_nomem(s, err);
}

/** The address of a block in the heap. */
static uint64_t key_of(const struct session *s, uint32_t probe, uint64_t addr)
{
	return probe_is_layered(probe_at(&s->user_probes, probe)) ? addr | SESSION_UPPER : addr;
}

static void free_older(struct session *s, int32_t tid, const struct event_size *size)
{
	note_nomem(s, heap_free_older(s->heap, size->usable, size->low));
	if (s->measuring)
		measuring_free_older(s, tid, size->usable - (size->usable - size->low) / 2);
}

void heap_events_free(struct session *s, const struct event_free *event)
{
	uint64_t addr = key_of(s, event->probe, event->addr);
	struct block block;

	s->num_events++;
	if (s->measuring)
		measuring_free(s, event->tid, addr);
	// The tracer may have been out of memory for it: here it is known for sure.
	if (event->header.flags & FREE_OLDER && !heap_get(s->heap, addr, &block))
		free_older(s, event->tid, &event->usable);
	else
		heap_free(s->heap, addr);
}

static void add_usable(struct session *s, uint64_t requested, const struct event_size *size)
{
	if (size->usable)
		note_nomem(s, heap_note_usable(s->heap, requested, size->usable, size->low));
}

static void add_block(struct session *s, uint32_t probe, uint64_t addr, uint64_t size,
		      uint64_t hash, int32_t tid)
{
	const uint64_t *found = hmap_find(&s->stacks_by_hash, hash);
	uint32_t id = 0, domain = probe_at(&s->user_probes, probe)->domain;
	struct err *err = NULL;

	addr = key_of(s, probe, addr);
	if (found) {
		id = (uint32_t)*found;
		if (!domain)
			domain = *found >> 32;
	} else if (heap_is_closed(s->heap)) {
		id = s->beyond_stack;
	} else {
		err = stacks_intern(heap_stacks(s->heap), NULL, 0, 1, STACK_TRUNCATED, &id);
	}
	if (!err)
		err = heap_alloc(s->heap, addr, size, id, domain, tid);
	if (err) {
		heap_count_unrecorded(s->heap, size);
		note_nomem(s, err);
		return;
	}
	if (s->measuring)
		measuring_alloc(s, tid, addr);
}

void heap_events_alloc(struct session *s, const struct event_alloc *event)
{
	s->num_events++;
	add_usable(s, event->size, &event->usable);
	add_block(s, event->probe, event->addr, event->size, event->stack_hash, event->tid);
}

void heap_events_usable(struct session *s, const struct event_usable *event)
{
	add_usable(s, event->requested, &event->usable);
	heap_note_live(s->heap, event->requested);
}

static void forget_taken(struct session *s, uint64_t call)
{
	uint64_t *found = hmap_find(&s->taken, call);

	if (!found)
		return;
	free((struct block *)*found);
	hmap_remove(&s->taken, call);
}

void heap_events_take(struct session *s, const struct event_take *event)
{
	uint64_t addr = key_of(s, event->probe, event->addr);
	struct block taken, *block;

	if (s->measuring)
		measuring_free(s, event->tid, addr);
	if (!heap_take(s->heap, addr, &taken))
		return;
	block = malloc(sizeof(*block));
	if (block)
		*block = taken;
	if (!block || !hmap_set(&s->taken, event->call, (uint64_t)block)) {
		note_nomem(s, &err_nomem);
		free(block);
	}
}

static void put_back(struct session *s, int32_t tid, const struct block *block)
{
	note_nomem(s, heap_put_back(s->heap, block));
	if (s->measuring)
		measuring_put_back(s, tid, block->addr);
}

void heap_events_realloc(struct session *s, const struct event_realloc *event)
{
	const uint64_t *found = hmap_find(&s->taken, event->call);

	s->num_events++;
	if (event->addr && !found && event->header.flags & FREE_OLDER)
		free_older(s, event->tid, &event->old);
	add_usable(s, event->size, &event->usable);
	if (event->addr)
		add_block(s, event->probe, event->addr, event->size, event->stack_hash, event->tid);
	else if (found)
		put_back(s, event->tid, (const struct block *)*found);
	forget_taken(s, event->call);
}

void heap_events_abandon(struct session *s, const struct event_abandon *event)
{
	const uint64_t *found = hmap_find(&s->taken, event->call);

	if (!found && event->header.flags & FREE_OLDER)
		free_older(s, event->tid, &event->old);
	forget_taken(s, event->call);
}

void heap_events_clear(struct session *s)
{
	heap_clear(s->heap);
	// What realloc calls in progress hold is forgotten too: a failure must not bring it back.
	hmap_deinit_owned(&s->taken);
	s->num_events = s->rate_events = 0;
}
