// SPDX-License-Identifier: GPL-3.0-or-later
// The producers' side of the ring: nothing but memory and atomic operations, so that it can run
// inside of a target (scripts/check-freestanding compiles it that way). ring.h tells the protocol.
#include "wire/ring.h"

void ring_init(struct ring *ring)
{
	__builtin_memset(ring, 0, offsetof(struct ring, slots));
	ring->producers[RING_TRACER].is_taken = 1;
	ring->num_producers = RING_TRACER + 1;
}

static void raise_num_producers(struct ring *ring, uint32_t num)
{
	uint32_t old = __atomic_load_n(&ring->num_producers, __ATOMIC_RELAXED);

	while (old < num && !__atomic_compare_exchange_n(&ring->num_producers, &old, num, false,
							 __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

int ring_join(struct ring *ring)
{
	uint32_t i, none;

	for (i = 0; i < RING_PRODUCERS; i++) {
		none = 0;
		if (!__atomic_compare_exchange_n(&ring->producers[i].is_taken, &none, 1, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			continue;
		raise_num_producers(ring, i + 1);
		return (int)i;
	}
	return -1;
}

void ring_bury(struct ring *ring, uint32_t producer)
{
	struct ring_producer *p = &ring->producers[producer];
	uint64_t count = __atomic_load_n(&p->count, __ATOMIC_ACQUIRE);

	__atomic_store_n(&p->count, count + (count & 1), __ATOMIC_RELEASE);
	__atomic_store_n(&p->is_taken, 0, __ATOMIC_RELEASE);
}

/** Is there a slot for this record, and for one of every other producer? */
static bool has_slot(const struct ring_view *view)
{
	struct ring *ring = view->ring;
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);
	// In this order: who passed the check before we read head has joined before we count.
	uint32_t others = __atomic_load_n(&ring->num_producers, __ATOMIC_ACQUIRE);

	return head - tail + (others < RING_PRODUCERS ? others : RING_PRODUCERS) <= view->num_slots;
}

static bool take_buffer(const struct ring_view *view, uint64_t size, uint64_t *ret)
{
	struct ring *ring = view->ring;
	uint64_t tail = __atomic_load_n(&ring->buffer_tail, __ATOMIC_ACQUIRE);
	uint64_t head = __atomic_load_n(&ring->buffer_head, __ATOMIC_RELAXED);

	do {
		if (head - tail + size > view->buffer_size)
			return false;
	} while (!__atomic_compare_exchange_n(&ring->buffer_head, &head, head + size, true,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	*ret = head;
	return true;
}

static void fill_buffer(const struct ring_view *view, uint64_t position, const void *bytes,
			uint64_t size)
{
	uint64_t left = ring_buffer_left(view, position), first = size < left ? size : left;

	__builtin_memcpy(ring_buffer_at(view, position), bytes, first);
	if (first < size)
		__builtin_memcpy(ring_buffer_at(view, position + first),
				 (const uint8_t *)bytes + first, size - first);
}

/** What goes into a slot: whole words. */
struct contents {
	/** The record itself, or words. */
	const void *bytes;
	uint32_t size;
	uint64_t words[RING_INLINE / 8];
};

/** A large record goes to the buffer. False: it is full. */
static bool make_contents(const struct ring_view *view, const struct ring_record *record,
			  const void *tail, uint32_t tail_size, struct contents *ret)
{
	uint32_t fixed = record->size - tail_size;
	uint64_t position;

	ret->bytes = record;
	ret->size = record->size;
	if (record->size <= RING_INLINE && !tail_size)
		return true;
	ret->bytes = ret->words;
	if (record->size <= RING_INLINE) {
		__builtin_memcpy(ret->words, record, fixed);
		__builtin_memcpy((uint8_t *)ret->words + fixed, tail, tail_size);
		return true;
	}
	if (record->size > view->buffer_size / 2 || !take_buffer(view, record->size, &position))
		return false;
	fill_buffer(view, position, record, fixed);
	if (tail_size)
		fill_buffer(view, position + fixed, tail, tail_size);
	__builtin_memcpy(ret->words, record, sizeof(*record));
	ret->words[1] = position;
	ret->size = 2 * sizeof(ret->words[0]);
	return true;
}

/** Returns the position. */
static uint64_t commit(const struct ring_view *view, const struct contents *contents)
{
	uint64_t position = __atomic_fetch_add(&view->ring->head, 1, __ATOMIC_SEQ_CST), word;
	struct ring_slot *slot = &view->ring->slots[position & (view->num_slots - 1)];
	unsigned i;

	for (i = 0; i < contents->size / 8; i++) {
		__builtin_memcpy(&word, (const uint8_t *)contents->bytes + 8 * i, sizeof(word));
		__atomic_store_n(&slot->words[i], word, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&slot->seq, position + 1, __ATOMIC_RELEASE);
	return position;
}

/** Does `size` more, up to `head`, fill what was used beyond a quarter of all? */
static bool crosses_mark(uint64_t head, uint64_t tail, uint64_t size, uint64_t all)
{
	return head - tail >= all / 4 && head - tail - size < all / 4;
}

static bool is_beyond_mark(const struct ring_view *view, uint64_t position,
			   const struct ring_record *record, const struct contents *contents)
{
	// The consumer that we see at work may move on meanwhile. One that sleeps has set tail
	// before it looked for more, and who puts the record at the mark sees that.
	uint64_t tail = __atomic_load_n(&view->ring->tail, __ATOMIC_SEQ_CST);

	if (crosses_mark(position + 1, tail, 1, view->num_slots))
		return true;
	return record->size > RING_INLINE &&
	       crosses_mark(contents->words[1] + record->size,
			    __atomic_load_n(&view->ring->buffer_tail, __ATOMIC_RELAXED),
			    record->size, view->buffer_size);
}

enum ring_put_result ring_put(const struct ring_view *view, uint32_t producer,
			      const struct ring_record *record, const void *tail,
			      uint32_t tail_size)
{
	struct ring_producer *p = &view->ring->producers[producer];
	uint64_t count = (__atomic_load_n(&p->count, __ATOMIC_RELAXED) + 1) | 1, position;
	enum ring_put_result result = RING_PUT_FULL;
	struct contents contents;

	// Visible with the additions that follow, which order everything before them.
	__atomic_store_n(&p->count, count, __ATOMIC_RELAXED);
	if (has_slot(view) && make_contents(view, record, tail, tail_size, &contents)) {
		position = commit(view, &contents);
		result = is_beyond_mark(view, position, record, &contents) ? RING_PUT_WAKE
									   : RING_PUT_DONE;
	}
	__atomic_store_n(&p->count, count + 1, __ATOMIC_RELEASE);
	return result;
}
