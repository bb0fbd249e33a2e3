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
#include "supervisor/drain/pools.h"

#include <string.h>

#define NUM_CACHED 4096u

/** Which site an allocation has, by what its event tells. The way over stack and domain to the site
 *  reads three tables. Each site has one place here, where others displace it. */
struct alloc_site_cache {
	struct cached_site {
		uint64_t hash;
		int32_t tid;
		/** The probe + 1; 0: empty. */
		uint32_t probe_plus_1;
		uint32_t site;
	} sites[NUM_CACHED];
};

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

static void forget_sites(struct traced *t)
{
	if (t->site_cache)
		memset(t->site_cache, 0, sizeof(*t->site_cache));
}

void heap_events_stack(struct traced *t, const struct event_stack *event)
{
	_cleanup_free_ uint64_t *frames = malloc((event->num_pcs + 1) * sizeof(*frames));
	uint32_t flags = rows_stack_flags(t, event), id, domain = 0;
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
	if (!err && hmap_find(&t->stacks_by_hash, event->hash))
		forget_sites(t);
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

/** A block may be at that address. Others are of no program, and stand in no relation to what the
 *  table makes of them. */
static bool is_plain(uint64_t key)
{
	return key && key < BLOCK_LAYERED << 1;
}

static enum heap_event_class classify(const struct traced *t, enum heap_event_class class,
				      uint32_t probe, uint64_t addr, uint64_t *key_ret)
{
	*key_ret = key_of(t, probe, addr);
	return is_plain(*key_ret) && !t->measuring ? class : HEAP_EVENT_ANY;
}

enum heap_event_class heap_events_classify(const struct traced *t, const struct ring_record *record,
					   uint64_t *key_ret)
{
	const struct event_alloc *alloc = (const void *)record;
	const struct event_free *freed = (const void *)record;
	const struct event_take *taken = (const void *)record;
	const struct event_realloc *moved = (const void *)record;

	switch (record->kind) {
	case EVENT_ALLOC:
		if (record->flags & ALLOC_POOL)
			return HEAP_EVENT_ANY;
		return classify(t, HEAP_EVENT_ALLOC, alloc->probe, alloc->addr, key_ret);
	case EVENT_FREE:
		if (record->flags & FREE_POOL)
			return HEAP_EVENT_ANY;
		return classify(t, HEAP_EVENT_FREE, freed->probe, freed->addr, key_ret);
	case EVENT_TAKE:
		// What is taken needs memory. Only a block that has found room in the table may
		// need more, where that is scarce.
		return classify(t, heap_is_closed(t->heap) ? HEAP_EVENT_REMOVE : HEAP_EVENT_FREE,
				taken->probe, taken->addr, key_ret);
	case EVENT_REALLOC:
		// A failed one puts a block back, at any address.
		return moved->addr && !(record->flags & ALLOC_POOL)
			       ? classify(t, HEAP_EVENT_ALLOC, moved->probe, moved->addr, key_ret)
			       : HEAP_EVENT_ANY;
	case EVENT_STACK:
	case EVENT_USABLE:
	case EVENT_ABANDON:
		return HEAP_EVENT_NEITHER;
	default:
		return HEAP_EVENT_ANY;
	}
}

static struct cached_site *cached_site(const struct traced *t, uint64_t hash, int32_t tid)
{
	uint64_t mixed = (hash ^ (uint32_t)tid) * 0x9e3779b97f4a7c15ull;

	return &t->site_cache->sites[(mixed >> 32) % NUM_CACHED];
}

static void prefetch_site(const struct traced *t, uint64_t hash, int32_t tid)
{
	const struct cached_site *cached;

	if (!t->site_cache)
		return;
	cached = cached_site(t, hash, tid);
	if (cached->hash == hash && cached->tid == tid && cached->probe_plus_1)
		heap_prefetch_alloc_site(t->heap, cached->site);
}

void heap_events_prefetch(const struct traced *t, const struct ring_record *record,
			  const struct heap_brief *brief)
{
	const struct event_alloc *alloc = (const void *)record;
	const struct event_free *freed = (const void *)record;
	const struct event_take *taken = (const void *)record;
	const struct event_realloc *moved = (const void *)record;

	switch (record->kind) {
	case EVENT_ALLOC:
		prefetch_site(t, alloc->stack_hash, alloc->tid);
		break;
	case EVENT_REALLOC:
		prefetch_site(t, moved->stack_hash, moved->tid);
		break;
	case EVENT_FREE:
		if (!brief)
			heap_prefetch_alloc_site_of(t->heap, key_of(t, freed->probe, freed->addr));
		break;
	case EVENT_TAKE:
		if (!brief)
			heap_prefetch_alloc_site_of(t->heap, key_of(t, taken->probe, taken->addr));
		break;
	default:
		break;
	}
}

void heap_events_free(struct traced *t, const struct event_free *event,
		      const struct heap_brief *brief)
{
	uint64_t addr = key_of(t, event->probe, event->addr);
	struct block block;

	if (event->header.flags & FREE_POOL) {
		t->num_events++;
		pools_destroy(t, event->tid, event->addr);
		return;
	}
	if (brief && brief->is_done) {
		t->num_events++;
		heap_free_brief(t->heap, &brief->block);
		return;
	}
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

/** The site of an allocation. is_known_ret: its stack is known, and not only its hash. */
static struct err *find_site(struct traced *t, uint32_t probe, uint64_t hash, int32_t tid,
			     bool *is_known_ret, uint32_t *ret)
{
	const uint64_t *found = hmap_find(&t->stacks_by_hash, hash);
	uint32_t id = t->beyond_stack, domain = probe_at(&t->session->user_probes, probe)->domain;
	struct err *err = NULL;

	*is_known_ret = found;
	if (found) {
		id = (uint32_t)*found;
		if (!domain || (domain == DOMAIN_NEW && *found >> 32 == DOMAIN_NEW_ARRAY))
			domain = *found >> 32;
	} else if (!heap_is_closed(t->heap)) {
		err = stacks_intern(heap_stacks(t->heap), NULL, 0, 1,
				    stack_truncated(STACK_END_UNKNOWN, 0), &id);
	}
	return err ? err : heap_intern_alloc_site(t->heap, id, domain, tid, ret);
}

static struct err *find_site_cached(struct traced *t, uint32_t probe, uint64_t hash, int32_t tid,
				    uint32_t *ret)
{
	struct cached_site *cached;
	bool is_known;
	struct err *err;

	if (!t->site_cache)
		t->site_cache = calloc(1, sizeof(*t->site_cache));
	if (!t->site_cache)
		return find_site(t, probe, hash, tid, &is_known, ret);
	cached = cached_site(t, hash, tid);
	if (cached->hash == hash && cached->tid == tid && cached->probe_plus_1 == probe + 1) {
		*ret = cached->site;
		return NULL;
	}
	err = find_site(t, probe, hash, tid, &is_known, ret);
	if (!err && is_known)
		*cached = (struct cached_site){hash, tid, probe + 1, *ret};
	return err;
}

static void add_block(struct traced *t, uint32_t probe, uint64_t addr, uint64_t size, uint64_t hash,
		      int32_t tid, struct heap_brief *brief)
{
	uint32_t site;
	struct err *err = find_site_cached(t, probe, hash, tid, &site);

	addr = key_of(t, probe, addr);
	if (!err && brief) {
		heap_alloc_brief(t->heap, addr, size, site, brief->is_absent, &brief->block);
		brief->is_done = true;
	} else if (!err) {
		err = heap_alloc_at_site(t->heap, addr, size, site);
	}
	if (err) {
		heap_count_unrecorded(t->heap, size);
		note_nomem(t, err);
		return;
	}
	if (t->measuring)
		measuring_alloc(t, tid, addr);
}

void heap_events_alloc(struct traced *t, const struct event_alloc *event, struct heap_brief *brief)
{
	t->num_events++;
	if (!(event->header.flags & ALLOC_POOL))
		add_usable(t, event->size, &event->usable);
	add_block(t, event->probe, event->addr, event->size, event->stack_hash, event->tid, brief);
	if (event->header.flags & ALLOC_POOL)
		note_nomem(t, pools_add(t, event->usable.usable,
					key_of(t, event->probe, event->addr)));
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

static bool take(struct traced *t, const struct event_take *event, const struct heap_brief *brief,
		 struct block *ret)
{
	uint64_t addr = key_of(t, event->probe, event->addr);

	if (brief && brief->is_done) {
		heap_take_brief(t->heap, &brief->block);
		*ret = brief->block;
		return true;
	}
	if (t->measuring)
		measuring_free(t, event->tid, addr);
	return heap_take(t->heap, addr, ret);
}

void heap_events_take(struct traced *t, const struct event_take *event,
		      const struct heap_brief *brief)
{
	struct block taken, *block;

	if (!take(t, event, brief, &taken))
		return;
	// A number that comes twice is the target's doing. What it held is gone.
	forget_taken(t, event->call);
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

void heap_events_realloc(struct traced *t, const struct event_realloc *event,
			 struct heap_brief *brief)
{
	const uint64_t *found = hmap_find(&t->taken, event->call);

	t->num_events++;
	if (event->addr && !found && event->header.flags & FREE_OLDER)
		free_older(t, event->tid, &event->old);
	if (!(event->header.flags & ALLOC_POOL))
		add_usable(t, event->size, &event->usable);
	if (event->addr)
		add_block(t, event->probe, event->addr, event->size, event->stack_hash, event->tid,
			  brief);
	else if (found)
		put_back(t, event->tid, (const struct block *)*found);
	if (event->header.flags & ALLOC_POOL)
		note_nomem(t, pools_add(t, event->usable.usable,
					key_of(t, event->probe, event->addr)));
	forget_taken(t, event->call);
}

void heap_events_abandon(struct traced *t, const struct event_abandon *event)
{
	const uint64_t *found = hmap_find(&t->taken, event->call);

	if (!found && event->header.flags & FREE_OLDER)
		free_older(t, event->tid, &event->old);
	forget_taken(t, event->call);
}

void heap_events_forget_stacks(struct traced *t)
{
	hmap_deinit(&t->stacks_by_hash);
	forget_sites(t);
}

void heap_events_clear(struct traced *t)
{
	heap_clear(t->heap);
	// Forget what realloc calls in progress hold, too: a failure must not bring it back.
	hmap_deinit_owned(&t->taken);
	pools_clear(t);
	t->num_events = 0;
	history_clear(t->history);
}
