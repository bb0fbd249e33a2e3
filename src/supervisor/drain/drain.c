// SPDX-License-Identifier: GPL-3.0-or-later
// One thread for each process takes batches of records out of its ring, under the lock of the
// process. Whoever needs the tables to be complete does the same up to where the ring ends now.
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

/** How many records are taken under one hold of the lock, so that the console gets its turn. */
#define BATCH 4096
/** The longest sleep between two looks into the ring. The tracer wakes us when the ring fills or
 *  when it waits for us. */
#define IDLE_NS (100 * NS_PER_MS)
/** After so long without an answer the tracer counts as hung. The longest thing in between is
 *  reading the ELF files of a large program from a slow disk. */
#define ANSWER_TIMEOUT_NS (60 * NS_PER_S)

static void note_time(struct traced *t)
{
	history_note(t->history, heap_seq(t->heap), t->num_events, clock_now_ns());
}

/** Note it once. Everything that follows from it is the same. */
static void note_broken(struct traced *t)
{
	if (!t->is_broken_noted)
		traced_note(t,
			    "the shared memory holds broken events, which are skipped: the "
			    "figures of process %d may be wrong from here on",
			    (int)t->pid);
	t->is_broken_noted = true;
}

/** Process at most max records before limit. Returns whether there may be more. */
static bool drain_batch(struct traced *t, uint64_t limit, unsigned max)
{
	const struct ring_record *record;

	note_time(t);
	limits_check(t);
	while ((record = ring_peek(t->reader, limit))) {
		if (event_is_valid(record, probe_num(&t->session->user_probes)))
			records_handle(t, record);
		else
			note_broken(t);
		FAULT_POINT("drain");
		ring_consume(t->reader);
		if (--max == 0)
			return true;
	}
	if (ring_num_broken(t->reader))
		note_broken(t);
	note_time(t);
	return false;
}

static void drain_to(struct traced *t, uint64_t limit)
{
	while (drain_batch(t, limit, BATCH) || ring_wait_commit(t->reader, limit))
		;
}

void drain_now(struct traced *t)
{
	if (t->reader)
		drain_to(t, ring_head(shared_ring(t->shared)));
}

void drain_last(struct traced *t)
{
	// A record that the tracer has begun will never be finished: it must not hide those behind
	// it.
	if (t->reader)
		ring_bury(shared_ring(t->shared), RING_TRACER);
	drain_now(t);
}

static void *drain_main(void *ctx)
{
	struct traced *t = ctx;
	uint32_t seen;
	bool has_more;

	while (!__atomic_load_n(&t->want_end, __ATOMIC_ACQUIRE)) {
		seen = ring_wake_count(t->reader);
		traced_lock(t);
		has_more = drain_batch(t, UINT64_MAX, BATCH);
		traced_unlock(t);
		if (!has_more)
			ring_wait_events(t->reader, seen, IDLE_NS);
	}
	return NULL;
}

struct err *drain_start(struct traced *t)
{
	struct ring_view view = shared_view(t->shared);
	struct err *err = ring_reader_create(&view, &t->reader);
	int errnum;

	if (err)
		return err;
	memory_open(t);
	errnum = thread_start(&t->drain_thread, drain_main, t);
	if (errnum)
		return err_sys(errnum, "cannot start a thread");
	t->has_thread = true;
	return NULL;
}

void drain_end(struct traced *t)
{
	if (!t->has_thread)
		return;
	__atomic_store_n(&t->want_end, true, __ATOMIC_RELEASE);
	ring_wake_consumer(shared_ring(t->shared));
	pthread_join(t->drain_thread, NULL);
	t->has_thread = false;
}

struct err *drain_call(struct traced *t, struct command *command)
{
	uint64_t deadline = clock_now_ns() + ANSWER_TIMEOUT_NS;
	struct err *err;

	traced_lock(t);
	command->cookie = ++t->num_cookies;
	err = control_try_send(t, command);
	while (!err && t->acked_cookie < command->cookie) {
		drain_now(t);
		if (t->acked_cookie >= command->cookie)
			break;
		if (!t->has_tracer || clock_now_ns() > deadline) {
			err = &err_gone;
			break;
		}
		traced_unlock(t);
		control_sleep(t->session, 10 * NS_PER_MS);
		traced_lock(t);
	}
	if (!err && t->ack_result)
		err = err_sys(t->ack_result, "the tracer could not do it");
	traced_unlock(t);
	return err;
}
