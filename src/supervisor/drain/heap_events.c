// SPDX-License-Identifier: GPL-3.0-or-later
// Events name a stack by its hash; here it becomes an id, and with domain and thread a site. A
// realloc takes its old block out when it begins, since another thread may get that address before
// it ends; the block is kept aside until then.
#include "config.h"

#include "supervisor/drain/heap_events.h"

#include "supervisor/code/rows.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/limits.h"
#include "supervisor/drain/measuring.h"

static void note_nomem(struct traced *t, struct err *err)
{
	if (!err)
		return;
	// The user knows of the limit already.
	if (!t->is_nomem_noted && !heap_is_closed(t->heap))
		traced_note(t, "out of memory: some events are not recorded from here on");
	t->is_nomem_noted = true;
	err_destroy(err);
}

void heap_events_stack(struct traced *t, const struct event_stack *event)
{
	_cleanup_free_ uint64_t *frames = malloc((event->num_pcs + 1) * sizeof(*frames));
	uint32_t flags = event->is_truncated ? STACK_TRUNCATED : 0, id, domain = 0;
	struct stacks *stacks = heap_stacks(t->heap);
	struct err *err;

	if (!frames) {
		note_nomem(t, &err_nomem);
		return;
	}
	rows_name_frames(t, event, frames, &domain);
	limits_check(t);
	if (heap_is_closed(t->heap)) {
		if (!stacks_find(stacks, frames, event->num_pcs, event->total, flags, &id))
			return;
		err = NULL;
	} else {
		err = stacks_intern(stacks, frames, event->num_pcs, event->total, flags, &id);
	}
	if (!err && !hmap_set(&t->stacks_by_hash, event->hash, id | (uint64_t)domain << 32))
		err = &err_nomem;
	note_nomem(t, err);
}

/** The address of a block in the heap. */
static uint64_t key_of(const struct traced *t, uint32_t probe, uint64_t addr)
{
	return probe_is_layered(probe_at(&t->session->user_probes, probe)) ? addr | BLOCK_LAYERED
									   : addr;
}

static void free_older(struct traced *t, int32_t tid, const struct event_size *size)
{
	note_nomem(t, heap_free_older(t->heap, size->usable, size->low));
	if (t->measuring)
		measuring_free_older(t, tid, size->usable - (size->usable - size->low) / 2);
}

void heap_events_free(struct traced *t, const struct event_free *event)
{
	uint64_t addr = key_of(t, event->probe, event->addr);
	struct block block;

	if (event->header.flags & FREE_IF_LIVE && !heap_get(t->heap, addr, &block))
		return;
	t->num_events++;
	if (t->measuring)
		measuring_free(t, event->tid, addr);
	// The tracer may have been out of memory for it: here it is known for sure.
	if (event->header.flags & FREE_OLDER && !heap_get(t->heap, addr, &block))
		free_older(t, event->tid, &event->usable);
	else
		heap_free(t->heap, addr);
}

static void add_usable(struct traced *t, uint64_t requested, const struct event_size *size)
{
	if (size->usable)
		note_nomem(t, heap_note_usable(t->heap, requested, size->usable, size->low));
}

static void add_block(struct traced *t, uint32_t probe, uint64_t addr, uint64_t size, uint64_t hash,
		      int32_t tid)
{
	const uint64_t *found = hmap_find(&t->stacks_by_hash, hash);
	uint32_t id = 0, domain = probe_at(&t->session->user_probes, probe)->domain;
	struct err *err = NULL;

	addr = key_of(t, probe, addr);
	if (found) {
		id = (uint32_t)*found;
		if (!domain)
			domain = *found >> 32;
	} else if (heap_is_closed(t->heap)) {
		id = t->beyond_stack;
	} else {
		err = stacks_intern(heap_stacks(t->heap), NULL, 0, 1, STACK_TRUNCATED, &id);
	}
	if (!err)
		err = heap_alloc(t->heap, addr, size, id, domain, tid);
	if (err) {
		heap_count_unrecorded(t->heap, size);
		note_nomem(t, err);
		return;
	}
	if (t->measuring)
		measuring_alloc(t, tid, addr);
}

void heap_events_alloc(struct traced *t, const struct event_alloc *event)
{
	t->num_events++;
	add_usable(t, event->size, &event->usable);
	add_block(t, event->probe, event->addr, event->size, event->stack_hash, event->tid);
}

void heap_events_usable(struct traced *t, const struct event_usable *event)
{
	add_usable(t, event->requested, &event->usable);
	heap_note_live(t->heap, event->requested);
}

static void forget_taken(struct traced *t, uint64_t call)
{
	uint64_t *found = hmap_find(&t->taken, call);

	if (!found)
		return;
	free((struct block *)*found);
	hmap_remove(&t->taken, call);
}

void heap_events_take(struct traced *t, const struct event_take *event)
{
	uint64_t addr = key_of(t, event->probe, event->addr);
	struct block taken, *block;

	if (t->measuring)
		measuring_free(t, event->tid, addr);
	if (!heap_take(t->heap, addr, &taken))
		return;
	block = malloc(sizeof(*block));
	if (block)
		*block = taken;
	if (!block || !hmap_set(&t->taken, event->call, (uint64_t)block)) {
		note_nomem(t, &err_nomem);
		free(block);
	}
}

static void put_back(struct traced *t, int32_t tid, const struct block *block)
{
	note_nomem(t, heap_put_back(t->heap, block));
	if (t->measuring)
		measuring_put_back(t, tid, block->addr);
}

void heap_events_realloc(struct traced *t, const struct event_realloc *event)
{
	const uint64_t *found = hmap_find(&t->taken, event->call);

	t->num_events++;
	if (event->addr && !found && event->header.flags & FREE_OLDER)
		free_older(t, event->tid, &event->old);
	add_usable(t, event->size, &event->usable);
	if (event->addr)
		add_block(t, event->probe, event->addr, event->size, event->stack_hash, event->tid);
	else if (found)
		put_back(t, event->tid, (const struct block *)*found);
	forget_taken(t, event->call);
}

void heap_events_abandon(struct traced *t, const struct event_abandon *event)
{
	const uint64_t *found = hmap_find(&t->taken, event->call);

	if (!found && event->header.flags & FREE_OLDER)
		free_older(t, event->tid, &event->old);
	forget_taken(t, event->call);
}

void heap_events_clear(struct traced *t)
{
	heap_clear(t->heap);
	// Forget what realloc calls in progress hold, too: a failure must not bring it back.
	hmap_deinit_owned(&t->taken);
	t->num_events = 0;
	history_clear(t->history);
}
