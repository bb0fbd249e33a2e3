// SPDX-License-Identifier: GPL-3.0-or-later
// A batch is looked through twice. First each record is checked, and the last thing that happens to
// each address is remembered: if that is an allocation when a free comes, the two are a pair. Then
// the records are carried out in their order, with what they need on its way from memory. Every
// counter changes as it would without: only the table of blocks does not see pairs.
#include "config.h"

#include "supervisor/drain/event_batch.h"

#include "base/fault.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/heap_events.h"
#include "supervisor/drain/records.h"
#include "wire/event_check.h"

/** Power of two. Addresses that share a place displace each other: then a pair goes unseen. */
#define NUM_PLACES 2048u
/** How many records ahead what is needed in the end is loaded. */
#define AHEAD 8
/** Behind one of these another ring has its turn. */
#define LAST_KINDS (1ull << EVENT_AGENT | 1ull << EVENT_POSITION)

struct item {
	/** NULL: no event. */
	const struct ring_record *record;
	/** Of both records of a pair. */
	struct heap_brief *brief;
	/** Of an allocation. */
	bool is_absent;
};

/** What is known of an address at some point of the batch. */
struct place {
	uint64_t key;
	/** struct event_batch.round; another one: nothing is known. */
	uint32_t round;
	/** The item that allocated the block there; NO_ITEM: there is none. */
	uint32_t item;
};

#define NO_ITEM UINT32_MAX

struct event_batch {
	size_t size;
	size_t num;
	size_t num_briefs;
	uint32_t round;
	struct item items[RING_TAKE_MAX];
	struct heap_brief briefs[RING_TAKE_MAX / 2];
	struct place places[NUM_PLACES];
};

struct err *event_batch_create(size_t size, struct event_batch **ret)
{
	struct event_batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return &err_nomem;
	batch->size = size < RING_TAKE_MAX ? size : RING_TAKE_MAX;
	*ret = batch;
	return NULL;
}

void event_batch_destroy(struct event_batch *batch)
{
	free(batch);
}

void event_batch_note_broken(struct traced *t)
{
	if (!t->is_broken_noted)
		traced_note(t,
			    "the shared memory holds broken events, which are skipped: the "
			    "figures of process %d may be wrong from here on",
			    (int)t->pid);
	t->is_broken_noted = true;
}

bool event_batch_accepts_valid(struct traced *t, const struct ring_record *record)
{
	bool is_valid = event_is_valid(record, probe_num(&t->session->user_probes));

	if (!is_valid)
		event_batch_note_broken(t);
	return is_valid;
}

/** Nothing is known of any address. */
static void forget_places(struct event_batch *b)
{
	if (++b->round)
		return;
	// It has come around.
	memset(b->places, 0, sizeof(b->places));
	b->round = 1;
}

/** What is known of the address; if nothing is, it is loaded ahead. */
static struct place *find_place(struct traced *t, uint64_t key)
{
	struct event_batch *b = t->batch;
	struct place *place = &b->places[hash_u64(key) & (NUM_PLACES - 1)];

	if (place->key == key && place->round == b->round)
		return place;
	heap_prefetch_block(t->heap, key);
	*place = (struct place){.key = key};
	return place;
}

static void see_alloc(struct traced *t, struct item *item, uint64_t key)
{
	struct event_batch *b = t->batch;
	struct place *place = find_place(t, key);

	item->is_absent = place->round == b->round && place->item == NO_ITEM;
	place->round = b->round;
	place->item = (uint32_t)(item - b->items);
}

static void see_free(struct traced *t, struct item *item, uint64_t key, bool may_pair)
{
	struct event_batch *b = t->batch;
	struct place *place = find_place(t, key);
	struct item *alloc;

	if (may_pair && place->round == b->round && place->item != NO_ITEM) {
		alloc = &b->items[place->item];
		item->brief = alloc->brief = &b->briefs[b->num_briefs++];
		item->brief->is_absent = alloc->is_absent;
		item->brief->is_done = false;
	}
	place->round = b->round;
	place->item = NO_ITEM;
}

/** Look at one record before any is carried out. */
static void see(struct traced *t, struct item *item)
{
	uint64_t key;

	switch (heap_events_classify(t, item->record, &key)) {
	case HEAP_EVENT_ALLOC:
		see_alloc(t, item, key);
		break;
	case HEAP_EVENT_FREE:
		see_free(t, item, key, true);
		break;
	case HEAP_EVENT_REMOVE:
		see_free(t, item, key, false);
		break;
	case HEAP_EVENT_NEITHER:
		break;
	case HEAP_EVENT_ANY:
		forget_places(t->batch);
		break;
	}
}

static void see_all(struct traced *t, const struct ring_record *record, event_batch_accepts accepts)
{
	struct event_batch *b = t->batch;
	size_t i;

	forget_places(b);
	b->num_briefs = 0;
	for (i = 0; i < b->num; i++, record = ring_next(record)) {
		b->items[i] = (struct item){0};
		if (!accepts(t, record))
			continue;
		b->items[i].record = record;
		see(t, &b->items[i]);
	}
}

size_t event_batch_run(struct traced *t, struct ring_reader *reader, uint64_t limit, size_t max,
		       event_batch_accepts accepts)
{
	const struct ring_record *record;
	struct event_batch *b = t->batch;
	size_t i;

	b->num = ring_take(reader, limit, max < b->size ? max : b->size, LAST_KINDS, &record);
	see_all(t, record, accepts);
	for (i = 0; i < b->num; i++) {
		if (i + AHEAD < b->num && b->items[i + AHEAD].record)
			heap_events_prefetch(t, b->items[i + AHEAD].record,
					     b->items[i + AHEAD].brief);
		if (b->items[i].record)
			records_handle(t, b->items[i].record, b->items[i].brief);
		FAULT_POINT("drain");
	}
	return b->num;
}
