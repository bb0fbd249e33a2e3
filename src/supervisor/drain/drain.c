// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "supervisor/drain/drain.h"

#include "base/clock.h"
#include "base/fault.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/core/notes.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/limits.h"
#include "supervisor/drain/records.h"
#include "supervisor/os/thread.h"
#include "wire/event_check.h"

/** Records taken under one hold of the lock, so that the console gets its turn. */
#define BATCH 4096
/** Longest sleep between two looks into the ring; the tracer wakes us when it fills or waits for us. */
#define IDLE_NS (100 * NS_PER_MS)
/** A tracer that does not answer for so long is taken for hung. Reading the ELF files of a large program on a slow disk
 *  is the longest that can lie between. */
#define ANSWER_TIMEOUT_NS (60 * NS_PER_S)

/** Once: what follows from it is all the same. */
static void note_broken(struct session *s)
{
	if (!s->is_broken_noted)
		session_note(s,
			     "the shared memory holds broken events, which are skipped: the "
			     "figures of process %d may be wrong from here on",
			     (int)s->tracer.target);
	s->is_broken_noted = true;
}

/** Process at most max records before limit. Returns whether there may be more. */
static bool drain_batch(struct session *s, uint64_t limit, unsigned max)
{
	const struct ring_record *record;

	history_note(s);
	limits_check(s);
	while ((record = ring_peek(s->reader, limit))) {
		if (event_is_valid(record, probe_num(&s->user_probes)))
			records_handle(s, record);
		else
			note_broken(s);
		FAULT_POINT("drain");
		ring_consume(s->reader);
		if (--max == 0)
			return true;
	}
	if (ring_num_broken(s->reader))
		note_broken(s);
	history_note(s);
	return false;
}

static void drain_to(struct session *s, uint64_t limit)
{
	while (drain_batch(s, limit, BATCH) || ring_wait_commit(s->reader, limit))
		;
}

void drain_now(struct session *s)
{
	if (s->reader)
		drain_to(s, ring_head(shared_ring(s->shared)));
}

void drain_last(struct session *s)
{
	// A record that the tracer has begun will never be finished: it must not hide those behind it.
	if (s->reader)
		ring_bury(shared_ring(s->shared), RING_TRACER);
	drain_now(s);
}

static void *drain_main(void *ctx)
{
	struct session *s = ctx;
	uint32_t seen;
	bool has_more;

	while (!__atomic_load_n(&s->want_end, __ATOMIC_ACQUIRE)) {
		seen = ring_wake_count(s->reader);
		session_lock(s);
		has_more = drain_batch(s, UINT64_MAX, BATCH);
		session_unlock(s);
		if (!has_more)
			ring_wait_events(s->reader, seen, IDLE_NS);
	}
	return NULL;
}

struct err *drain_start(struct session *s)
{
	struct ring_view view = shared_view(s->shared);
	struct err *err = ring_reader_create(&view, &s->reader);
	int errnum;

	if (err)
		return err;
	memory_open(s);
	errnum = thread_start(&s->drain_thread, drain_main, s);
	if (errnum)
		return err_sys(errnum, "cannot start a thread");
	s->has_thread = true;
	return NULL;
}

void drain_end(struct session *s)
{
	if (!s->has_thread)
		return;
	__atomic_store_n(&s->want_end, true, __ATOMIC_RELEASE);
	ring_wake_consumer(shared_ring(s->shared));
	pthread_join(s->drain_thread, NULL);
	s->has_thread = false;
}

struct err *drain_call(struct session *s, struct command *command)
{
	uint64_t deadline = clock_now_ns() + ANSWER_TIMEOUT_NS;
	struct err *err = NULL;

	session_lock(s);
	command->cookie = ++s->num_cookies;
	if (s->has_tracer)
		err = tracer_send(&s->tracer, command);
	else
		err = &err_gone;
	while (!err && s->acked_cookie < command->cookie) {
		drain_now(s);
		if (s->acked_cookie >= command->cookie)
			break;
		if (!s->has_tracer || clock_now_ns() > deadline) {
			err = &err_gone;
			break;
		}
		session_unlock(s);
		control_sleep(s, 10 * NS_PER_MS);
		session_lock(s);
	}
	if (!err && s->ack_result)
		err = err_sys(s->ack_result, "the tracer could not do it");
	session_unlock(s);
	return err;
}
