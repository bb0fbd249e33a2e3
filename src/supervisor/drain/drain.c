// SPDX-License-Identifier: GPL-3.0-or-later
// One thread for each process takes batches of records out of its ring, or out of both, under the
// lock of the process. Whoever needs the tables to be complete does the same up to where the rings
// end now.
#include "config.h"

#include "supervisor/drain/drain.h"

#include "base/clock.h"
#include "supervisor/code/silence.h"
#include "supervisor/core/control.h"
#include "supervisor/core/memory.h"
#include "supervisor/drain/agent_ring.h"
#include "supervisor/drain/event_batch.h"
#include "supervisor/drain/history.h"
#include "supervisor/drain/limits.h"
#include "supervisor/os/thread.h"

/** How many records are taken under one hold of the lock, so that the console gets its turn. */
#define BATCH 4096
/** The longest sleep between two looks into the ring. The tracer wakes us when the ring fills or
 *  when it waits for us. */
#define IDLE_NS (100 * NS_PER_MS)
/** The same where the target has an agent, whose ring would fill in some 20 ms: while events come,
 *  and at most. */
#define AGENT_BUSY_NS NS_PER_MS
#define AGENT_IDLE_NS (20 * NS_PER_MS)
/** After so long without an answer the tracer counts as hung. The longest thing in between is
 *  reading the ELF files of a large program from a slow disk. */
#define ANSWER_TIMEOUT_NS (60 * NS_PER_S)

static void note_time(struct traced *t)
{
	history_note(t->history, heap_seq(t->heap), t->num_events, clock_now_ns());
}

/** How far to read: the first ring, and the one of the agent. */
struct ends {
	uint64_t first;
	uint64_t agent;
};

/** Take records of the first ring, but none behind a position that the agent's has not reached.
 *  Returns how many of max are left. */
static unsigned take_first(struct traced *t, uint64_t end, unsigned max)
{
	size_t num = 1;

	while (max && num && !agent_ring_position(t)) {
		num = event_batch_run(t, t->reader, end, max, event_batch_accepts_valid);
		max -= (unsigned)num;
	}
	return max;
}

static unsigned take_agent(struct traced *t, uint64_t end, unsigned max)
{
	struct ring_reader *reader = agent_ring_reader(t);
	size_t num = 1;

	while (reader && max && num) {
		num = event_batch_run(t, reader, end, max, agent_ring_accepts);
		max -= (unsigned)num;
	}
	return max;
}

/** Take at most max records, in the order in which they were made. Returns how many were not
 *  there.
 *
 *  Why is this the order? What the agent's ring held when an event of the first ring was made is
 *  taken before it, because a position comes first. What was put there after it is taken after it,
 *  because ends.agent was read first: whatever is before that end was there before we looked into
 *  the first ring, and so was the event. */
static unsigned take(struct traced *t, const struct ends *ends, unsigned max)
{
	for (;;) {
		max = take_first(t, ends->first, max);
		if (!max || !agent_ring_position(t))
			break;
		max = take_agent(t, agent_ring_position(t), max);
		if (!max || !agent_ring_reach_position(t))
			return max;
	}
	max = take_agent(t, ends->agent, max);
	if (max)
		agent_ring_note_round(t);
	return max;
}

/** Returns how many of BATCH records were not there. */
static unsigned drain_batch(struct traced *t, const struct ends *ends)
{
	unsigned left;

	note_time(t);
	limits_check(t);
	left = take(t, ends, BATCH);
	if (!left)
		return 0;
	if (ring_num_broken(t->reader))
		event_batch_note_broken(t);
	note_time(t);
	return left;
}

/** A record before the ends is not complete: wait for it a little. */
static bool wait_commit(struct traced *t, const struct ends *ends)
{
	struct ring_reader *agent = agent_ring_reader(t);
	uint64_t position = agent_ring_position(t);

	return ring_wait_commit(t->reader, ends->first) ||
	       (agent && ring_wait_commit(agent, position ? position : ends->agent));
}

void drain_now(struct traced *t)
{
	struct ends ends = {.agent = agent_ring_head(t)};

	if (!t->reader)
		return;
	ends.first = ring_head(shared_ring(t->shared));
	while (!drain_batch(t, &ends) || wait_commit(t, &ends))
		;
}

void drain_last(struct traced *t)
{
	// A record that the tracer has begun will never be finished: it must not hide those behind
	// it.
	if (t->reader)
		ring_bury(shared_ring(t->shared), RING_TRACER);
	agent_ring_bury_tracer(t);
	drain_now(t);
}

/** How long the next sleep may be, after one of ns at which so much of a batch was not there.
 *  Nobody wakes us for what the agent puts into its ring. */
static uint64_t next_sleep(const struct traced *t, uint64_t ns, unsigned left)
{
	if (!agent_ring_reader(t))
		return IDLE_NS;
	if (left < BATCH || agent_ring_position(t))
		return AGENT_BUSY_NS;
	return ns < AGENT_IDLE_NS / 2 ? ns * 2 : AGENT_IDLE_NS;
}

static void *drain_main(void *ctx)
{
	struct traced *t = ctx;
	uint64_t sleep_ns = IDLE_NS;
	struct ends ends;
	uint32_t seen;
	unsigned left;

	while (!__atomic_load_n(&t->want_end, __ATOMIC_ACQUIRE)) {
		seen = ring_wake_count(t->reader);
		traced_lock(t);
		ends = (struct ends){UINT64_MAX, agent_ring_head(t)};
		left = drain_batch(t, &ends);
		silence_check(t);
		sleep_ns = next_sleep(t, sleep_ns, left);
		traced_unlock(t);
		if (left)
			ring_wait_events(t->reader, seen, sleep_ns);
	}
	return NULL;
}

struct err *drain_open(struct traced *t)
{
	struct ring_view view = shared_view(t->shared);
	struct err *err = ring_reader_create(&view, &t->reader);

	return err ? err : event_batch_create(EVENT_BATCH_SIZE, &t->batch);
}

struct err *drain_start(struct traced *t)
{
	struct err *err = drain_open(t);
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

struct err *drain_send(struct traced *t, struct command *command)
{
	command->cookie = ++t->num_cookies;
	return control_try_send(t, command);
}

struct err *drain_await(struct traced *t, uint64_t cookie)
{
	uint64_t deadline = clock_now_ns() + ANSWER_TIMEOUT_NS;
	struct err *err = NULL;

	traced_lock(t);
	while (!err && t->acked_cookie < cookie) {
		drain_now(t);
		if (t->acked_cookie >= cookie)
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

struct err *drain_call(struct traced *t, struct command *command)
{
	struct err *err;

	traced_lock(t);
	err = drain_send(t, command);
	traced_unlock(t);
	return err ? err : drain_await(t, command->cookie);
}

void drain_count(struct traced *t)
{
	struct command command = {.kind = COMMAND_COUNT};
	bool is_counting;

	traced_lock(t);
	is_counting = t->engine == ENGINE_AGENT && t->has_tracer && t->state == TARGET_RUNNING;
	traced_unlock(t);
	// Who does not answer has nothing new.
	if (is_counting)
		err_destroy(drain_call(t, &command));
}
