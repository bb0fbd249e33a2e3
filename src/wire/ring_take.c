// SPDX-License-Identifier: GPL-3.0-or-later
// The consumer's side of the ring. A grace notes which producers are inside, and is over when each
// of them has come out: with one it finds slots of dead producers, with another one the part of the
// buffer that is free again.
#include "config.h"

#include "wire/ring_take.h"

#include "base/clock.h"
#include "wire/ring_grace.h"
#include "wire/ring_wait.h"

#include <stdlib.h>
#include <string.h>

/** A producer that is running commits within some of these looks. */
#define LOOKS 200
/** So far ahead slots are loaded from memory. */
#define SLOTS_AHEAD 16
/** Of ring_wait_commit(): one sleep, and how long all of them may be. */
#define COMMIT_SLEEP_NS (50 * 1000ull)
#define COMMIT_WAIT_NS  (50 * NS_PER_MS)
/** Records that ring_take() copies come to less than this before the last of them. */
#define TAKE_SIZE (RING_TAKE_MAX * RING_INLINE)

struct ring_reader {
	struct ring_view view;
	struct ring_patience patience;
	/** The truth about ring->tail and ring->buffer_tail. */
	uint64_t tail;
	uint64_t buffer_tail;
	/** The record at tail is in copy. */
	bool has_record;
	/** The slot at tail is not committed: for whom we wait; when ring_wait_commit() began to
	 *  (0: not). */
	struct ring_grace stuck;
	uint64_t stuck_ns;
	/** The buffer up to reclaim_to is free when the grace is over and tail has come to
	 *  reclaim_at. */
	struct ring_grace reclaim;
	bool is_reclaim_seen;
	uint64_t reclaim_to;
	uint64_t reclaim_at;
	uint64_t num_dead;
	uint64_t num_broken;
	/** The record that was looked at, or those that were taken. */
	struct ring_record *copy;
};

struct err *ring_reader_create(const struct ring_view *view, struct ring_reader **ret)
{
	struct ring_reader *r = calloc(1, sizeof(*r));
	uint64_t size = view->buffer_size / 2;

	if (r)
		r->copy = malloc(TAKE_SIZE + (size > RING_INLINE ? size : RING_INLINE));
	if (!r || !r->copy) {
		free(r);
		return &err_nomem;
	}
	r->view = *view;
	ring_patience_init(&r->patience);
	r->tail = __atomic_load_n(&view->ring->tail, __ATOMIC_ACQUIRE);
	r->buffer_tail = __atomic_load_n(&view->ring->buffer_tail, __ATOMIC_ACQUIRE);
	*ret = r;
	return NULL;
}

void ring_reader_destroy(struct ring_reader *reader)
{
	if (!reader)
		return;
	free(reader->copy);
	free(reader);
}

static void wake_producers(struct ring_reader *r)
{
	struct ring *ring = r->view.ring;

	// Either we see that a producer waits, or it sees the room before it sleeps: all of this is
	// SEQ_CST.
	if (!__atomic_load_n(&ring->is_producer_waiting, __ATOMIC_SEQ_CST))
		return;
	if (ring_head(ring) - r->tail > r->view.num_slots / 2 ||
	    __atomic_load_n(&ring->buffer_head, __ATOMIC_ACQUIRE) - r->buffer_tail >
		    r->view.buffer_size / 2)
		return;
	// Once, not with every record until the producer gets a CPU.
	__atomic_store_n(&ring->is_producer_waiting, 0, __ATOMIC_SEQ_CST);
	ring_wake_producers(ring);
}

/** Also where nothing has changed: somebody may have spoilt them. */
static void publish(struct ring_reader *r)
{
	__atomic_store_n(&r->view.ring->buffer_tail, r->buffer_tail, __ATOMIC_SEQ_CST);
	__atomic_store_n(&r->view.ring->tail, r->tail, __ATOMIC_SEQ_CST);
	wake_producers(r);
}

static void step(struct ring_reader *r)
{
	r->tail++;
	r->has_record = r->stuck.is_begun = false;
	r->stuck_ns = 0;
}

static void advance(struct ring_reader *r)
{
	step(r);
	__atomic_store_n(&r->view.ring->tail, r->tail, __ATOMIC_SEQ_CST);
	wake_producers(r);
}

/** Nobody can have written that: begin anew behind all of it. */
static void lose_all(struct ring_reader *r, uint64_t head)
{
	r->tail = head;
	r->buffer_tail = __atomic_load_n(&r->view.ring->buffer_head, __ATOMIC_ACQUIRE);
	r->reclaim.is_begun = r->stuck.is_begun = false;
	r->stuck_ns = 0;
	r->num_broken++;
	publish(r);
}

/** A piece of the buffer is worth the look at all producers, or somebody waits for it. */
static void begin_reclaim(struct ring_reader *r)
{
	struct ring *ring = r->view.ring;
	uint64_t head = __atomic_load_n(&ring->buffer_head, __ATOMIC_ACQUIRE),
		 used = head - r->buffer_tail;

	if (!used || (used < r->view.buffer_size / 8 &&
		      !__atomic_load_n(&ring->is_producer_waiting, __ATOMIC_SEQ_CST)))
		return;
	if (used > r->view.buffer_size) {
		r->num_broken++;
		r->buffer_tail = head;
		publish(r);
		return;
	}
	r->reclaim_to = head;
	r->is_reclaim_seen = false;
	ring_grace_begin(ring, &r->patience, &r->reclaim);
}

static void reclaim(struct ring_reader *r)
{
	uint64_t ahead;

	if (!r->reclaim.is_begun)
		begin_reclaim(r);
	if (!r->reclaim.is_begun)
		return;
	if (!ring_grace_is_over(r->view.ring, &r->patience, &r->reclaim)) {
		if (!ring_grace_is_lost(r->view.ring, &r->patience, &r->reclaim))
			return;
		r->num_broken++;
	}
	if (!r->is_reclaim_seen) {
		// All slots that refer to that part are before head now.
		ahead = ring_head(r->view.ring) - r->tail;
		r->reclaim_at = r->tail + (ahead < r->view.num_slots ? ahead : r->view.num_slots);
		r->is_reclaim_seen = true;
	}
	if (r->tail < r->reclaim_at)
		return;
	r->reclaim.is_begun = false;
	r->buffer_tail = r->reclaim_to;
	publish(r);
}

/** Copy a large record, whose header is in *copy already. False: its place or size is none. */
static bool copy_large(const struct ring_reader *r, const uint64_t *words, struct ring_record *copy)
{
	struct ring_record header = *copy;
	uint64_t position = words[1], offset = position - r->buffer_tail, left, first;

	if (header.size > r->view.buffer_size / 2 || offset > r->view.buffer_size ||
	    offset + header.size > r->view.buffer_size)
		return false;
	left = ring_buffer_left(&r->view, position);
	first = header.size < left ? header.size : left;
	memcpy(copy, ring_buffer_at(&r->view, position), first);
	if (first < header.size)
		memcpy((uint8_t *)copy + first, ring_buffer_at(&r->view, position + first),
		       header.size - first);
	// The one that was looked at.
	*copy = header;
	return true;
}

/** The slot at tail is committed: copy its record. */
static bool copy_record(const struct ring_reader *r, const struct ring_slot *slot,
			struct ring_record *copy)
{
	uint64_t word, words[2];
	unsigned i;

	for (i = 0; i < RING_INLINE / 8; i++) {
		word = __atomic_load_n(&slot->words[i], __ATOMIC_RELAXED);
		memcpy((uint64_t *)copy + i, &word, sizeof(word));
	}
	memcpy(words, copy, sizeof(words));
	if (copy->size < sizeof(struct ring_record) || copy->size % 8)
		return false;
	return copy->size <= RING_INLINE || copy_large(r, words, copy);
}

/** What the slot at tail is. */
enum slot_state {
	COMMITTED,
	/** Its producer may commit it yet. */
	UNCOMMITTED,
	DEAD,
	/** It does neither commit it nor come out. */
	LOST,
};

static bool is_committed(const struct ring_reader *r, const struct ring_slot *slot)
{
	return __atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) == r->tail + 1;
}

static enum slot_state look(struct ring_reader *r, const struct ring_slot *slot)
{
	unsigned i;

	for (i = 0; i < LOOKS; i++) {
		if (is_committed(r, slot))
			return COMMITTED;
		// Who was not done the first time does not run.
		if (r->stuck.is_begun)
			break;
	}
	if (!r->stuck.is_begun)
		ring_grace_begin(r->view.ring, &r->patience, &r->stuck);
	if (!ring_grace_is_over(r->view.ring, &r->patience, &r->stuck))
		return ring_grace_is_lost(r->view.ring, &r->patience, &r->stuck) ? LOST
										 : UNCOMMITTED;
	// Who came out last may have committed it.
	return is_committed(r, slot) ? COMMITTED : DEAD;
}

static const struct ring_slot *slot_at(const struct ring_reader *r, uint64_t position)
{
	return &r->view.ring->slots[position & (r->view.num_slots - 1)];
}

/** Skip to a record before end and copy it. */
static bool find_record(struct ring_reader *r, uint64_t end, struct ring_record *copy)
{
	const struct ring_slot *slot;

	for (; r->tail != end; advance(r)) {
		slot = slot_at(r, r->tail);
		__builtin_prefetch(slot_at(r, r->tail + SLOTS_AHEAD));
		switch (look(r, slot)) {
		case UNCOMMITTED:
			return false;
		case DEAD:
			r->num_dead++;
			break;
		case LOST:
			r->num_broken++;
			break;
		case COMMITTED:
			if (copy_record(r, slot, copy))
				return true;
			r->num_broken++;
			break;
		}
	}
	return false;
}

/** Where the records end that may be read now. */
static uint64_t find_end(struct ring_reader *r, uint64_t limit)
{
	uint64_t head = ring_head(r->view.ring);

	if (head - r->tail > r->view.num_slots) {
		// That may be beyond limit.
		lose_all(r, head);
		return head;
	}
	return head < limit ? head : limit;
}

const struct ring_record *ring_peek(struct ring_reader *reader, uint64_t limit)
{
	if (reader->tail >= limit)
		return NULL;
	if (!reader->has_record)
		reader->has_record = find_record(reader, find_end(reader, limit), reader->copy);
	if (reader->has_record)
		return reader->copy;
	reclaim(reader);
	publish(reader);
	return NULL;
}

static bool is_of(const struct ring_record *record, uint64_t kinds)
{
	return record->kind < 64 && kinds >> record->kind & 1;
}

size_t ring_take(struct ring_reader *reader, uint64_t limit, size_t max, uint64_t last_kinds,
		 const struct ring_record **ret)
{
	struct ring_record *copy = reader->copy;
	size_t num = 0, used = 0;
	bool is_last = false;
	uint64_t end;

	*ret = copy;
	if (reader->tail >= limit)
		return 0;
	if (reader->has_record) {
		ring_consume(reader);
		return 1;
	}
	end = find_end(reader, limit);
	while (num < max && used < TAKE_SIZE && !is_last && find_record(reader, end, copy)) {
		used += copy->size;
		is_last = is_of(copy, last_kinds);
		copy = (struct ring_record *)((uint8_t *)reader->copy + used);
		num++;
		step(reader);
	}
	reclaim(reader);
	publish(reader);
	return num;
}

void ring_consume(struct ring_reader *reader)
{
	bool is_large = reader->copy->size > RING_INLINE;

	advance(reader);
	if (is_large || reader->reclaim.is_begun)
		reclaim(reader);
}

uint64_t ring_tail(const struct ring_reader *reader)
{
	return reader->tail;
}

bool ring_is_stuck(const struct ring_reader *reader, uint64_t limit)
{
	return reader->stuck.is_begun && reader->tail < limit;
}

bool ring_wait_commit(struct ring_reader *reader, uint64_t limit)
{
	uint64_t now = clock_now_ns();

	if (!ring_is_stuck(reader, limit))
		return false;
	if (!reader->stuck_ns)
		reader->stuck_ns = now;
	if (now - reader->stuck_ns > COMMIT_WAIT_NS)
		return false;
	nanosleep(&(struct timespec){.tv_nsec = COMMIT_SLEEP_NS}, NULL);
	return true;
}

void ring_wait_events(struct ring_reader *reader, uint32_t seen, uint64_t ns)
{
	// A producer that comes out tells nobody. (Another thread may be at work with the reader.)
	if (ns > NS_PER_MS &&
	    (__atomic_load_n(&reader->stuck.is_begun, __ATOMIC_RELAXED) ||
	     (__atomic_load_n(&reader->reclaim.is_begun, __ATOMIC_RELAXED) &&
	      __atomic_load_n(&reader->view.ring->is_producer_waiting, __ATOMIC_SEQ_CST))))
		ns = NS_PER_MS;
	ring_sleep(&reader->view.ring->wake_consumer, seen, ns);
}

uint32_t ring_wake_count(const struct ring_reader *reader)
{
	return __atomic_load_n(&reader->view.ring->wake_consumer, __ATOMIC_ACQUIRE);
}

uint64_t ring_num_dead(const struct ring_reader *reader)
{
	return reader->num_dead;
}

uint64_t ring_num_broken(const struct ring_reader *reader)
{
	return reader->num_broken;
}
