// SPDX-License-Identifier: GPL-3.0-or-later
/** The consumer's side of a ring (wire/ring.h). One thread at a time may use a reader, but for
 *  ring_wait_events() and ring_wake_count().
 *
 *  What stands in shared memory is hostile input. The consumer keeps positions and sizes to itself,
 *  copies a record before it looks at it, and never reads beyond the ring. A record of impossible
 *  size or place is skipped and counted. Whatever is written there meanwhile, each call ends after
 *  as many steps as the ring has slots. */
#ifndef WIRE_RING_TAKE_H
#define WIRE_RING_TAKE_H

#include "base/err.h"
#include "wire/ring.h"

struct ring_reader;

/** Records of one ring_take(). */
#define RING_TAKE_MAX 4096u

/** A consumer for the ring, from its first record that nobody has consumed. It has room for the
 *  largest record. */
struct err *ring_reader_create(const struct ring_view *view, struct ring_reader **ret) __must_check;
/** NULL: nothing. */
void ring_reader_destroy(struct ring_reader *reader);

/** A copy of the oldest record, with an intact header, or NULL: there is none before position
 *  limit, or it is not committed yet. The copy stays until ring_consume(). Records of dead
 *  producers are skipped. */
const struct ring_record *ring_peek(struct ring_reader *reader, uint64_t limit);
/** Done with what ring_peek() returned. */
void ring_consume(struct ring_reader *reader);

/** Take copies of the oldest records before limit, as from ring_peek(), at most max and about
 *  RING_TAKE_MAX. One whose kind is a bit of last_kinds is the last. *ret is the first; ring_next()
 *  leads to the others. They stay until the next call. Their slots are free. Returns how many; 0:
 *  as when ring_peek() returns NULL. */
size_t ring_take(struct ring_reader *reader, uint64_t limit, size_t max, uint64_t last_kinds,
		 const struct ring_record **ret) __must_check;
/** The one behind it. */
static inline const struct ring_record *ring_next(const struct ring_record *record)
{
	return (const struct ring_record *)((const char *)record + record->size);
}

/** There was nothing to be read. Is there a record before limit that is not committed yet? Then
 *  sleep a little; its producer may be done. False as well when it has not been for 50 ms: it may
 *  be stopped for long. After two seconds in which others go on it counts as broken. */
bool ring_wait_commit(struct ring_reader *reader, uint64_t limit);
/** ring_peek() returned NULL. Is there a record before limit that is not committed yet? */
bool ring_is_stuck(const struct ring_reader *reader, uint64_t limit);

/** The position of the oldest record that is not consumed. */
uint64_t ring_tail(const struct ring_reader *reader);

/** Sleep until woken, at most ns; less where something waits for a producer to come out of
 *  ring_put(). Returns at once when ring_wake_count() is no longer seen. */
void ring_wait_events(struct ring_reader *reader, uint32_t seen, uint64_t ns);
uint32_t ring_wake_count(const struct ring_reader *reader);

/** Records skipped because their producer died; because they were broken, each loss of all records
 *  counts once, and so does a producer that did not come out of ring_put(). */
uint64_t ring_num_dead(const struct ring_reader *reader);
uint64_t ring_num_broken(const struct ring_reader *reader);

#endif
